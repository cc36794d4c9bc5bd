"""Copy check: is a clip nearer to a moment of the training music than other real music is?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import Spans, spread
from mixdream.errors import InputError
from mixdream.evaluation.copies.band_levels import ANALYSIS_HZ, read_moment
from mixdream.evaluation.copies.nearest import TRACK_S, Nearest, find_nearest, pieces
from mixdream.progress import Report, clock, silent

REAL_WINDOWS = 200
LIMIT_QUANTILE = 0.02
RATIO_QUANTILE = 0.05

FEWEST_REAL = 8  # real windows that limits can be read from
_SPEED_STEP = 0.02  # speeds are searched to 1 % on each side


@dataclass(frozen=True)
class RealNearest:
    """How near real music comes to training music that it has nothing to do with; from `measure_real`."""

    distances: np.ndarray  # of real windows, each to its nearest moment, shape (n,)
    ratios: np.ndarray  # of those windows that have one, see Nearest.ratio, shape (m,)

    @cached_property
    def limit(self) -> float:
        """Distance that 2 % of real windows are under."""
        return float(np.quantile(self.distances, LIMIT_QUANTILE))

    @cached_property
    def ratio_limit(self) -> float:
        """Ratio that 5 % of real windows are under; 1 where none has a ratio."""
        return float(np.quantile(self.ratios, RATIO_QUANTILE)) if len(self.ratios) else 1.0

    @cached_property
    def usual(self) -> tuple[float, float]:
        """Range of nine distances in ten."""
        low, high = np.quantile(self.distances, [0.05, 0.95])
        return float(low), float(high)

    def is_copy(self, distance: float, ratio: float | None) -> bool:
        """Whether a clip at this distance and `Nearest.ratio` is a copy.

        A copy is nearer to its moment than 98 % of real windows are to theirs, and the moment stands out: its
        ratio is under that of 95 % of real windows. Under half of that distance it need not stand out: a
        track that is in two sets of the corpus has two moments that are equally near.
        """
        stands_out = ratio is None or ratio < self.ratio_limit
        return distance < self.limit / 2 or (distance < self.limit and stands_out)


@dataclass(frozen=True)
class CopyCheck:
    """What the copy check says of one clip, also in a sentence for people.

    ``nearest`` is None where nothing happens in the clip; otherwise ``quantile`` is the share of real windows
    that are as near to training music as this clip, or nearer.
    """

    nearest: Nearest | None
    quantile: float | None
    is_copy: bool
    sentence: str


def check_copies(
    clips: np.ndarray,
    rate_hz: int,
    corpus: Corpus,
    real: RealNearest,
    *,
    spans: Spans | None = None,
    speeds: Mapping[str, Sequence[float]] | None = None,
    report: Report = silent,
) -> list[CopyCheck]:
    """Say of each clip what it is nearest to and whether that is a copy.

    See `mixdream.evaluation.copies.nearest.find_nearest` for clips, ``spans``, which are what the model was
    trained on, and ``speeds``. ``real`` is from `measure_real` with clips as long, the same spans and speeds.
    """
    nearest = find_nearest(clips, rate_hz, corpus, spans=spans, speeds=speeds, report=report)
    return [_judge(moment, real) for moment in nearest]


def measure_real(
    corpus: Corpus,
    clip_s: float,
    *,
    spans: Spans | None = None,
    held_out: Spans | None = None,
    speeds: Mapping[str, Sequence[float]] | None = None,
    number: int = REAL_WINDOWS,
    report: Report = silent,
) -> RealNearest:
    """Measure how near real windows are to training music of other tracks.

    Electronic music repeats itself, so a window's own track says nothing: moments of the same set within
    `mixdream.evaluation.copies.nearest.TRACK_S` are left out.

    Parameters
    ----------
    clip_s : float
        Length of the clips that will be judged.
    spans, held_out : mapping of set name to spans, in kept samples
        What the model was trained on, and where windows are taken from, see `mixdream.corpus.split`;
        everything unless given.
    speeds : mapping of set name to speeds
        See `find_nearest`; windows are played at the middle one of their set.
    number : int
        Windows at most, none over another.

    Raises
    ------
    InputError
        Fewer than 8 windows with another track to be compared with.
    """
    origins = _side_by_side(corpus, clip_s, held_out, speeds or {}, number)
    samples = round(clip_s * ANALYSIS_HZ)
    moments: list[Nearest | None] = []
    if origins:
        moments = find_nearest(
            np.stack([read_moment(corpus, name, start, samples, speed) for name, start, speed in origins]),
            ANALYSIS_HZ,
            corpus,
            spans=spans,
            speeds=speeds,
            away_from=[(name, start) for name, start, _ in origins],
            report=report,
        )
    nearest = [moment for moment in moments if moment is not None]
    if len(nearest) < FEWEST_REAL:
        raise InputError(
            f"{len(nearest)} real windows of {clip_s:g} s can be compared with another track, {FEWEST_REAL} "
            f"are the least: hold out more, or build a corpus of more sets or some over {2 * TRACK_S:.0f} s"
        )
    ratios = [moment.ratio for moment in nearest if moment.ratio is not None]
    return RealNearest(np.array([moment.distance for moment in nearest]), np.array(ratios))


def speeds_at(corpus: Corpus, bpm: float | None) -> dict[str, tuple[float, ...]]:
    """Speeds of all sets that have a tempo, for clips at a tempo that varispeed has brought them to, if any.

    A model that learns from windows of beats hears every set at its own tempo, `Recipe.tempo_bpm`; a clip
    that copies a set is the set that much faster or slower. Speeds ascend in steps of 2 %, each within 1 % of
    a block whose tempo is sure.
    """
    if bpm is None:
        return {}
    speeds = {}
    for record in corpus.sets:
        steps = {
            round(math.log(bpm / block.bpm) / math.log1p(_SPEED_STEP)) for block in record.tempo if block.sure
        }
        if steps:
            speeds[record.name] = tuple((1 + _SPEED_STEP) ** step for step in sorted(steps))
    return speeds


def _judge(nearest: Nearest | None, real: RealNearest) -> CopyCheck:
    if nearest is None:
        return CopyCheck(None, None, False, "silent or one steady tone: there is nothing to compare")
    is_copy = real.is_copy(nearest.distance, nearest.ratio)
    low, high = real.usual
    sentence = (
        f"closest: set {nearest.set_name}, {clock(nearest.time_s, tenths=True)}, "
        f"distance {nearest.distance:.2f}; real windows' own nearest: {low:.2f}-{high:.2f} "
        f"(n = {len(real.distances)}): {'a copy' if is_copy else 'no copy'}"
    )
    quantile = float((real.distances <= nearest.distance).mean())
    return CopyCheck(nearest, quantile, is_copy, sentence)


def _side_by_side(
    corpus: Corpus, clip_s: float, held_out: Spans | None, speeds: Mapping[str, Sequence[float]], number: int
) -> list[tuple[str, int, float]]:
    """Set, first sample and speed of windows spread evenly, none over another."""
    windows = []
    for record in corpus.sets:
        own = speeds.get(record.name, (1.0,))
        speed = own[len(own) // 2]
        length = math.ceil(clip_s * corpus.rate_hz * speed)
        windows += [
            (record.name, first, speed)
            for start, stop in pieces(record, held_out)
            for first in range(start, stop - length + 1, length)
        ]
    return [windows[row] for row in spread(len(windows), number)]
