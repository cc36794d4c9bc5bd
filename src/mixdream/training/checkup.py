"""Check-up: how close to the music and how varied a model is, and how much it copies, in seconds."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.evaluation.copies.watch import CopyWatch
from mixdream.evaluation.coverage import coverage_statistics
from mixdream.evaluation.distances import kernel_statistic
from mixdream.evaluation.embedder import Embedder
from mixdream.evaluation.embedding import embed_magnitudes
from mixdream.evaluation.intervals import block_weights, replicates
from mixdream.evaluation.samples import check_samples
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
    """Measures models against one set of training windows; ``reference`` is their embeddings, (n, dims)."""

    batches: Batches
    embedder: Embedder
    reference: np.ndarray
    copy_watch: CopyWatch | None

    @classmethod
    def prepare(cls, batches: Batches, most: int = SAMPLES) -> Self:
        """Embed training windows spread over all sets.

        They go through the scaling and back, as the model sees them: what it cannot know is not held
        against it. Windows that are too short, too few or all the same are an InputError.
        """
        rows = reference_rows(batches.windows, most)
        parts = [batches.images(rows[first : first + _BATCH]) for first in range(0, len(rows), _BATCH)]
        features = _features(torch.cat([part.cpu() for part in parts]), batches)
        embedder = Embedder.fit(features)
        reference = check_samples("reference", embedder.transform(features), _FEWEST, "a check-up")
        watch = CopyWatch.prepare(batches.windows, lambda rows: batches.levels(batches.images(rows)))
        return cls(batches, embedder, reference, watch)

    def examine(self, images: Tensor) -> Measures:
        """Measure generated images, shape (count, *grid.image_shape), as many as the reference has."""
        if not torch.isfinite(images).all():
            raise InputError("the model makes NaN or infinite values")
        generated = self.embedder.transform(_features(images, self.batches))
        kernel = kernel_statistic(self.reference, generated)
        # The reference stays the same over a training, so its draw is no error between check-ups.
        weights = block_weights(np.arange(len(generated)), np.random.default_rng(0), _RESAMPLES)
        once = np.ones((_RESAMPLES, len(self.reference)))
        covered = coverage_statistics(self.reference, generated)["coverage"]
        share = covered(once[0], np.ones(len(generated)))
        # Agresti and Coull (1998): an error that is not 0 where the share is.
        number = len(self.reference) + 4
        middle = (share * len(self.reference) + 2) / number
        return Measures(
            kd=kernel(once[0], np.ones(len(generated))),
            kd_error=float(replicates(kernel, once, weights).std()),
            coverage=share,
            coverage_error=float(np.sqrt(middle * (1 - middle) / number)),
            copies=self.copy_watch.share(self.batches.levels(images)) if self.copy_watch else None,
        )


def reference_rows(windows: TrainingWindows, most: int) -> np.ndarray:
    """Rows of windows spread evenly over all; none overlaps another, where enough of these are there."""
    apart = apart_rows(windows, len(windows))
    rows = apart if len(apart) >= _FEWEST_APART else np.arange(len(windows))
    return rows[spread(len(rows), most)]


def _features(images: Tensor, batches: Batches) -> np.ndarray:
    return embed_magnitudes(batches.magnitudes(images).numpy(), batches.grid)
