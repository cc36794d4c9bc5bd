"""Sampling and inverting with the model that comes with mixdream, as a ratio to real time, on all cores."""

import time

from mixdream.evaluation.collection import sample_run
from mixdream.runs.run import Run

CLIPS = 200


def main() -> None:
    """Print clips per second and times real time, at the model's own rate and tempo."""
    run = Run.pretrained()
    sample_run(run, 4, 0)  # compiles
    began = time.perf_counter()
    made = sample_run(run, CLIPS, 0)
    spent_s = time.perf_counter() - began
    heard_s = made.audio.size / made.rate_hz
    print(
        f"sampling and {run.recipe.inversion}, {made.rate_hz} Hz: {CLIPS / spent_s:.1f} clips per second, "
        f"{heard_s / spent_s:.0f} times real time"
    )


if __name__ == "__main__":
    main()
