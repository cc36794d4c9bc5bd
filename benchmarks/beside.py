"""``python -m benchmarks.beside RUN CORPUS PICTURE``: loops of a run beside windows of the music, to look at.

Above are eight windows spread over the corpus, below eight loops of seeds 0 to 7; left channel over right
one, from 0 Hz to the highest, each picture with the 70 dB under its own loudest cell.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.generation.clips import make_clip, plan_clips
from mixdream.generation.wish import Wish
from mixdream.recipes.windows import training_windows
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.statistics import decibels
from mixdream.spectrogram.transform import magnitudes

_COUNT = 8
_DEEP_DB = 70.0


def levels_db(audio: np.ndarray, grid: Grid) -> np.ndarray:
    """Spectrogram of a clip, shape (samples,), in dB under its loudest cell, shape (bins, frames)."""
    whole = np.pad(audio, (grid.lead, grid.samples - grid.clip_samples - grid.lead))
    levels = decibels(magnitudes(torch.from_numpy(whole.astype(np.float32))[None], grid))[0].numpy()
    return levels - levels.max()


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    run = Run.open(arguments.run)
    grid, plan = run.recipe.grid, plan_clips(run, Wish())
    windows = training_windows(run.recipe, Corpus.open(arguments.corpus))
    real = windows.read(spread(len(windows), _COUNT), mono=False)[:, grid.lead :][:, : grid.clip_samples]
    made = [np.atleast_2d(make_clip(plan, seed).channels).T for seed in range(_COUNT)]
    figure = Figure(figsize=(16, 9), layout="constrained")
    axes = figure.subplots(4, _COUNT)
    both: list[tuple[str, list[np.ndarray]]] = [("music", list(real)), (f"loops of {run.name}", made)]
    for row, (name, clips) in enumerate(both):
        axes[2 * row][0].set_title(name, loc="left")
        for column, clip in enumerate(clips):
            for channel in (0, 1):
                axis = axes[2 * row + channel][column]
                levels = levels_db(clip[:, channel % clip.shape[1]], grid)
                axis.imshow(levels, origin="lower", aspect="auto", cmap="magma", vmin=-_DEEP_DB, vmax=0)
                axis.set_axis_off()
    figure.savefig(arguments.picture, dpi=80)


if __name__ == "__main__":
    main()
