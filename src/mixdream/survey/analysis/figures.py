"""Bar charts and points with their intervals, like the thesis's figures 4.19 to 4.25."""

import io
import textwrap
import warnings
from collections.abc import Sequence
from unicodedata import east_asian_width

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixdream.survey.analysis.tables import Chart

_LINE, _SOFT, _MARK, _EXPECTED = "#1a1a1a", "#c8c8c8", "#0072b2", "#b24a00"
"""Blue and orange of Okabe & Ito, which colour-blind people can tell apart."""

_IN_THE_DARK = {_LINE: "#ececec", _SOFT: "#5a5a5a", _MARK: "#56b4e9", _EXPECTED: "#e69f00"}
_WIDTH_IN = 4.8
_LETTER_IN = 0.074  # of the labels, on average and a little more
_LABEL = 24  # characters on a line


def draw(chart: Chart) -> bytes:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    bytes
        SVG without a background; its texts are texts, in a font that the reader has.
    """
    title = textwrap.fill(chart.title, 50)
    figure, axis = _paper(chart, title.count("\n") + bool(title))
    (_bars if _upright(chart) else _rows)(axis, chart)
    figure.suptitle(title, y=0.985, fontsize=10.5, color=_LINE, parse_math=False)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for spine in axis.spines.values():
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


def _upright(chart: Chart) -> bool:
    """Short labels stand below upright bars; others are read in rows."""
    return chart.kind == "bars" and sum(len(label) for label in chart.labels) <= 30


def _paper(chart: Chart, title_lines: int) -> tuple[Figure, Axes]:
    """An empty chart with room for its texts; matplotlib's own layout would draw everything twice."""
    top = 0.12 + 0.18 * title_lines
    if _upright(chart):
        height, left, bottom = 3.0, 0.62, 0.42
    else:
        height, left = 0.8 + top + 0.4 * len(chart.labels), 0.25 + _LETTER_IN * _widest(chart.labels)
        bottom = 0.55
    figure = Figure(figsize=(_WIDTH_IN, height))
    axis = figure.add_axes(
        (left / _WIDTH_IN, bottom / height, 1 - (left + 0.15) / _WIDTH_IN, 1 - (top + bottom) / height)
    )
    return figure, axis


def _widest(labels: Sequence[str]) -> int:
    """Letters on the longest line; one of East Asia takes the room of two."""
    lines = (line for label in labels for line in _wrapped(label).split("\n"))
    return max(sum(1 + (east_asian_width(letter) in "WF") for letter in line) for line in lines)


def _bars(axis: Axes, chart: Chart) -> None:
    places = np.arange(len(chart.labels))
    values = [value or 0.0 for value in chart.values]
    axis.bar(places, values, width=0.62, color=_MARK)
    axis.errorbar(places, values, yerr=_arms(chart), fmt="none", ecolor=_LINE, capsize=4, lw=1.3)
    axis.set_xticks(places, [_wrapped(label) for label in chart.labels], parse_math=False)
    axis.set_ylabel(chart.unit, color=_LINE, fontsize=9)
    axis.set_ylim(0, None)
    axis.yaxis.grid(color=_SOFT, lw=0.6)
    axis.set_axisbelow(True)
    if chart.expected is not None:
        axis.axhline(chart.expected, color=_EXPECTED, lw=1.4, ls="--")


def _rows(axis: Axes, chart: Chart) -> None:
    places = np.arange(len(chart.labels))
    known = [i for i, value in enumerate(chart.values) if value is not None]
    values = [chart.values[i] or 0.0 for i in known]
    arms = _arms(chart)[:, known]
    if chart.kind == "bars":
        axis.barh(known, values, height=0.6, color=_MARK)
        axis.errorbar(values, known, xerr=arms, fmt="none", ecolor=_LINE, capsize=4, lw=1.3)
        axis.set_xlim(0, None)
    else:
        axis.errorbar(values, known, xerr=arms, fmt="o", color=_MARK, ecolor=_LINE, capsize=4, lw=1.3)
        if chart.limits:
            axis.set_xlim(*chart.limits)
        else:
            axis.margins(x=0.08)
    axis.set_yticks(places, [_wrapped(label) for label in chart.labels], parse_math=False)
    axis.set_ylim(len(places) - 0.5, -0.5)
    axis.set_xlabel(chart.unit, color=_LINE, fontsize=9)
    axis.xaxis.grid(color=_SOFT, lw=0.6)
    axis.set_axisbelow(True)
    if chart.expected is not None:
        axis.axvline(chart.expected, color=_EXPECTED, lw=1.4, ls="--")


def _arms(chart: Chart) -> np.ndarray:
    """Lengths of the intervals below and above, shape (2, labels)."""
    arms = np.zeros((2, len(chart.labels)))
    for i, (value, interval) in enumerate(zip(chart.values, chart.intervals, strict=True)):
        if value is not None and interval is not None:
            arms[:, i] = max(0.0, value - interval.low), max(0.0, interval.high - value)
    return arms


def _wrapped(label: str) -> str:
    return textwrap.fill(textwrap.shorten(label, 3 * _LABEL, placeholder=" …"), _LABEL) or " "
