"""Embedder: standardised principal components of features, fitted once on the reference."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.samples import Samples, check_samples

KEPT_SHARE = 0.95
FEWEST_DIMS, MOST_DIMS = 32, 64
SMALLEST_STD = 0.5
_CLIP = 10.0


@dataclass(frozen=True)
class Embedder:
    """Standardises features and keeps their principal components, both as fitted on the reference.

    As many components as hold 95 % of the variance, but 32 to 64 (fewer where the reference has not that
    many features or clips): in more dimensions neighbours and covariances need more clips than there are.

    >>> Embedder.fit(np.random.default_rng(0).normal(size=(300, 100))).components.shape
    (64, 100)
    """

    mean: np.ndarray  # shape (features,)
    std: np.ndarray
    components: np.ndarray  # shape (dims, features)
    kept_share: float  # of the reference's variance that the components hold, in [0, 1]

    @classmethod
    def fit(cls, features: np.ndarray, smallest_std: float = SMALLEST_STD) -> Self:
        """Fit on the features of the reference, shape (n, features), n >= 2.

        Features that vary by less than ``smallest_std``, in their unit, are not blown up. Those of
        `mixdream.evaluation.embedding` are dB and onsets per second, of which half a one is nothing.
        """
        features = check_samples("reference", features, 2, "an embedder")
        mean, std = features.mean(0), np.maximum(features.std(0), smallest_std)
        _, singular, components = np.linalg.svd((features - mean) / std, full_matrices=False)
        variance = np.square(singular)
        if variance.sum() == 0:
            raise InputError("all clips of the reference are the same: an embedder needs different ones")
        shares = np.cumsum(variance) / variance.sum()
        wanted = int(np.searchsorted(shares, KEPT_SHARE)) + 1
        # n centred rows span n - 1 dimensions.
        dims = min(max(wanted, FEWEST_DIMS), MOST_DIMS, len(features) - 1, features.shape[1])
        return cls(mean, std, components[:dims], float(shares[dims - 1]))

    def transform(self, features: np.ndarray) -> np.ndarray:
        """Embed features, shape (n, features) to (n, dims), in standard deviations of the reference.

        What is more than 10 of them off in a feature counts as 10, so that a single broken clip does not make
        the figures of all.
        """
        features = check_samples("features", features, 1, "an embedder")
        if features.shape[1] != len(self.mean):
            raise InputError(
                f"{features.shape[1]} features, but the embedder was fitted on {len(self.mean)}: were both "
                "computed at the same rate and on the same grid?"
            )
        return np.clip((features - self.mean) / self.std, -_CLIP, _CLIP) @ self.components.T


@dataclass(frozen=True)
class Space:
    """An embedding that was fitted on the reference, and the reference in it."""

    embed: Callable[[np.ndarray], np.ndarray]
    embedder: Embedder
    features: np.ndarray  # of the reference, shape (n, features)
    reference: Samples

    @classmethod
    def fit(
        cls,
        embed: Callable[[np.ndarray], np.ndarray],
        real: np.ndarray,
        blocks: np.ndarray,
        smallest_std: float = SMALLEST_STD,
    ) -> Self:
        """Fit on the reference, in whatever form ``embed`` takes it."""
        features = embed(real)
        embedder = Embedder.fit(features, smallest_std)
        return cls(embed, embedder, features, Samples(embedder.transform(features), blocks))

    def place(self, clips: np.ndarray, blocks: np.ndarray | None = None) -> Samples:
        """Embed clips; generated ones are each their own block."""
        return self.place_features(self.embed(clips), blocks)

    def place_features(self, features: np.ndarray, blocks: np.ndarray | None = None) -> Samples:
        """Embed what ``embed`` made of clips, see `place`."""
        embeddings = self.embedder.transform(features)
        return Samples.independent(embeddings) if blocks is None else Samples(embeddings, blocks)
