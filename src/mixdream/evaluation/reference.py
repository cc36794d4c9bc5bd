"""Reference: the real windows that clips are compared with, and those that say what can be reached."""

from dataclasses import dataclass, replace

import numpy as np

from mixdream.corpus.beat_windows import BeatWindows, index_beat_windows
from mixdream.corpus.lower_rate import samples_at, spans_at
from mixdream.corpus.split import Split, split_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import Spans, WindowIndex, index_windows, spread
from mixdream.errors import InputError
from mixdream.evaluation.intervals import BLOCK_S, minute_blocks
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import TrainingWindows, apart_rows, training_windows
from mixdream.spectrogram.grid import Grid

HELD_OUT = 0.1
MOST = 500  # windows in each part at most


@dataclass(frozen=True)
class RealWindows:
    """Real windows, in the order in which they lie in the sets."""

    audio: np.ndarray  # shape (n, samples, channels), float32, at the rate of the corpus
    places: tuple[tuple[str, float], ...]  # set name, seconds in the source
    blocks: np.ndarray  # shape (n,), see mixdream.evaluation.intervals.minute_blocks
    windows: TrainingWindows
    rows: np.ndarray  # of the windows

    @property
    def sets(self) -> list[str]:
        """Name of the set of each window."""
        return [name for name, _ in self.places]

    @property
    def minutes(self) -> list[str]:
        """Minute of a set that each window is from, by a name that is the same in all parts."""
        return [f"{name}, minute {int(start_s // BLOCK_S)}" for name, start_s in self.places]

    def on_grid(self, grid: Grid, rows: np.ndarray) -> np.ndarray:
        """Some of them as a model on a grid reads them, shape (rows, samples, channels).

        Windows of seconds have the grid's rate; they may be too short.
        """
        if isinstance(self.windows, BeatWindows):
            return replace(self.windows, grid=grid).read(self.rows[rows], mono=False)
        return self.windows.read(self.rows[rows], mono=False)[:, : grid.samples]


@dataclass(frozen=True)
class Reference:
    """What a model learnt from, in two halves, and music that it did not learn from.

    ``train`` and ``other`` are every other window of the training part, none over another: the reference, and
    the floor that the same music reaches. ``held_out`` are windows of other blocks; these may overlap.
    """

    rate_hz: int  # of the corpus
    clip_samples: int
    tempo_bpm: float | None  # that windows of beats are brought to
    train: RealWindows
    other: RealWindows
    held_out: RealWindows | None
    trained_on: Spans | None  # for the copy check: what the model learnt from; None is everything
    judged_by: Spans | None  # and what it did not
    notes: tuple[str, ...]


def reference_for_recipe(recipe: Recipe, corpus: Corpus) -> Reference:
    """Take the windows that a recipe trains on.

    Windows of beats are read at the model's own tempo. Where the recipe held nothing out, a tenth is held out
    of the reference all the same, so that there is a floor of other music. A corpus of another rate than the
    recipe needs, or with too little music, is an InputError.
    """
    windows = training_windows(recipe, corpus)
    share, longest_s, grid = recipe.windows.held_out, recipe.windows.longest_s, recipe.grid
    notes = []
    if not share:
        notes.append(
            "The recipe held nothing out: the model was trained on the whole corpus, also on the music that "
            "the column 'held-out' is measured on. Copies are judged by real music that it was trained on."
        )
    split = _split(corpus, longest_s, share or HELD_OUT, notes)
    held: TrainingWindows | None = None
    own = windows.corpus  # at the recipe's rate, where the windows are of seconds
    trained = spans_at(split.train, corpus, own) if split else None
    if split is not None:
        held_spans = spans_at(split.held_out, corpus, own)
        try:
            if recipe.windows.beats is not None:
                held = index_beat_windows(own, grid, recipe.windows.beats, "beat", held_spans)
            else:
                held = index_windows(own, longest_s, total=MOST, spans=held_spans)
        except InputError:
            notes.append("The held-out music has no window of this kind: there is no column for it.")
    scale = corpus.rate_hz / grid.rate_hz
    lead = round(scale * grid.lead)
    clip = slice(lead, lead + round(scale * grid.clip_samples))
    train, other, held_out = _parts(corpus, windows, held, trained, clip, notes)
    return Reference(
        rate_hz=corpus.rate_hz,
        clip_samples=clip.stop - clip.start,
        tempo_bpm=recipe.tempo_bpm,
        train=train,
        other=other,
        held_out=held_out,
        trained_on=split.train if split and share else None,
        judged_by=split.held_out if split and share else None,
        notes=tuple(notes),
    )


def reference_for_length(seconds: float, corpus: Corpus) -> Reference:
    """Take windows of a length side by side, for clips of which it is not known how they were made."""
    notes = [
        "It is not known what these clips were made from: the copy check searches the whole corpus, and "
        "judges by real music of the same corpus. Without a grid there is no ceiling."
    ]
    windows = index_windows(corpus, seconds, slide_ms=1000 * seconds)
    split = _split(corpus, seconds, HELD_OUT, notes)
    held = index_windows(corpus, seconds, total=MOST, spans=split.held_out) if split else None
    samples = windows.window_samples
    parts = _parts(corpus, windows, held, split.train if split else None, slice(0, samples), notes)
    return Reference(corpus.rate_hz, samples, None, *parts, None, None, tuple(notes))


def _split(corpus: Corpus, window_s: float, share: float, notes: list[str]) -> Split | None:
    try:
        return split_corpus(corpus, window_s, share)
    except InputError as error:
        notes.append(f"There is no held-out music: {error}")
        return None


def _parts(
    corpus: Corpus,
    windows: TrainingWindows,
    held: TrainingWindows | None,
    trained: Spans | None,
    clip: slice,
    notes: list[str],
) -> tuple[RealWindows, RealWindows, RealWindows | None]:
    """The two halves of the training music, and held-out music."""
    rows = apart_rows(windows, 2 * MOST, trained)
    if len(rows) < 4:
        raise InputError(
            f"the corpus has room for {len(rows)} windows side by side to compare with: it takes dozens, "
            "from some minutes of music; build a corpus of more sets"
        )
    held_out = _read(corpus, held, spread(len(held), MOST), clip) if held is not None else None
    if held_out is not None and len(np.unique(held_out.blocks)) < 2:
        notes.append("The held-out music is a single minute, too little for a column: there is none.")
        held_out = None
    return _read(corpus, windows, rows[::2], clip), _read(corpus, windows, rows[1::2], clip), held_out


def _read(corpus: Corpus, windows: TrainingWindows, rows: np.ndarray, clip: slice) -> RealWindows:
    """Read windows in all channels at the rate of the corpus; ``clip`` is the part that models make."""
    places = tuple(windows.where(int(row)) for row in rows)
    starts_s = np.array([seconds for _, seconds in places])
    if isinstance(windows, BeatWindows):
        audio = windows.read(rows, mono=False, rate_hz=corpus.rate_hz)
    else:
        audio = _at_full_rate(windows, corpus).read(rows, mono=False)
    blocks = minute_blocks(windows.set_index[rows], starts_s)
    return RealWindows(audio[:, clip], places, blocks, windows, rows)


def _at_full_rate(windows: WindowIndex, corpus: Corpus) -> WindowIndex:
    """The same windows of the corpus itself, where they are of its copy at a lower rate."""
    copy = windows.corpus
    if copy.rate_hz == corpus.rate_hz:
        return windows
    length = round(corpus.rate_hz / copy.rate_hz * windows.window_samples)
    start = np.empty_like(windows.start)
    for index, (record, lower) in enumerate(zip(corpus.sets, copy.sets, strict=True)):
        of = windows.set_index == index
        stops = samples_at(windows.start[of] + windows.window_samples, lower, record)
        start[of] = np.minimum(samples_at(windows.start[of], lower, record), stops - length)
    return replace(windows, corpus=corpus, window_samples=length, start=start)
