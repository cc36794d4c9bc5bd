"""Beat grids of DJ software against what is heard: whether they agree, and by how much they are late."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mixdream.analysis.beats.beats import Beats, TempoBlock
from mixdream.analysis.beats.hints import NO_HINTS, Hints
from mixdream.corpus.dj_library import DjLibrary
from mixdream.corpus.hints import FASTEST_BPM, SLOWEST_BPM, BeatHints, GridMarker, grid_tempo
from mixdream.corpus.store import SetRecord

METRE = "4/4"
LATEST_S = 0.06
"""Decoders of mp3 differ by up to 50 ms in where a file begins; a grid that is off by more is another."""

_LONGEST_S = 1.5  # of a beat; more is a cut
_ON_BEAT_S = 0.025
_MOST = 0.8  # of its beats that have to agree
_FEWEST = 16  # beats that can be compared
_NAMED = 6

Track = Callable[[Hints], tuple[Beats, tuple[TempoBlock, ...]]]


def grid_beats(grid: Sequence[GridMarker], seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Beats of a grid in a source of so many seconds: times in seconds, place in the bar; shape (N,) each."""
    times, places = [], []
    for i, marker in enumerate(grid):
        period_s = 60 / marker.bpm
        stop_s = grid[i + 1].start_s - period_s / 2 if i + 1 < len(grid) else seconds
        first = 0 if i else -int(max(0.0, marker.start_s) / period_s)  # the first tempo holds before it, too
        numbers = np.arange(first, max(first, np.ceil((stop_s - marker.start_s) / period_s)))
        times.append(marker.start_s + numbers * period_s)
        places.append((marker.in_bar + numbers.astype(int)) % 4)
    return np.concatenate(times), np.concatenate(places)


def in_samples(record: SetRecord, hints: BeatHints) -> Hints:
    """Hints in kept samples of a set: the owner's, else those of a grid that agrees.

    Where the owner named downbeats but no tempo, that of the grid is taken.
    """
    grid = NO_HINTS
    if hints.grid_late_s is not None:
        grid = _grid_in_samples(record, hints.grid, hints.grid_late_s)
    tempos = grid.tempos if hints.bpm is None else ((0.0, hints.bpm),)
    return Hints(tempos, _kept(record, hints.downbeats_s) if hints.by_owner else grid.downbeats)


def compare(record: SetRecord, track: Track) -> BeatHints:
    """Compare the grid of a set with the beats that are heard in it without hints.

    It agrees where its beats stay on the half beats that are heard, all of them earlier or later by about as
    much. So its tempo may be the half or the double of what is heard, or two thirds, but not three halves.

    Parameters
    ----------
    track : callable
        Tracks the beats of the set with hints.

    Returns
    -------
    BeatHints
        With ``grid_late_s`` where the grid agrees, else with ``grid_remark``.
    """
    grid = record.hints.grid
    metre = next((marker.metre for marker in grid if marker.metre != METRE), None)
    if metre:
        return record.hints.model_copy(update={"grid_remark": f"grid in {metre}, so no beat is sure"})
    if not all(SLOWEST_BPM <= marker.bpm <= FASTEST_BPM for marker in grid):
        possible = f"{SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM are possible"
        return record.hints.model_copy(update={"grid_remark": f"grid {grid_tempo(grid)}, {possible}"})
    beats, tempo = track(NO_HINTS)
    late_s = _late_s(record, beats)
    if late_s is not None and abs(late_s) <= LATEST_S:
        return record.hints.model_copy(update={"grid_late_s": round(late_s, 4)})
    heard_bpm = [block.bpm for block in tempo if block.sure] or [block.bpm for block in tempo]
    heard = f"{np.median(heard_bpm):.1f}" if heard_bpm else "no beat"
    apart = "" if late_s is None else f" {1000 * late_s:+.0f} ms from it"
    return record.hints.model_copy(update={"grid_remark": f"grid {grid_tempo(grid)}, heard {heard}{apart}"})


def _late_s(record: SetRecord, beats: Beats) -> float | None:
    """By how much what is heard is later than the grid of a set; None where the grid does not stay on it."""
    sure = beats.sure if beats.sure.sum() >= _FEWEST else np.ones(len(beats), bool)
    heard_s = np.interp(beats.sample, *_edges(record))
    going_on = (sure[:-1] & sure[1:] & (np.diff(heard_s) < _LONGEST_S)).nonzero()[0]
    if len(going_on) < _FEWEST:
        return None
    start_s, length_s = heard_s[going_on], np.diff(heard_s)[going_on]
    grid_s, _ = grid_beats(record.hints.grid, record.seconds)
    beat = np.searchsorted(start_s, grid_s, "right") - 1
    into_s = grid_s - start_s[np.maximum(beat, 0)]
    compared = (beat >= 0) & (into_s < length_s[beat])
    half_s = length_s[beat[compared]] / 2
    late_s = np.rint(into_s[compared] / half_s) * half_s - into_s[compared]
    if len(late_s) < _FEWEST:
        return None
    middle_s = float(np.median(late_s))
    return middle_s if (np.abs(late_s - middle_s) < _ON_BEAT_S).mean() >= _MOST else None


def _grid_in_samples(record: SetRecord, grid: Sequence[GridMarker], late_s: float) -> Hints:
    kept, times_s = _edges(record)
    starts = np.interp([marker.start_s + late_s for marker in grid], times_s, kept).tolist()
    beats_s, in_bar = grid_beats(grid, record.seconds)
    tempos = tuple(zip(starts, (marker.bpm for marker in grid), strict=True))
    return Hints(tempos, _kept(record, beats_s[in_bar == 0] + late_s))


def _edges(record: SetRecord) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the segments of a set, in kept samples and in seconds of the source."""
    kept = np.array(record.segments, float)
    starts_s = np.array(record.segment_starts_s)
    return kept.ravel(), np.stack([starts_s, starts_s + np.diff(kept)[:, 0] / record.rate_hz], axis=1).ravel()


def _kept(record: SetRecord, times_s: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """Kept samples of times; those where nothing was kept are left out."""
    samples = (record.sample_at(float(time_s)) for time_s in times_s)
    return tuple(sample for sample in samples if sample is not None)


@dataclass(frozen=True)
class LibraryReport:
    """What came of a library.

    Attributes
    ----------
    sets : int
        In the corpus.
    agree, by_owner, several : tuple of str
        Names of sets whose grids are used; whose owner's word comes first; with several grids of their name.
    differ : dict of str to str
        Sets whose grids are not used, and why.
    """

    sets: int
    agree: tuple[str, ...]
    differ: dict[str, str]
    by_owner: tuple[str, ...]
    several: tuple[str, ...]

    def in_words(self) -> str:
        """One line."""
        found = len(self.agree) + len(self.differ) + len(self.by_owner) + len(self.several)
        agree = f"{len(self.agree)} grid{' agrees' if len(self.agree) == 1 else 's agree'}"
        line = f"{found} of {self.sets} sets found, {agree}"
        if self.differ:
            verb = "does" if len(self.differ) == 1 else "do"
            reasons = [f"{name} ({reason})" for name, reason in self.differ.items()]
            line += f", {len(self.differ)} {verb} not: {_few(reasons)}"
        if self.by_owner:
            line += f"; your own word comes first for {_few(self.by_owner)}"
        if self.several:
            line += f"; several tracks have the name of {_few(self.several)}"
        return line


def report_library(library: DjLibrary, records: Sequence[SetRecord]) -> LibraryReport:
    """Say what came of a library for the sets of a corpus."""
    found = {record.name: library.find(record.source) for record in records}
    several = tuple(name for name, grids in found.items() if len(grids) > 1)
    one = [record for record in records if len(found[record.name]) == 1]
    by_owner = [record for record in one if record.hints.by_owner]
    agree = [record for record in one if record not in by_owner and record.hints.grid_late_s is not None]
    differ = [record for record in one if record not in by_owner and record not in agree]
    return LibraryReport(
        sets=len(records),
        agree=tuple(record.name for record in agree),
        differ={record.name: record.hints.grid_remark or "not compared" for record in differ},
        by_owner=tuple(record.name for record in by_owner),
        several=several,
    )


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more
