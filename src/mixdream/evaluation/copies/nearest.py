"""Nearest moment: where in a corpus the music is that a clip is most like."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from threadpoolctl import threadpool_limits

from mixdream.analysis.validity import SILENT_DBFS
from mixdream.corpus.store import Corpus, SetRecord
from mixdream.corpus.windows import Spans
from mixdream.errors import InputError
from mixdream.evaluation.copies.band_levels import (
    ANALYSIS_HZ,
    MARGIN,
    at_rate,
    band_levels,
    loop_levels,
    read_moment,
    still,
)
from mixdream.evaluation.copies.matching import make_templates, match
from mixdream.progress import Report, silent

SHORTEST_S = 1.0
"""Shortest clip: less than a second of music is in many tracks."""

TRACK_S = 300.0
"""Moments of a set that are nearer to each other may be of one track, which repeats itself."""

_HOP = 256  # 32 ms, about: a whole number of frames fits the clip
_STEP = 8  # frames, a quarter of a second, between the moments that are tried first
_STRETCH = 16  # moments of which the best is remembered
_CHUNK = 8 * _STRETCH  # moments that are searched at a time
_REFINED, _REFINED_SECONDS = 6, 2  # stretches that are looked at closely, for the nearest and the second
_AT_ALL_SPEEDS = 2  # of them that are also played faster and slower
_AROUND = 10  # fine frames to each side of a coarse moment, more than half a step
_SPEEDS = (0.99, 0.995, 1.005, 1.01)


@dataclass(frozen=True)
class Nearest:
    """The moment of a corpus that is nearest to a clip.

    Attributes
    ----------
    start : int
        First kept sample of the moment; ``time_s`` is the same in the source.
    shift_s : float
        How far into the moment the clip begins, in seconds of the clip; behind the moment's end it goes on at
        its start.
    speed : float
        How many times faster than the set the clip plays.
    distance : float in [0, 2]
        1 - correlation, see `mixdream.evaluation.copies.matching`: 0 is the same, about 1 has nothing in
        common.
    second : float or None
        Distance of the nearest moment in another set or at least `TRACK_S` away; None where there is none.
    """

    set_name: str
    start: int
    time_s: float
    shift_s: float
    speed: float
    distance: float
    second: float | None

    @property
    def ratio(self) -> float | None:
        """Distance over that of the second, near 1 where no moment stands out; None without a second."""
        return None if self.second is None else min(1.0, self.distance / max(self.second, 1e-9))


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

    Every moment of the corpus that is as long as the clips is tried, a quarter of a second apart and at all
    turns; the best ones are looked at again in half as long steps, and the best of these up to 1 % faster and
    slower. Chunks of half a minute are read from the disk and shared out among the cores, so memory grows
    with the corpus only by two numbers per clip and 4 s of it.

    Parameters
    ----------
    clips : np.ndarray, shape (clips, samples), full scale is +-1
        At least 1 s. Cut longer ones into windows of some seconds: a copied bar is no copied minute.
    rate_hz : int
        Of the clips.
    corpus : Corpus
        Of any rate.
    spans : mapping of set name to spans, in kept samples
        Search only these parts, as `mixdream.corpus.split.split_corpus` gives them.
    speeds : mapping of set name to speeds
        How many times faster than the set a clip of it would play, to the nearest 1 %; 1 where not given.
        `mixdream.evaluation.copies.verdict.speeds_at` knows them for clips of a model that has one tempo.
    away_from : sequence of (set name, first sample) or None, one for each clip
        Where real clips are from: what may be their own track, within `TRACK_S`, is not looked at.

    Returns
    -------
    list of Nearest or None
        None for a clip in which nothing happens (silence, a steady tone) or that is away from everything.

    Raises
    ------
    InputError
        Clips that are too short, too long for every piece of the corpus, or not finite.
    """
    prepared = _Clips(_checked(clips, rate_hz))
    chunks = list(_chunks(corpus, spans, speeds or {}, prepared))
    if not chunks:
        raise InputError(
            f"no piece of the corpus is as long as a clip of {clips.shape[1] / rate_hz:.2f} s: cut the clips "
            "into shorter ones"
        )
    origins = away_from or [None] * len(clips)
    best: list[np.ndarray] = []
    nearest: list[Nearest | None] = []
    # Threads of BLAS under threads of ours would wait for each other: half of the speed.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        scanned = pool.map(lambda chunk: _scan(chunk, prepared, corpus), chunks)
        for chunk, moments in zip(chunks, scanned, strict=True):
            best.append(moments)
            report(0.7 * len(best) / len(chunks), f"searching {chunk.name}")
        table = _Table(chunks, best)
        refined = pool.map(lambda i: _refine(i, prepared, table, origins[i], corpus), range(len(clips)))
        for moment in refined:
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
    return np.stack([at_rate(clip, rate_hz) for clip in clips])


class _Clips:
    """Clips as both stages of the search need them."""

    def __init__(self, audio: np.ndarray) -> None:
        self.samples = audio.shape[1]
        self.frames = scipy.fft.next_fast_len(round(self.samples / _HOP), real=True)
        self.hop = self.samples / self.frames
        levels = np.stack([loop_levels(clip, self.frames) for clip in audio])
        self.templates = make_templates(levels)
        self.fine = [make_templates(loop_levels(clip, 2 * self.frames)[None]) for clip in audio]
        self.empty = still(levels) | (audio.std(axis=1) < 10 ** (SILENT_DBFS / 20))


@dataclass(frozen=True)
class _Chunk:
    """Moments ``start + i * step`` of a set, in kept samples, at one speed, all within a piece."""

    name: str
    start: float
    step: float
    moments: int
    speed: float
    piece: tuple[int, int]


def _chunks(
    corpus: Corpus, spans: Spans | None, speeds: Mapping[str, Sequence[float]], clips: _Clips
) -> Iterator[_Chunk]:
    """Divide what is to be searched."""
    for name in [*(spans or {}), *speeds]:
        corpus.record(name)  # an unknown name is an error
    for record in corpus.sets:
        for speed in speeds.get(record.name, (1.0,)):
            ratio = speed * corpus.rate_hz / ANALYSIS_HZ
            step = _STEP * clips.hop * ratio
            for start, stop in pieces(record, spans):
                room = stop - start - math.floor(clips.samples * ratio)
                moments = 0 if room < 0 else 1 + int(room // step)
                for first in range(0, moments, _CHUNK):
                    number = min(_CHUNK, moments - first)
                    yield _Chunk(record.name, start + first * step, step, number, speed, (start, stop))


def _scan(chunk: _Chunk, clips: _Clips, corpus: Corpus) -> np.ndarray:
    """Best moment of each stretch for each clip: correlations and moments, shape (stretches, 2, clips)."""
    frames = (chunk.moments - 1) * _STEP + clips.frames
    levels = _levels(chunk, corpus, chunk.start, chunk.speed, clips.hop, frames)
    correlation, _ = match(clips.templates, levels, _STEP)
    stretches = np.split(correlation, range(_STRETCH, chunk.moments, _STRETCH))
    best = [np.stack([stretch.max(axis=0), stretch.argmax(axis=0)]) for stretch in stretches]
    return np.stack(best).astype(np.float32)


def _levels(chunk: _Chunk, corpus: Corpus, start: float, speed: float, hop: float, frames: int) -> np.ndarray:
    """Levels of a set from a sample on, at a speed."""
    margin = MARGIN * speed * corpus.rate_hz / ANALYSIS_HZ
    samples = math.ceil((frames - 1) * hop) + 2 * MARGIN + 1
    return band_levels(read_moment(corpus, chunk.name, start - margin, samples, speed), hop, frames)


class _Table:
    """All stretches, and for each and every clip the best correlation and where its moment begins."""

    def __init__(self, chunks: list[_Chunk], best: list[np.ndarray]) -> None:
        pairs = [(chunk, i) for chunk, rows in zip(chunks, best, strict=True) for i in range(len(rows))]
        self.chunks = [chunk for chunk, _ in pairs]
        self.names = np.array([chunk.name for chunk, _ in pairs])
        self.starts = np.array([chunk.start + i * _STRETCH * chunk.step for chunk, i in pairs])
        self.correlation, moment = np.concatenate(best).transpose(1, 0, 2)
        self.at = self.starts[:, None] + moment * np.array([chunk.step for chunk, _ in pairs])[:, None]

    def best(self, clip: int, number: int, allowed: np.ndarray) -> list[tuple[_Chunk, float]]:
        """Chunks of the stretches that are best for a clip, each with the first sample of the best moment."""
        order = np.argsort(-np.where(allowed, self.correlation[:, clip], -np.inf), kind="stable")
        rows = order[: min(number, np.count_nonzero(allowed))].tolist()
        return [(self.chunks[row], float(self.at[row, clip])) for row in rows]

    def apart(self, name: str, start: int, samples: float) -> np.ndarray:
        """Which stretches are in another set, or so many samples away from a moment."""
        return (self.names != name) | (np.abs(self.starts - start) >= samples)


def _refine(
    clip: int, clips: _Clips, table: _Table, origin: tuple[str, int] | None, corpus: Corpus
) -> Nearest | None:
    """Look closely at the best stretches, and at the best ones that are of another track than the nearest."""
    track_samples = TRACK_S * corpus.rate_hz
    allowed = np.ones(len(table.chunks), bool)
    if origin is not None:
        allowed = table.apart(*origin, track_samples)
    if clips.empty[clip] or not allowed.any():
        return None
    first = _closest(clip, clips, table.best(clip, _REFINED, allowed), corpus)
    others = allowed & table.apart(first.set_name, first.start, track_samples)
    if not others.any():
        return first
    second = _closest(clip, clips, table.best(clip, _REFINED_SECONDS, others), corpus)
    return replace(first, second=second.distance)


@dataclass(frozen=True)
class _Moment:
    """A moment, in kept samples, how fast it is played and how well it fits."""

    correlation: float
    at: int
    speed: float
    chunk: _Chunk


def _closest(clip: int, clips: _Clips, starts: list[tuple[_Chunk, float]], corpus: Corpus) -> Nearest:
    """Best of some moments: at their own speed, then the best of them at others, then as a loop."""
    moments = [_around(clip, clips, chunk, start, chunk.speed, corpus) for chunk, start in starts]
    moments.sort(key=lambda moment: -moment.correlation)
    for moment in moments[:_AT_ALL_SPEEDS]:
        speeds = [moment.speed * factor for factor in _SPEEDS]
        moments += [_around(clip, clips, moment.chunk, moment.at, speed, corpus) for speed in speeds]
    best = max(moments, key=lambda moment: moment.correlation)
    audio = read_moment(corpus, best.chunk.name, best.at, clips.samples, best.speed)
    correlation, turn = match(clips.fine[clip], loop_levels(audio, 2 * clips.frames), 1)
    record = corpus.record(best.chunk.name)
    at = min(best.at, record.samples - 1)
    return Nearest(
        set_name=record.name,
        start=at,
        time_s=record.source_time_s(at),
        shift_s=float(turn[0, 0]) * clips.hop / 2 / ANALYSIS_HZ,
        speed=best.speed,
        distance=max(0.0, 1 - float(correlation[0, 0])),
        second=None,
    )


def _around(clip: int, clips: _Clips, chunk: _Chunk, start: float, speed: float, corpus: Corpus) -> _Moment:
    """Best moment around a sample, 16 ms to the next turn."""
    hop, frames = clips.hop / 2, 2 * clips.frames
    ratio = speed * corpus.rate_hz / ANALYSIS_HZ
    last = chunk.piece[1] - clips.samples * ratio
    first = max(chunk.piece[0], start - _AROUND * hop * ratio)
    around = max(0, min(2 * _AROUND, int((last - first) / (hop * ratio))))
    levels = _levels(chunk, corpus, first, speed, hop, frames + around)
    correlation, _ = match(clips.fine[clip], levels, 2)
    best = int(correlation[:, 0].argmax())
    return _Moment(float(correlation[best, 0]), round(first + 2 * best * hop * ratio), speed, chunk)
