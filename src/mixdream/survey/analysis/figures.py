"""Bar charts, points and boxes with their intervals, like the thesis's figures 4.19 to 4.25."""

import io
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any
from unicodedata import east_asian_width

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixdream.survey.analysis.tables import Box, Chart

_LINE, _SOFT, _MARK, _EXPECTED = "#1a1a1a", "#c8c8c8", "#0072b2", "#b24a00"
"""Blue and orange of Okabe & Ito, which colour-blind people can tell apart."""

_FILL = "#cde3f1"
_IN_THE_DARK = {
    _LINE: "#ececec",
    _SOFT: "#5a5a5a",
    _MARK: "#56b4e9",
    _EXPECTED: "#e69f00",
    _FILL: "#1f465f",
}
_WIDTH_IN = 4.8
_LETTER_IN = 0.074  # of the labels, on average and a little more
_LABEL_LETTERS = 24  # on a line


def draw(chart: Chart) -> bytes:
    """Draw a chart as SVG without a background; its texts are texts, in a font that the reader has."""
    title = textwrap.fill(chart.title, 50)
    # Short labels stand below upright bars; others are read in rows.
    upright = chart.kind == "bars" and sum(len(label) for label in chart.labels) <= 30
    labels = [_wrapped(label) for label in chart.labels]
    figure, axis = _paper(labels, title.count("\n") + bool(title), upright)
    _draw_values(axis, chart, upright)
    spots = np.arange(len(labels))
    if upright:
        axis.set_xticks(spots, labels, parse_math=False)
        axis.set_ylabel(chart.unit, color=_LINE, fontsize=9)
    else:
        axis.set_yticks(spots, labels, parse_math=False)
        axis.set_ylim(len(spots) - 0.5, -0.5)
        axis.set_xlabel(chart.unit, color=_LINE, fontsize=9)
    (axis.yaxis if upright else axis.xaxis).grid(color=_SOFT, lw=0.6)
    axis.set_axisbelow(True)
    if chart.expected is not None:
        (axis.axhline if upright else axis.axvline)(chart.expected, color=_EXPECTED, lw=1.4, ls="--")
    figure.suptitle(title, y=0.985, fontsize=10.5, color=_LINE, parse_math=False)
    for side, spine in axis.spines.items():
        spine.set_visible(side not in ("top", "right"))
        spine.set_color(_SOFT)
    axis.tick_params(colors=_LINE, labelsize=9)
    picture = io.BytesIO()
    with (
        matplotlib.rc_context({"svg.hashsalt": chart.name, "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph")  # names in any script
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    return picture.getvalue()


def in_the_dark(picture: bytes) -> bytes:
    """The same chart for a dark page."""
    text = picture.decode()
    for light, dark in _IN_THE_DARK.items():
        text = text.replace(light, dark)
    return text.encode()


def _paper(labels: Sequence[str], title_lines: int, upright: bool) -> tuple[Figure, Axes]:
    """An empty chart with room for its texts; matplotlib's own layout would draw everything twice."""
    top = 0.12 + 0.18 * title_lines
    height, left, bottom = 3.0, 0.62, 0.42
    if not upright:
        lines = (line for label in labels for line in label.split("\n"))
        # A letter of East Asia takes the room of two.
        widest = max(sum(1 + (east_asian_width(letter) in "WF") for letter in line) for line in lines)
        height, left, bottom = 0.8 + top + 0.4 * len(labels), 0.25 + _LETTER_IN * widest, 0.55
    figure = Figure(figsize=(_WIDTH_IN, height))
    axis = figure.add_axes(
        (left / _WIDTH_IN, bottom / height, 1 - (left + 0.15) / _WIDTH_IN, 1 - (top + bottom) / height)
    )
    return figure, axis


def _draw_values(axis: Axes, chart: Chart, upright: bool) -> None:
    known = [i for i, value in enumerate(chart.values) if value is not None or upright]
    values = np.array([chart.values[i] or 0.0 for i in known])
    ends = [chart.intervals[i] or (value, value) for i, value in zip(known, values, strict=True)]
    arms = np.abs(np.array(ends).reshape(-1, 2) - values[:, None]).T
    style: dict[str, Any] = {"ecolor": _LINE, "capsize": 4, "lw": 1.3}
    if upright:
        axis.bar(known, values, width=0.62, color=_MARK)
        axis.errorbar(known, values, yerr=arms, fmt="none", **style)
        axis.set_ylim(0, None)
    elif chart.kind == "bars":
        axis.barh(known, values, height=0.6, color=_MARK)
        axis.errorbar(values, known, xerr=arms, fmt="none", **style)
        axis.set_xlim(0, None)
    else:
        for spot, box in zip(known, chart.boxes, strict=False):
            _draw_box(axis, spot, box)
        axis.errorbar(values, known, xerr=arms, fmt="o", color=_MARK, **style)
        if chart.limits:
            axis.set_xlim(*chart.limits)
        else:
            axis.margins(x=0.08)


def _draw_box(axis: Axes, spot: int, box: Box) -> None:
    axis.barh(spot, box.upper - box.lower, left=box.lower, height=0.62, color=_FILL, ec=_MARK, lw=1.0)
    axis.hlines([spot, spot], [box.low, box.upper], [box.lower, box.high], color=_MARK, lw=1.0)
    axis.vlines([box.low, box.high], spot - 0.15, spot + 0.15, color=_MARK, lw=1.0)
    axis.plot(box.beyond, [spot] * len(box.beyond), ".", color=_MARK, ms=4)


def _wrapped(label: str) -> str:
    return textwrap.fill(textwrap.shorten(label, 3 * _LABEL_LETTERS, placeholder=" …"), _LABEL_LETTERS) or " "
