"""What grows with the hours of a corpus: disk, time to build, to list and read windows, to look for copies.

Run ``python -m benchmarks.growth [HOURS]...`` (1 and 4 unless told otherwise): 8 kHz mono from synthesised
WAV files, one process; times are of the processor, so that other work on the machine counts little.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from benchmarks.copies import RATE_HZ, SAMPLES, make_corpus
from benchmarks.table import machine
from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.evaluation.copies.nearest import find_nearest
from mixdream.recipes.load import load_recipe
from mixdream.recipes.windows import training_windows

CLIPS = 16
_BATCHES = 10


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What some work returns, and the seconds of processor time that it took."""
    began = time.process_time()
    made = work()
    return made, time.process_time() - began


def measure(hours: float, folder: Path) -> str:
    """A row of the table."""
    drawn = make_corpus(folder / "drawn", hours)
    (folder / "in").mkdir()
    for record in drawn.sets:
        soundfile.write(folder / "in" / f"{record.name}.wav", np.asarray(drawn.audio(record.name)), RATE_HZ)
    out = folder / "out"
    _, build_s = timed(lambda: build_corpus([folder / "in"], out, RATE_HZ, 1, jobs=1))
    corpus = Corpus.open(out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    recipe = load_recipe("thesis-3")
    windows, list_s = timed(lambda: training_windows(recipe, corpus))
    rng = np.random.default_rng(0)
    batches = [rng.integers(len(windows), size=recipe.training.batch) for _ in range(_BATCHES)]
    windows.read(batches[0])  # the first also imports
    _, read_s = timed(lambda: [windows.read(rows) for rows in batches])
    starts = rng.integers(min(record.samples for record in corpus.sets) - SAMPLES, size=CLIPS)
    names = [corpus.sets[i % len(corpus.sets)].name for i in range(CLIPS)]
    clips = np.stack(
        [corpus.audio(name)[i : i + SAMPLES, 0] / 32768 for name, i in zip(names, starts, strict=True)]
    )
    found, search_s = timed(lambda: find_nearest(clips, RATE_HZ, corpus))
    right = sum(near is not None and near.set_name == name for near, name in zip(found, names, strict=True))
    return (
        f"| {hours:g} | {size / 1e6:.0f} MB | {build_s:.1f} s | {1000 * list_s:.1f} ms | "
        f"{1000 * read_s / _BATCHES:.1f} ms | {search_s / CLIPS:.3f} s ({right} of {CLIPS} found) |"
    )


def main() -> None:
    """Print a row for each number of hours."""
    print("| hours | disk | build | list 100 000 windows | read a batch of 100 | search, a clip |")
    print("|---|---|---|---|---|---|")
    for hours in [float(word) for word in sys.argv[1:]] or [1.0, 4.0]:
        with TemporaryDirectory() as folder:
            print(measure(hours, Path(folder)), flush=True)
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
