"""Windows of a corpus that a recipe trains on."""

import numpy as np

from mixdream.corpus.beat_windows import BeatWindows, index_beat_windows
from mixdream.corpus.lower_rate import at_rate, spans_at
from mixdream.corpus.split import split_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import Spans, WindowIndex, index_windows, spread
from mixdream.errors import InputError
from mixdream.progress import Report, silent
from mixdream.recipes.recipe import Recipe

TrainingWindows = WindowIndex | BeatWindows
"""Windows of a corpus, of a length in seconds or of a number of beats."""


def training_windows(recipe: Recipe, corpus: Corpus, report: Report = silent) -> TrainingWindows:
    """Windows of the corpus that the recipe trains on.

    Those of seconds are of the corpus at the recipe's rate, see `mixdream.corpus.lower_rate`; those of beats,
    which are resampled in any case, of the corpus itself.

    Raises
    ------
    InputError
        The corpus has a lower sample rate than the recipe's grid, or no window at all.
    """
    windows = recipe.windows
    if corpus.rate_hz < recipe.grid.rate_hz:
        raise InputError(
            f"the corpus has {corpus.rate_hz} Hz but recipe {recipe.name} needs {recipe.grid.rate_hz} Hz: "
            f"build one with 'mixdream corpus build ... --rate {recipe.grid.rate_hz}'"
        )
    held_out = windows.held_out
    spans = split_corpus(corpus, windows.longest_s, held_out).train if held_out else None
    if windows.beats is not None:
        return index_beat_windows(corpus, recipe.grid, windows.beats, windows.start_on, spans)
    lower = at_rate(corpus, recipe.grid.rate_hz, recipe.grid.channels == 1, report)
    return index_windows(
        lower,
        windows.longest_s,
        slide_ms=windows.slide_ms,
        total=windows.total,
        spans=spans_at(spans, corpus, lower),
    )


def apart_rows(windows: TrainingWindows, most: int, spans: Spans | None = None) -> np.ndarray:
    """Rows of windows none of which overlaps another, all within spans, in the order of the sets; int64.

    Of more than ``most`` so many are taken that are spread evenly over all.
    """
    stops = windows.start + np.floor(windows.length)  # of beats: one window ends where the next begins
    rows: list[int] = []
    for row in np.lexsort((windows.start, windows.set_index)).tolist():
        index, start, stop = windows.set_index[row], windows.start[row], stops[row]
        if spans is not None:
            allowed = spans.get(windows.corpus.sets[index].name, ())
            if not any(first <= start and stop <= last + 1 for first, last in allowed):
                continue
        if not rows or index != windows.set_index[rows[-1]] or start >= stops[rows[-1]]:
            rows.append(row)
    return np.array(rows, np.int64)[spread(len(rows), most)]
