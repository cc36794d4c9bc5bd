"""On which beat of the bar a run's clips begin, by the real windows that they are most like.

Run ``python -m benchmarks.downbeats RUN CORPUS [--clips 256]``. Real windows, compared with others that do
not overlap them, show how far that can be trusted.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from mixdream.corpus.beat_windows import BEATS_PER_BAR, BeatWindows, index_beat_windows
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.evaluation.copies.matching import match
from mixdream.evaluation.copies.watch import CopyWatch
from mixdream.runs.noise import noise_of_seed
from mixdream.runs.run import Run
from mixdream.training.batches import Batches

_BATCH = 32


def main() -> None:
    """Draw, compare, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--clips", type=int, default=256)
    chosen = parser.parse_args()
    run = Run.open(chosen.run)
    recipe = run.recipe
    if recipe.windows.beats is None:
        raise SystemExit(f"{recipe.name} has no beats")
    windows = index_beat_windows(Corpus.open(chosen.corpus), recipe.grid, recipe.windows.beats, "beat")
    batches = Batches(windows, recipe.grid, run.scaler, _BATCH, 0, torch.device("cpu"))
    watch = CopyWatch.prepare(windows, lambda part: batches.levels(batches.images(part)))
    if watch is None:
        raise SystemExit("the corpus has too little music")
    downbeats = watch.rows[windows.in_bar[watch.rows] == 0]
    rows = downbeats[spread(len(downbeats), chosen.clips)]
    parts = [batches.images(part) for part in np.array_split(rows, len(rows) // _BATCH + 1)]
    print("real windows", *_shares(watch, windows, batches.levels(torch.cat(parts)), rows))
    generator = run.load_generator(run.chosen_checkpoint())
    with torch.no_grad():
        noise = torch.cat([noise_of_seed(recipe, seed, run.conditions) for seed in range(chosen.clips)])
        images = torch.cat([generator(part) for part in noise.split(_BATCH)])
    print("clips       ", *_shares(watch, windows, batches.levels(images)))


def _shares(
    watch: CopyWatch, windows: BeatWindows, levels: np.ndarray, rows: np.ndarray | None = None
) -> list[str]:
    """Share of clips that begin on each beat; those of rows are not compared with themselves."""
    beats = []
    for i, clip in enumerate(levels):
        correlation, turn = match(watch.templates, clip, watch.templates.frames)
        if rows is not None:
            near = np.abs(windows.start[watch.rows] - windows.start[rows[i]]) < windows.length[rows[i]]
            same = windows.set_index[watch.rows] == windows.set_index[rows[i]]
            correlation[0, near & same] = -1
        best = int(correlation[0].argmax())
        turned = turn[0, best] * windows.beats / watch.templates.frames
        beats.append(round(windows.in_bar[watch.rows[best]] - turned) % BEATS_PER_BAR)
    return [f"{beat + 1}: {np.mean(np.array(beats) == beat):.2f}" for beat in range(BEATS_PER_BAR)]


if __name__ == "__main__":
    main()
