"""Nearest moment: where in a corpus the music is that a clip is most like."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.fft
from threadpoolctl import threadpool_limits

from mixdream.analysis.validity import SILENT_DBFS
from mixdream.audio.resample import to_rate
from mixdream.corpus.store import Corpus, SetRecord
from mixdream.corpus.windows import Spans
from mixdream.errors import InputError
from mixdream.evaluation.copies.band_levels import (
    ANALYSIS_HZ,
    MARGIN,
    band_levels,
    loop_levels,
    read_moment,
    still,
)
from mixdream.evaluation.copies.matching import make_templates, match
from mixdream.progress import Report, silent

SHORTEST_S = 1.0  # shortest clip: less than a second of music is in many tracks
TRACK_S = 300.0  # moments of a set that are nearer to each other may be of one track, which repeats itself
_HOP = 256  # samples, 32 ms, about: a whole number of frames fits the clip
_STEP = 8  # frames, a quarter of a second, between the moments that are scanned
_STRETCH = 16  # moments of which the best is kept
_CHUNK = 8 * _STRETCH  # moments that are scanned at a time
_REFINED, _REFINED_SECONDS = 6, 2  # stretches that are refined, for the nearest moment and the second
_AT_ALL_SPEEDS = 2  # of them that are also played faster and slower
_AROUND = 10  # frames of half the hop to each side of a scanned moment, more than half a step
_SPEEDS = (0.99, 0.995, 1.005, 1.01)


@dataclass(frozen=True)
class Nearest:
    """The moment of a corpus that is nearest to a clip.

    ``distance``, in [0, 2], is 1 - correlation, see `mixdream.evaluation.copies.matching`: 0 is the same, at
    about 1 they have nothing in common. ``second`` is that of the nearest moment in another set or at least
    `TRACK_S` away; None where there is none.
    """

    set_name: str
    start: int  # first kept sample of the moment
    time_s: float  # the same in the source
    shift_s: float  # how far into the moment, taken as a circle, the clip begins; seconds of the clip
    speed: float  # how many times faster than the set the clip plays
    distance: float
    second: float | None

    @property
    def ratio(self) -> float | None:
        """Distance over that of the second, near 1 where no moment stands out; None without a second."""
        return None if self.second is None else min(1.0, self.distance / max(self.second, 1e-9))

    def about(self) -> dict[str, Any]:
        """What JSON files say of it."""
        names = ("time_s", "shift_s", "speed", "distance")
        return {"set": self.set_name} | {name: getattr(self, name) for name in names}


def find_nearest(
    clips: np.ndarray,
    rate_hz: int,
    corpus: Corpus,
    *,
    spans: Spans | None = None,
    speeds: Mapping[str, Sequence[float]] | None = None,
    away_from: Sequence[tuple[str, int] | None] | None = None,
    report: Report = silent,
) -> list[Nearest | None]:
    """Find the nearest moment of each clip, whatever its level and wherever in the moment it begins.

    Every moment of the corpus that is as long as the clips is scanned, a quarter of a second apart and at all
    turns; the best ones are refined in half as long steps, and the best of these up to 1 % faster and slower.
    Chunks of half a minute are read from the disk and shared out among the cores, so memory grows with the
    corpus only by two numbers per clip and 4 s of it.

    Parameters
    ----------
    clips : np.ndarray, shape (clips, samples), full scale is +-1
        At least 1 s. Cut longer ones into windows of some seconds: a copied bar is no copied minute.
    spans : mapping of set name to spans, in kept samples
        Search only these parts, as `mixdream.corpus.split.split_corpus` gives them.
    speeds : mapping of set name to speeds
        How many times faster than the set a clip of it would play, to the nearest 1 %; 1 where not given.
        `mixdream.evaluation.copies.verdict.speeds_at` knows them for clips of a model that has one tempo.
    away_from : sequence of (set name, first sample) or None, one for each clip
        Where real clips are from: what may be their own track, within `TRACK_S`, is left out.

    Returns
    -------
    list of Nearest or None
        None for a clip in which nothing happens (silence, a steady tone) or that is away from everything.

    Raises
    ------
    InputError
        Clips that are too short, too long for every piece of the corpus, or not finite.
    """
    search = _Search(_checked(clips, rate_hz), corpus)
    chunks = list(search.chunks(spans, speeds or {}))
    if not chunks:
        raise InputError(
            f"no piece of the corpus is as long as a clip of {clips.shape[1] / rate_hz:.2f} s: cut the clips "
            "into shorter ones"
        )
    origins = away_from or [None] * len(clips)
    scanned: list[np.ndarray] = []
    nearest: list[Nearest | None] = []
    # Threads of BLAS under threads of ours would wait for each other: half of the speed.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        for chunk, stretches in zip(chunks, pool.map(search.scan, chunks), strict=True):
            scanned.append(stretches)
            report(0.7 * len(scanned) / len(chunks), f"searching {chunk.name}")
        table = _Table(chunks, scanned)
        for moment in pool.map(lambda i: search.refine(i, table, origins[i]), range(len(clips))):
            nearest.append(moment)
            report(0.7 + 0.3 * len(nearest) / len(clips), "looking closely")
    return nearest


def pieces(record: SetRecord, spans: Spans | None) -> list[tuple[int, int]]:
    """Continuous parts of a set, ``(start, stop)`` in kept samples, within spans; some may be empty."""
    wanted = [(0, record.samples)] if spans is None else spans.get(record.name, ())
    return [(max(a, c), min(b, d)) for a, b in wanted for c, d in record.segments]


def _checked(clips: np.ndarray, rate_hz: int) -> np.ndarray:
    """Clips at the rate of the analysis."""
    clips = np.asarray(clips)
    if clips.ndim != 2 or len(clips) == 0:
        raise InputError(f"clips of shape {clips.shape}: they are mono and equally long, (clips, samples)")
    if clips.shape[1] < SHORTEST_S * rate_hz:
        raise InputError(
            f"clips of {clips.shape[1] / rate_hz:.2f} s are too short to say where they are from: "
            f"{SHORTEST_S:g} s is the least; the rate was given as {rate_hz} Hz"
        )
    bad = np.flatnonzero(~np.isfinite(clips).all(axis=1))
    if len(bad):
        raise InputError(f"clip {bad[0]} has NaN or infinite samples: leave it out, see analysis.validity")
    return np.stack([to_rate(clip, rate_hz, ANALYSIS_HZ) for clip in clips])


@dataclass(frozen=True)
class _Chunk:
    """Moments ``start + i * step`` of a set, in kept samples, at one speed, all within a piece."""

    name: str
    start: float
    step: float
    moments: int
    speed: float
    piece: tuple[int, int]


@dataclass(frozen=True)
class _Moment:
    """A moment of a chunk, from a kept sample on, at a speed, and its correlation with a clip."""

    chunk: _Chunk
    start: float
    speed: float
    correlation: float


class _Table:
    """The best moment of every stretch for each clip, from `_Search.scan`."""

    def __init__(self, chunks: list[_Chunk], scanned: list[np.ndarray]) -> None:
        pairs = [(chunk, i) for chunk, rows in zip(chunks, scanned, strict=True) for i in range(len(rows))]
        self.chunks = [chunk for chunk, _ in pairs]
        self.names = np.array([chunk.name for chunk, _ in pairs])
        self.starts = np.array([chunk.start + i * _STRETCH * chunk.step for chunk, i in pairs])
        self.correlation, moment = np.concatenate(scanned).transpose(1, 0, 2)
        self.at = self.starts[:, None] + moment * np.array([chunk.step for chunk, _ in pairs])[:, None]

    def best(self, clip: int, number: int, allowed: np.ndarray) -> list[_Moment]:
        """Moments of the stretches, among those allowed, that are best for a clip."""
        correlation = self.correlation[:, clip]
        order = np.argsort(-np.where(allowed, correlation, -np.inf), kind="stable")
        return [
            _Moment(self.chunks[row], float(self.at[row, clip]), self.chunks[row].speed, correlation[row])
            for row in order[: min(number, np.count_nonzero(allowed))].tolist()
        ]

    def apart(self, name: str, start: int, samples: float) -> np.ndarray:
        """Which stretches are in another set, or so many samples away from a moment."""
        return (self.names != name) | (np.abs(self.starts - start) >= samples)


class _Search:
    """Clips, at the rate of the analysis, and the corpus that they are searched in."""

    def __init__(self, clips: np.ndarray, corpus: Corpus) -> None:
        self.corpus, self.samples = corpus, clips.shape[1]
        self.frames = scipy.fft.next_fast_len(round(self.samples / _HOP), real=True)
        self.hop = self.samples / self.frames
        levels = np.stack([loop_levels(clip, self.frames) for clip in clips])
        self.templates = make_templates(levels)
        self.fine = [make_templates(loop_levels(clip, 2 * self.frames)[None]) for clip in clips]
        self.empty = still(levels) | (clips.std(axis=1) < 10 ** (SILENT_DBFS / 20))

    def chunks(self, spans: Spans | None, speeds: Mapping[str, Sequence[float]]) -> Iterator[_Chunk]:
        """Divide what is to be scanned."""
        for name in [*(spans or {}), *speeds]:
            self.corpus.record(name)  # an unknown name is an error
        for record in self.corpus.sets:
            for speed in speeds.get(record.name, (1.0,)):
                ratio = self._ratio(speed)
                step = _STEP * self.hop * ratio
                for start, stop in pieces(record, spans):
                    room = stop - start - math.floor(self.samples * ratio)
                    moments = 0 if room < 0 else 1 + int(room // step)
                    for first in range(0, moments, _CHUNK):
                        number = min(_CHUNK, moments - first)
                        yield _Chunk(record.name, start + first * step, step, number, speed, (start, stop))

    def scan(self, chunk: _Chunk) -> np.ndarray:
        """Correlation and number of the best moment of each stretch, shape (stretches, 2, clips)."""
        frames = (chunk.moments - 1) * _STEP + self.frames
        levels = self._levels(chunk.name, chunk.start, chunk.speed, self.hop, frames)
        correlation, _ = match(self.templates, levels, _STEP)
        stretches = np.split(correlation, range(_STRETCH, chunk.moments, _STRETCH))
        best = [np.stack([stretch.max(axis=0), stretch.argmax(axis=0)]) for stretch in stretches]
        return np.stack(best).astype(np.float32)

    def refine(self, clip: int, table: _Table, origin: tuple[str, int] | None) -> Nearest | None:
        """Nearest moment of a clip, and the distance of the nearest of another track than that one."""
        track_samples = TRACK_S * self.corpus.rate_hz
        allowed = np.ones(len(table.chunks), bool)
        if origin is not None:
            allowed = table.apart(*origin, track_samples)
        if self.empty[clip] or not allowed.any():
            return None
        first = self._nearest(clip, table.best(clip, _REFINED, allowed))
        others = allowed & table.apart(first.set_name, first.start, track_samples)
        if not others.any():
            return first
        second = self._nearest(clip, table.best(clip, _REFINED_SECONDS, others))
        return replace(first, second=second.distance)

    def _nearest(self, clip: int, scanned: list[_Moment]) -> Nearest:
        """Best of scanned moments: around each, then around the best of them at other speeds, as a loop."""
        moments = [self._around(clip, moment, moment.speed) for moment in scanned]
        moments.sort(key=lambda moment: -moment.correlation)
        for moment in moments[:_AT_ALL_SPEEDS]:
            moments += [self._around(clip, moment, moment.speed * factor) for factor in _SPEEDS]
        best = max(moments, key=lambda moment: moment.correlation)
        record = self.corpus.record(best.chunk.name)
        audio = read_moment(self.corpus, record.name, best.start, self.samples, best.speed)
        correlation, turn = match(self.fine[clip], loop_levels(audio, 2 * self.frames), 1)
        start = min(int(best.start), record.samples - 1)
        return Nearest(
            set_name=record.name,
            start=start,
            time_s=record.source_time_s(start),
            shift_s=float(turn[0, 0]) * self.hop / 2 / ANALYSIS_HZ,
            speed=best.speed,
            distance=max(0.0, 1 - float(correlation[0, 0])),
            second=None,
        )

    def _around(self, clip: int, moment: _Moment, speed: float) -> _Moment:
        """Best moment around another at a speed, 32 ms from one to the next."""
        hop, ratio, piece = self.hop / 2, self._ratio(speed), moment.chunk.piece
        first = max(piece[0], moment.start - _AROUND * hop * ratio)
        room = int((piece[1] - self.samples * ratio - first) / (hop * ratio))
        frames = 2 * self.frames + max(0, min(2 * _AROUND, room))
        levels = self._levels(moment.chunk.name, first, speed, hop, frames)
        correlation = match(self.fine[clip], levels, 2)[0][:, 0]
        best = int(correlation.argmax())
        start = round(first + 2 * best * hop * ratio)
        return _Moment(moment.chunk, start, speed, float(correlation[best]))

    def _levels(self, name: str, start: float, speed: float, hop: float, frames: int) -> np.ndarray:
        """Levels of a set from a kept sample on, at a speed."""
        margin = MARGIN * self._ratio(speed)
        samples = math.ceil((frames - 1) * hop) + 2 * MARGIN + 1
        return band_levels(read_moment(self.corpus, name, start - margin, samples, speed), hop, frames)

    def _ratio(self, speed: float) -> float:
        """Kept samples of the corpus for one sample of a clip."""
        return speed * self.corpus.rate_hz / ANALYSIS_HZ
