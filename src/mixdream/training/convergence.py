"""Convergence read from the losses by a rule, where the thesis judged by eye (4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Verdict = Literal[
    "converged",
    "converged, then diverged",
    "non-convergence",
    "diminished gradient",
    "too short",
    "not adversarial",
]

_FEWEST_POINTS = 12
_FEWEST_EPOCHS = 5
_SMOOTHING = 0.1  # of the history
_SHORTEST_PLATEAU = 0.25  # of the history
_BAND = 0.2  # of a loss's mean over the plateau
_SMALLEST_BAND = 0.1  # so that losses near 0 have a band at all


@dataclass(frozen=True)
class Convergence:
    """Verdict on the losses; where both have a plateau, its first and last epoch and their means there."""

    verdict: Verdict
    from_epoch: float | None = None
    to_epoch: float | None = None
    loss_d: float | None = None
    loss_g: float | None = None

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        if self.verdict == "too short":
            return f"too short to tell: it takes {_FEWEST_EPOCHS} epochs"
        if self.verdict == "not adversarial":
            return "one loss alone says little of what clips are like: see the doctor"
        if self.verdict == "diminished gradient":
            return "diminished gradient: the discriminator wins and the generator learns nothing more"
        if self.from_epoch is None:
            return "non-convergence: the losses have not settled"
        around = f"G around {self.loss_g:.2f}, D around {self.loss_d:.2f}"
        if self.verdict == "converged":
            return f"converged from epoch {self.from_epoch:.3g}: {around}"
        return f"converged from epoch {self.from_epoch:.3g} to {self.to_epoch:.3g} ({around}), then diverged"


def read_convergence(history: Mapping[str, np.ndarray]) -> Convergence:
    """Find where both losses reach "a plateau or a recurrent oscillation around certain values".

    A plateau is a stretch in which both smoothed losses stay near their own means there; the longest one
    counts. It must reach the end, else the training diverged again; without any there is non-convergence.
    Where the discriminator ends up right about nearly everything, the gradient has diminished, however flat
    the losses are. Trainings without two networks against each other are not judged. docs/thesis.md has the
    numbers in words. The history is that of `mixdream.training.metrics.read_history`.
    """
    epochs = history["epoch"]
    count = len(epochs)
    if count < _FEWEST_POINTS or epochs[-1] < _FEWEST_EPOCHS:
        return Convergence("too short")
    if "loss_d" not in history:
        return Convergence("not adversarial")
    losses = np.stack([history["loss_d"], history["loss_g"]])
    last = slice(count - count // 4, None)
    if (
        history["d_real"][last].mean() > 0.95
        and history["d_fake_before"][last].mean() < 0.05
        and losses[0, last].mean() < 0.1
    ):
        return Convergence("diminished gradient")
    smooth = np.stack([_smooth(loss) for loss in losses])
    shortest = max(3, round(_SHORTEST_PLATEAU * count))
    for length in range(count, shortest - 1, -1):
        for start in range(count - length, -1, -1):
            stretch = smooth[:, start : start + length]
            mean = stretch.mean(axis=1, keepdims=True)
            if np.all(np.abs(stretch - mean) <= np.maximum(_BAND * np.abs(mean), _SMALLEST_BAND)):
                stop = start + length
                return Convergence(
                    "converged" if stop == count else "converged, then diverged",
                    float(epochs[start]),
                    float(epochs[stop - 1]),
                    *losses[:, start:stop].mean(axis=1).tolist(),
                )
    return Convergence("non-convergence")


def _smooth(values: np.ndarray) -> np.ndarray:
    """Centred moving average of the same length, over fewer points at the ends."""
    width = max(3, round(_SMOOTHING * len(values))) | 1
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")
