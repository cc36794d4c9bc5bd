"""Judge: a network that learns to tell clips from real windows, and how often it is right on others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixdream.errors import InputError
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.samples import check_samples

FEWEST = 20  # clips, and windows, that are needed
FOLDS = 5  # fewer where there are not so many blocks

_Z = 1.96


@dataclass(frozen=True)
class Sides:
    """Clips of one kind: features, shape (n, features), and the minute or clip that each is from."""

    features: np.ndarray
    blocks: Sequence[str]


def told_apart(real: Sides, clips: Sides, seed: int = 0) -> Estimate:
    """Share that a judge gets right, of windows and clips that it has not learnt from.

    The question of a listening test, asked of a network: is this real or generated? A convolutional net whose
    layers are random (`mixdream.evaluation.random_net`) hears all clips; what is learnt is its last layer, on
    what these layers say and, where the features hold them, on textures. That layer is Fisher's discriminant
    with the covariance of Ledoit and Wolf (2004), so it needs no steps and is the same every time. It learns
    from four fifths of the blocks and judges the rest, five times; a block that both kinds have stays whole.

    0.5 is guessing, about what real windows against other ones get; at 1 every clip gives itself away. Both
    kinds count alike, however many there are.

    The interval is Wilson's, since the bootstrap's has no width where all are right, for as many trials as
    give the balanced share its error: ``4 / (1 / n + 1 / m)`` of n and m blocks.

    Fewer than 20 of a kind, or 2 blocks, are an InputError.
    """
    # Here, because they take their time to import; a training that ends before its check-up does without.
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for name, side in (("real windows", real), ("clips", clips)):
        check_samples(name, side.features, FEWEST, "a judge")
        if len(set(side.blocks)) < 2:
            raise InputError(f"a judge needs {name} from 2 minutes at least: take more music")
    features = np.concatenate([real.features, clips.features])
    generated = np.arange(len(features)) >= len(real.features)
    folds = min(FOLDS, len(set(real.blocks)), len(set(clips.blocks)))
    fold = _fold_of_each(real.blocks, clips.blocks, folds, seed)
    learnt = [np.count_nonzero(kind & (fold != i)) for i in range(folds) for kind in (generated, ~generated)]
    if min(learnt) < FEWEST // 2:
        raise InputError("a judge needs music spread over its minutes: nearly all windows are in one of them")
    right = np.zeros(len(features), bool)
    for i in range(folds):
        judge = make_pipeline(
            StandardScaler(), LinearDiscriminantAnalysis("lsqr", shrinkage="auto", priors=[0.5, 0.5])
        )
        judge.fit(features[fold != i], generated[fold != i])
        right[fold == i] = judge.predict(features[fold == i]) == generated[fold == i]
    share = (right[generated].mean() + right[~generated].mean()) / 2
    return wilson(float(share), 4 / (1 / len(set(real.blocks)) + 1 / len(set(clips.blocks))))


def wilson(share: float, trials: float) -> Estimate:
    """95 % interval of a share (Wilson 1927).

    >>> round(wilson(1.0, 100).low, 3), round(wilson(0.5, 100).high, 3)
    (0.963, 0.596)
    """
    middle = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = _Z * np.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2)) / (1 + _Z**2 / trials)
    return Estimate(share, min(share, float(middle - half)), max(share, float(middle + half)))


def _fold_of_each(real: Sequence[str], clips: Sequence[str], folds: int, seed: int) -> np.ndarray:
    """Fold of each window and then each clip; every fold has blocks of both kinds."""
    rng = np.random.default_rng(seed)
    blocks = [*rng.permutation(np.unique(real)), *rng.permutation(np.setdiff1d(clips, real))]
    fold = {block: i % folds for i, block in enumerate(blocks)}
    return np.array([fold[block] for block in (*real, *clips)])
