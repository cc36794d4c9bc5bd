"""Sampling and inverting with the model that comes with mixdream, as a ratio to real time, on all cores."""

import time

from benchmarks.table import Row, print_table
from mixdream.evaluation.collection import sample_run
from mixdream.runs.run import Run

CLIPS = 200


def rows() -> list[Row]:
    """Clips per second, at the model's own rate and tempo, beside playing them."""
    run = Run.pretrained()
    sample_run(run, 4, 0)  # compiles
    began = time.perf_counter()
    made = sample_run(run, CLIPS, 0)
    spent_s = time.perf_counter() - began
    heard_s = CLIPS * made.audio.shape[1] / made.rate_hz
    what = f"sampling and {run.recipe.inversion}, {made.rate_hz} Hz"
    ours = f"{CLIPS / spent_s:.1f} clips/s of {heard_s / CLIPS:.1f} s"
    return [Row(what, ours, "real time", heard_s / spent_s)]


if __name__ == "__main__":
    print_table(rows())
