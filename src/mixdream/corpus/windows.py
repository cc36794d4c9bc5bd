"""Windows: excerpts of fixed length as indices into the audio; nothing is copied until it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from mixdream.corpus.store import Corpus, as_float
from mixdream.errors import InputError

Spans = Mapping[str, Sequence[tuple[int, int]]]
"""Parts of sets by name: ``(start, stop)`` in kept samples."""

_SLIDE_STEPS = 2**20  # a slide that is looked for is a multiple of this part of a sample


def exact(number: float | Fraction | str) -> Fraction:
    """Return the fraction that a person means by a decimal number: 4.05 is 405/100, not 4.04999...

    >>> exact(136.55)
    Fraction(2731, 20)
    """
    return number if isinstance(number, Fraction) else Fraction(str(number)).limit_denominator(10**6)


def complement(spans: list[tuple[int, int]], samples: int) -> list[tuple[int, int]]:
    """Return what sorted spans leave of ``[0, samples)``.

    >>> complement([(0, 2), (5, 6)], 9)
    [(2, 5), (6, 9)]
    """
    edges = [0, *(edge for span in spans for edge in span), samples]
    return [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop > start]


def count_windows(samples: int, window_samples: int, slide: Fraction | int) -> int:
    """Count windows: ``1 + floor((samples - window_samples) / slide)``, 0 where not one fits.

    The three sets of the thesis:

    >>> rate, window = 8000, 32_400
    >>> sets = [("6825.70", "136.55"), ("4263.85", "172.51"), ("3363.90", "134.21")]
    >>> [count_windows(int(exact(s) * rate), window, exact(ms) * rate / 1000) for s, ms in sets]
    [49958, 24694, 25035]
    """
    return 0 if samples < window_samples else 1 + int((samples - window_samples) // slide)


def window_starts(samples: int, window_samples: int, slide: Fraction | int) -> np.ndarray:
    """First samples of all windows of audio of some length, shape (count_windows(...),), int64, rising.

    ``round(i * slide)``, computed without rounding errors; the slide is in samples and need not be whole.
    """
    slide = Fraction(slide)
    steps = np.arange(count_windows(samples, window_samples, slide), dtype=np.int64) * slide.numerator
    whole, rest = np.divmod(steps, slide.denominator)
    return whole + ((2 * rest > slide.denominator) | ((2 * rest == slide.denominator) & (whole % 2 == 1)))


@dataclass(frozen=True)
class WindowIndex:
    """Windows of a corpus.

    Attributes
    ----------
    set_index : np.ndarray, shape (N,), int32
        Which of ``corpus.sets``.
    start : np.ndarray, shape (N,), int64
        First kept sample of each window.
    slide_s : dict of str to float
        Slide of each set, in seconds.
    """

    corpus: Corpus
    window_samples: int
    set_index: np.ndarray
    start: np.ndarray
    slide_s: dict[str, float]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> np.ndarray:
        """Length of each window, in kept samples, shape (N,)."""
        return np.full(len(self), self.window_samples)

    def read(self, rows: np.ndarray | Sequence[int], *, mono: bool = True) -> np.ndarray:
        """Audio of windows, float32, in [-1, 1).

        Stereo is mixed to mono: shape (rows, window_samples); else (rows, window_samples, channels).
        """
        rows = np.asarray(rows)
        names = [record.name for record in self.corpus.sets]
        audio = {i: self.corpus.audio(names[i]) for i in np.unique(self.set_index[rows]).tolist()}
        frames = np.empty((len(rows), self.window_samples, self.corpus.channels), np.int16)
        starts = zip(self.set_index[rows].tolist(), self.start[rows].tolist(), strict=True)
        for target, (i, start) in zip(frames, starts, strict=True):
            target[:] = audio[i][start : start + self.window_samples]
        return as_float(frames, mono=mono)

    def where(self, row: int) -> tuple[str, float]:
        """Set that a window is from, and the time in its source where it starts, in seconds."""
        record = self.corpus.sets[self.set_index[row]]
        return record.name, record.source_time_s(int(self.start[row]))


def index_windows(
    corpus: Corpus,
    window_s: float,
    *,
    slide_ms: float | Mapping[str, float] | None = None,
    total: int | None = None,
    spans: Spans | None = None,
) -> WindowIndex:
    """Slide a window over a corpus; no window reaches over a cut.

    Parameters
    ----------
    window_s : float, in s
    slide_ms : float or mapping of set name to float, in ms
        Distance between windows, for all sets or for each; need not be whole samples.
    total : int
        Instead of ``slide_ms``: the one slide for all sets that gives the most windows not over ``total``.
    spans : mapping of set name to spans, in kept samples
        Use only these parts, as `mixdream.corpus.split.split_corpus` gives them.

    Raises
    ------
    InputError
        Where names do not fit the corpus, numbers make no sense, or there is no window at all.
    """
    if (slide_ms is None) == (total is None):
        raise InputError("give exactly one of slide_ms and total")
    window_samples = round(exact(window_s) * corpus.rate_hz)
    if window_samples < 1:
        raise InputError(f"window_s is {window_s}: it must be at least one sample; it is in seconds")
    pieces = _pieces(corpus, window_samples, spans)
    if not pieces:
        raise InputError(
            f"no piece of the corpus is as long as a window of {window_s} s: "
            "take a shorter window or more audio"
        )
    slides = _common_slide(pieces, window_samples, total) if total is not None else None
    slides = slides or _given_slides(corpus, pieces, slide_ms)
    sets, starts = [], []
    for i, start, stop in pieces:
        starts.append(start + window_starts(stop - start, window_samples, slides[i]))
        sets.append(np.full(len(starts[-1]), i, np.int32))
    slide_s = {corpus.sets[i].name: float(slide / corpus.rate_hz) for i, slide in slides.items()}
    return WindowIndex(corpus, window_samples, np.concatenate(sets), np.concatenate(starts), slide_s)


def spread(number: int, most: int) -> np.ndarray:
    """At most so many of the numbers from 0 to ``number - 1``, spread evenly, each once; int64.

    >>> spread(10, 4)
    array([0, 3, 6, 9])
    >>> spread(3, 4)
    array([0, 1, 2])
    """
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(np.int64))


def spread_windows(corpus: Corpus, window_s: float, number: int) -> WindowIndex:
    """Spread a number of windows evenly over a corpus, to look at or to export; fewer where it is short."""
    window_samples = round(exact(window_s) * corpus.rate_hz)
    pieces = len(_pieces(corpus, window_samples, None))
    dense = index_windows(corpus, window_s, total=max(8 * number, pieces))
    rows = spread(len(dense), number)
    return replace(dense, set_index=dense.set_index[rows], start=dense.start[rows])


def _pieces(corpus: Corpus, window_samples: int, spans: Spans | None) -> list[tuple[int, int, int]]:
    """Continuous pieces ``(set index, start, stop)`` that hold at least one window."""
    for name in spans or {}:
        corpus.record(name)  # an unknown name is an error
    pieces = []
    for i, record in enumerate(corpus.sets):
        wanted = [(0, record.samples)] if spans is None else spans.get(record.name, ())
        for first, last in sorted(wanted):
            cut = ((max(first, start), min(last, stop)) for start, stop in record.segments)
            pieces += [(i, start, stop) for start, stop in cut if stop - start >= window_samples]
    return pieces


def _given_slides(
    corpus: Corpus, pieces: list[tuple[int, int, int]], slide_ms: float | Mapping[str, float] | None
) -> dict[int, Fraction]:
    names = {i: corpus.sets[i].name for i, _, _ in pieces}
    if isinstance(slide_ms, Mapping):
        for name in slide_ms:
            corpus.record(name)
        missing = [name for name in names.values() if name not in slide_ms]
        if missing:
            raise InputError(
                f"slide_ms has no slide for: {', '.join(missing)}; every set of the corpus needs one"
            )
    given = {
        i: (slide_ms[name] if isinstance(slide_ms, Mapping) else slide_ms or 0) for i, name in names.items()
    }
    for i, value in given.items():
        if not 0 < value < float("inf") or exact(value) * corpus.rate_hz / 1000 < 1:
            raise InputError(
                f"slide_ms of '{names[i]}' is {value}: it must be at least one sample "
                f"({1000 / corpus.rate_hz:g} ms); it is in milliseconds"
            )
    return {i: exact(value) * corpus.rate_hz / 1000 for i, value in given.items()}


def _common_slide(pieces: list[tuple[int, int, int]], window_samples: int, total: int) -> dict[int, Fraction]:
    """Find the smallest slide that gives at most ``total`` windows."""
    if total < len(pieces):
        raise InputError(
            f"total is {total}, but there are {len(pieces)} continuous pieces of audio with a window each: "
            f"ask for {len(pieces)} windows or more"
        )
    rooms = [stop - start - window_samples for _, start, stop in pieces]

    def count(steps: int) -> int:
        return sum(1 + room * _SLIDE_STEPS // steps for room in rooms)

    low, high = _SLIDE_STEPS, max(_SLIDE_STEPS, (max(rooms) + 1) * _SLIDE_STEPS)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count(middle) <= total else (middle + 1, high)
    return dict.fromkeys((i for i, _, _ in pieces), Fraction(low, _SLIDE_STEPS))
