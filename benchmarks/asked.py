"""``python -m benchmarks.asked RUN``: whether a run's music is what it is asked for.

For each descriptor: loops that are asked for quantiles from 0.02 to 0.98, all else drawn as ever, and the
rank correlation of what was asked with what is found in their spectrograms; how far what is found, as a
quantile of the music, is from what was asked; and the same correlation with every other descriptor.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from mixdream.analysis.descriptors import DESCRIPTORS, Descriptor, describe
from mixdream.generation.origin import ConditionedSeed, noise_of
from mixdream.runs.run import Run
from mixdream.spectrogram.folding import unfold

_AT_A_TIME = 32


def found(run: Run, name: Descriptor, asked: np.ndarray) -> np.ndarray:
    """Quantiles that are found in loops asked for some of a descriptor, shape (loops, 5)."""
    assert run.conditions is not None
    origins = [
        ConditionedSeed.model_validate({"seed": seed, name: float(value)}) for seed, value in enumerate(asked)
    ]
    noise = torch.cat([noise_of(run.recipe, origin, run.conditions) for origin in origins])
    generator = run.load_generator(run.chosen_checkpoint())
    with torch.no_grad():
        images = torch.cat([generator(part) for part in noise.split(_AT_A_TIME)])
    made = run.scaler.unscale(unfold(images, run.recipe.grid))
    return run.conditions.quantiles(describe(made, run.recipe.grid).numpy())


def main() -> None:
    """Print a line for each descriptor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("-n", type=int, default=128, help="loops for each descriptor")
    arguments = parser.parse_args()
    run = Run.open(arguments.run)
    asked = np.random.default_rng(0).permutation(np.linspace(0.02, 0.98, arguments.n))
    print(f"{run.chosen_checkpoint().name}, {arguments.n} loops each")
    print(f"{'asked':12} rank correlation with found, away   others")
    for place, name in enumerate(DESCRIPTORS):
        quantiles = found(run, name, asked)
        ranks = [float(spearmanr(asked, column).statistic) for column in quantiles.T]
        away = float(np.abs(asked - quantiles[:, place]).mean())
        others = ", ".join(f"{other} {ranks[i]:.2f}" for i, other in enumerate(DESCRIPTORS) if i != place)
        print(f"{name:12} {ranks[place]:.2f}                        {away:.2f}   {others}")


if __name__ == "__main__":
    main()
