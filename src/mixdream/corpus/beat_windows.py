"""Beat-synchronous windows: whole bars brought to one tempo by varispeed: beats fall into the same frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixdream.audio.resample import to_rate
from mixdream.corpus.hints import FASTEST_BPM, SLOWEST_BPM
from mixdream.corpus.store import Corpus, SetRecord, as_float
from mixdream.corpus.windows import Spans
from mixdream.errors import InputError
from mixdream.spectrogram.grid import Grid

StartOn = Literal["downbeat", "beat"]

BEATS_PER_BAR = 4

_STEADY = 0.03  # beats of a window are at most this part of a beat away from even spacing
_MARGIN = 64  # samples read on each side, so that the filter of the resampler has settled


@dataclass(frozen=True)
class BeatWindows:
    """Windows of a number of beats, each resampled to fill the clip of a grid exactly.

    Attributes
    ----------
    corpus : Corpus
        Of any rate.
    set_index : np.ndarray, shape (N,), int32
        Which of ``corpus.sets``.
    start, length : np.ndarray, shape (N,), float64
        First beat and length of each window, in kept samples of its set.
    beats : int
        In a window.
    in_bar : np.ndarray, shape (N,), int64
        Beat of the bar that each starts on; 0 is the downbeat.
    """

    corpus: Corpus
    grid: Grid
    set_index: np.ndarray
    start: np.ndarray
    length: np.ndarray
    beats: int
    in_bar: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    @property
    def tempo_bpm(self) -> np.ndarray:
        """Tempo that each window had in its set, shape (N,)."""
        return 60 * self.beats * self.corpus.rate_hz / self.length

    def read(
        self, rows: np.ndarray | Sequence[int], *, mono: bool = True, rate_hz: int | None = None
    ) -> np.ndarray:
        """Audio of windows at the grid's tempo, and at its rate unless another is given, float32.

        Stereo is mixed to mono: shape (rows, samples); else (rows, samples, channels), ``grid.samples`` at
        the grid's rate. The clip of the grid (see `Grid`) begins on the first beat and ends where the next
        window's would begin; what frames cover beyond it is what the set has there, or silence where it has
        nothing.
        """
        return np.stack([self._read(int(row), mono, rate_hz) for row in np.asarray(rows)])

    def where(self, row: int) -> tuple[str, float]:
        """Set that a window is from, and the time in its source where it starts, in seconds."""
        record = self.corpus.sets[self.set_index[row]]
        return record.name, record.source_time_s(min(max(0, round(self.start[row])), record.samples - 1))

    def _read(self, row: int, mono: bool, rate_hz: int | None) -> np.ndarray:
        record = self.corpus.sets[self.set_index[row]]
        start, stop = _segment(record, self.start[row], self.length[row])
        scale = 1 if rate_hz is None else rate_hz / self.grid.rate_hz
        clip, lead, samples = (
            round(scale * count) for count in (self.grid.clip_samples, self.grid.lead, self.grid.samples)
        )
        speed = self.length[row] / clip  # samples of the set per sample of the window
        before = round((lead + _MARGIN) * max(speed, 1.0))
        after = round((samples - lead + _MARGIN) * speed + _MARGIN)
        first = round(self.start[row]) - before
        low, high = max(first, start), min(first + before + after, stop)
        kept = as_float(self.corpus.audio(record.name)[low:high], mono=mono)
        wanted = np.zeros((before + after, *kept.shape[1:]), np.float32)
        wanted[low - first : high - first] = kept
        made = to_rate(wanted, speed, 1.0)
        skip = round(before / speed) - lead
        return made[skip : skip + samples]


def index_beat_windows(
    corpus: Corpus, grid: Grid, beats: int, start_on: StartOn = "downbeat", spans: Spans | None = None
) -> BeatWindows:
    """Find all windows of a corpus that start on a beat and whose beats are sure and even.

    Parameters
    ----------
    grid : Grid
        ``grid.clip_samples`` are what the beats are made to fill.
    beats : int
        Beats per window: 8 are two bars of 4/4.
    spans : mapping of set name to spans, in kept samples
        Use only these parts, as `mixdream.corpus.split.split_corpus` gives them.

    Raises
    ------
    InputError
        Where there is no such window.
    """
    rows = []
    for i, record in enumerate(corpus.sets):
        allowed = [(0, record.samples)] if spans is None else spans.get(record.name, ())
        for start, length, in_bar in _starts(corpus, record, beats, start_on):
            if any(first <= start and start + length <= last + 1 for first, last in allowed):
                rows.append((i, start, length, in_bar))
    if not rows:
        raise InputError(
            f"no {beats} beats in a row are sure in any set of the corpus ('mixdream corpus show' says its "
            "tempo): take more rhythmic sets, or a recipe without windows.beats"
        )
    sets, starts, lengths, in_bars = (np.array(column) for column in zip(*rows, strict=True))
    return BeatWindows(corpus, grid, sets.astype(np.int32), starts, lengths, beats, in_bars)


def _starts(
    corpus: Corpus, record: SetRecord, beats: int, start_on: StartOn
) -> list[tuple[float, float, int]]:
    """First beat, length and place in the bar of every usable window of a set."""
    tracked = corpus.beats(record.name)
    if len(tracked) <= beats:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(tracked.sample, beats + 1)
    start, length = windows[:, 0], windows[:, -1] - windows[:, 0]
    even = start[:, None] + length[:, None] * np.linspace(0, 1, beats + 1)
    usable = np.abs(windows - even).max(axis=1) <= _STEADY * length / beats
    usable &= np.lib.stride_tricks.sliding_window_view(tracked.sure, beats + 1)[:, :beats].all(axis=1)
    tempo = 60 * beats * record.rate_hz / length
    usable &= (tempo >= SLOWEST_BPM) & (tempo <= FASTEST_BPM)
    in_bar = tracked.in_bar[: len(usable)]
    if start_on == "downbeat":
        usable &= in_bar == 0
    columns = (column[usable].tolist() for column in (start, length, in_bar))
    return [row for row in zip(*columns, strict=True) if _whole(record, *row[:2])]


def _whole(record: SetRecord, start: float, length: float) -> bool:
    """Whether a window lies within one segment, to the sample."""
    first, last = _segment(record, start, length)
    return first <= round(start) and round(start + length) <= last + 1


def _segment(record: SetRecord, start: float, length: float) -> tuple[int, int]:
    """Segment that the middle of a window lies in."""
    middle = start + length / 2
    return next(
        (segment for segment in record.segments if segment[0] <= middle < segment[1]), record.segments[-1]
    )
