"""Check-up: how close to the music and how varied a model is, and how much it copies, in seconds."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.evaluation.copies.verdict import RealNearest
from mixdream.evaluation.copies.watch import CopyWatch
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.distances import kernel_statistic
from mixdream.evaluation.embedder import Space
from mixdream.evaluation.embedding import embed_magnitudes
from mixdream.evaluation.intervals import BLOCK_S, block_weights, replicates
from mixdream.evaluation.judge import Sides, told_apart
from mixdream.evaluation.random_net import SMALLEST_STD as RANDOM_STD
from mixdream.evaluation.random_net import embed_magnitudes_randomly
from mixdream.recipes.windows import TrainingWindows, apart_rows
from mixdream.training.batches import Batches
from mixdream.training.diagnosis import Measures

SAMPLES = 256  # training windows, and generated clips, that a check-up compares
_FEWEST = 20  # windows that can be examined at all
_FEWEST_APART = 64  # windows without overlap; with fewer than these, overlapping ones are taken
_BATCH = 32
_RESAMPLES = 100


@dataclass(frozen=True)
class Examiner:
    """Measures models against one set of training windows.

    In two spaces: the handcrafted one knows rhythm and harmony, that of the random network hears blur best,
    so that a model which grows sharper is not called worse.
    """

    batches: Batches
    sound: Space
    net: Space
    minutes: list[str]  # that the windows are from
    copy_watch: CopyWatch | None

    @property
    def number(self) -> int:
        """Windows of the reference."""
        return len(self.minutes)

    @classmethod
    def prepare(cls, batches: Batches, most: int = SAMPLES) -> Self:
        """Embed training windows spread over all sets.

        They go through the scaling and back, as the model sees them: what it cannot know is not held
        against it. Windows that are too short, too few or all the same are an InputError.
        """
        windows, rows = batches.windows, reference_rows(batches.windows, most)
        if len(rows) < _FEWEST:
            raise InputError(f"a check-up needs at least {_FEWEST} windows, there are {len(rows)}")
        parts = [batches.images(rows[first : first + _BATCH]) for first in range(0, len(rows), _BATCH)]
        real = _magnitudes(torch.cat([part.cpu() for part in parts]), batches)
        minutes = windows.start[rows] // (BLOCK_S * windows.corpus.rate_hz)
        names = [f"{windows.set_index[row]} {minute:.0f}" for row, minute in zip(rows, minutes, strict=True)]
        alone = np.arange(len(rows))
        sound = Space.fit(lambda images: embed_magnitudes(images, batches.grid), real, alone)
        net = Space.fit(
            lambda images: embed_magnitudes_randomly(torch.from_numpy(images)), real, alone, RANDOM_STD
        )
        watch = CopyWatch.prepare(windows, lambda rows: batches.levels(batches.images(rows)))
        return cls(batches, sound, net, names, watch)

    def examine(self, images: Tensor) -> Measures:
        """Measure generated images, shape (count, *grid.image_shape), as many as the reference has."""
        if not torch.isfinite(images).all():
            raise InputError("the model makes NaN or infinite values")
        made = _magnitudes(images, self.batches)
        heard = self.net.embed(made)
        pairs = [
            (self.sound.reference.embeddings, self.sound.place(made).embeddings),
            (self.net.reference.embeddings, self.net.place_features(heard).embeddings),
        ]
        kernels = [kernel_statistic(*pair) for pair in pairs]
        # The reference stays the same over a training, so its draw is no error between check-ups.
        weights = block_weights(np.arange(len(made)), np.random.default_rng(0), _RESAMPLES)
        once, alike = np.ones((_RESAMPLES, self.number)), np.ones(len(made))
        distances = [kernel(once[0], alike) for kernel in kernels]
        drawn = np.mean([replicates(kernel, once, weights) for kernel in kernels], axis=0)
        covered = [coverage_statistics(*pair)["coverage"](once[0], alike) for pair in pairs]
        share = float(np.mean(covered))
        # Agresti and Coull (1998): an error that is not 0 where the share is.
        number = self.number + 4
        middle = (share * self.number + 2) / number
        return Measures(
            kd=float(np.mean(distances)),
            kd_error=float(drawn.std()),
            coverage=share,
            coverage_error=float(np.sqrt(middle * (1 - middle) / number)),
            copies=self.copies(images),
            kd_sound=distances[0],
            kd_net=distances[1],
            told_apart=self._told_apart(heard),
        )

    def copies(self, images: Tensor) -> float | None:
        """Share of generated images that are copies; None where there is nothing to be compared with."""
        return self.copy_watch.share(self.batches.levels(images)) if self.copy_watch else None

    def judged_by(self, real: RealNearest) -> Self:
        """Return the same with limits of copies that were measured otherwise."""
        return replace(self, copy_watch=self.copy_watch and self.copy_watch.judged_by(real))

    def _told_apart(self, heard: np.ndarray) -> float | None:
        clips = Sides(heard, [f"clip {i}" for i in range(len(heard))])
        try:
            return told_apart(Sides(self.net.features, self.minutes), clips).value
        except InputError:  # all of one minute
            return None


def reference_rows(windows: TrainingWindows, most: int) -> np.ndarray:
    """Rows of windows spread evenly over all; none overlaps another, where enough of these are there."""
    apart = apart_rows(windows, len(windows))
    rows = apart if len(apart) >= _FEWEST_APART else np.arange(len(windows))
    return rows[spread(len(rows), most)]


def _magnitudes(images: Tensor, batches: Batches) -> np.ndarray:
    return batches.magnitudes(images).numpy()
