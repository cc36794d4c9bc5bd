"""The simplest model there is, PCA and a Gaussian mixture, as a folder of clips for `mixdream evaluate`.

Run ``python -m benchmarks.mixture RUN CORPUS FOLDER [--clips 500]``: it learns from the windows, on the grid
and by the inversion of the run's recipe; ``mixdream evaluate RUN FOLDER CORPUS`` then measures both against
the same windows.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from mixdream.analysis.voice import Voice
from mixdream.audio.write import write_audio
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.evaluation.stages import pca_mixture
from mixdream.recipes.windows import training_windows
from mixdream.runs.run import Run
from mixdream.spectrogram.transform import magnitudes

LEARNT = 1024


def main() -> None:
    """Fit, draw, invert, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=500)
    chosen = parser.parse_args()
    run = Run.open(chosen.run)
    recipe = run.recipe
    windows = training_windows(recipe, Corpus.open(chosen.corpus))
    rows = spread(len(windows), LEARNT)
    began = time.perf_counter()
    seen = magnitudes(torch.from_numpy(windows.read(rows)), recipe.grid).numpy()
    drawn = torch.from_numpy(pca_mixture(seen, chosen.clips, np.random.default_rng(0)))
    print(f"{len(rows)} windows learnt and {chosen.clips} drawn in {time.perf_counter() - began:.0f} s")
    chosen.folder.mkdir(parents=True)
    audio, _ = Voice(recipe.grid, run.scaler, recipe.inversion).spoken(drawn, range(len(drawn)))
    for i, clip in enumerate(audio):
        write_audio(chosen.folder / f"{i}.wav", clip, recipe.grid.rate_hz, "wav")


if __name__ == "__main__":
    main()
