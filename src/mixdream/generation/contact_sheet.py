"""One picture of many loops: what each looks like, and what was measured."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.analysis.levels import RANGE_DB, levels_db
from mixdream.files import write_with
from mixdream.generation.loops import Loop, LoopPlan

_COLUMNS = 4
_MOST = 64  # more are no picture any more
_CELL_INCHES = (3.4, 2.4)


def write_contact_sheet(
    path: Path, plan: LoopPlan, loops: Sequence[Loop], clips: Sequence[dict[str, Any]]
) -> None:
    """Draw the spectrograms of the first 64 loops, beats along the bottom, with name and figures above.

    ``path`` is a PNG file; ``clips`` is what the JSON files of the loops say, with ``file``.
    """
    from matplotlib.figure import Figure  # here: it takes its time to import

    loops = loops[:_MOST]
    columns = min(_COLUMNS, len(loops))
    rows = -(-len(loops) // columns)
    figure = Figure(figsize=(_CELL_INCHES[0] * columns, _CELL_INCHES[1] * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    grid = plan.grid
    for axis, loop, clip in zip(axes, loops, clips, strict=False):
        levels = levels_db(loop.audio, grid.rate_hz, grid.n_fft / grid.rate_hz, grid.frames, loop=True)
        highest_hz = plan.pitched_hz / 2 * 2 ** (clip["transpose"] / 12)
        axis.imshow(
            levels,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=-RANGE_DB,
            vmax=0,
            extent=(0, plan.beats, 0, highest_hz / 1000),
        )
        loudness = "" if clip["loudness_lufs"] is None else f"{clip['loudness_lufs']:.1f} LUFS, "
        key = f"{clip['key']} ({clip['camelot']})" if clip["key"] else "no key"
        axis.set_title(
            f"{Path(clip['file']).name}\n{plan.bpm:g} BPM, {key}, {loudness}"
            f"pulse {clip['pulse_db']:.1f} dB, seam {clip['seam']['ratio']:.1f}",
            fontsize=7,
            loc="left",
            parse_math=False,  # a run may have dollars in its name
        )
        axis.set_xticks(range(plan.beats + 1))
        axis.tick_params(labelsize=6)
    for axis in axes[len(loops) :]:
        axis.remove()
    figure.supxlabel("beats", fontsize=7)
    figure.supylabel("kHz", fontsize=7)
    write_with(path, partial(figure.savefig, format="png", dpi=110))
