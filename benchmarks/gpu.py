"""A GPU, or what else there is, from sets to a report in so many minutes of training.

Run ``python -m benchmarks.gpu --minutes M -o FOLDER``: renders the built-in sets, trains `thesis-1` and
`thesis-3` for a fifth of the minutes each and the default `cpu` for the rest, evaluates it. FOLDER then holds
the runs with their figures, ``report/``, ``weights/`` (small, for `mixdream generate`), ``table.md`` and
``table.json``. Images per second are those of the training's own loop; beside them those of the two things
that it does at once, each alone: steps on one batch, and reading and transforming windows (those of beats are
kept on the disk after the first epoch).
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.demo.sets import write_sets
from mixdream.evaluation.gather import gather_collections
from mixdream.evaluation.report import make_report
from mixdream.evaluation.report_page import write_report
from mixdream.files import write_atomically, write_json
from mixdream.recipes.load import load_recipe
from mixdream.runs.run import METRICS_NAME, Run
from mixdream.runs.share import share_run
from mixdream.training.device import new_accelerator
from mixdream.training.prepare import prepare
from mixdream.training.train import train

THESIS = ("thesis-1", "thesis-3")
DEFAULT = "cpu"
_SHARE = 0.2  # of the minutes, for each recipe of the thesis
_ALONE_S = 3.0


@dataclass(frozen=True)
class Speed:
    """Of a recipe on this machine; the loop is None where not even two steps were taken."""

    recipe: str
    batch: int
    precision: str
    steps: int
    loop_images_s: float | None
    steps_images_s: float
    windows_images_s: float
    epochs: int
    hours: float  # that these epochs take


def device_name() -> str:
    """The GPU, or that there is none."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"no GPU ({platform.processor() or platform.machine()}, {torch.get_num_threads()} threads)"


def repeated_s(work: Callable[[int], object]) -> float:
    """Seconds that some work takes each time, after the first time."""
    device = new_accelerator().device
    work(0)
    began, done = time.perf_counter(), 0
    while not done or time.perf_counter() - began < _ALONE_S:
        done += 1
        work(done)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / done


def measure(run: Run, corpus: Corpus) -> Speed:
    """Speed of a run's recipe: read off the run, and its parts measured anew."""
    recipe = run.recipe
    prepared = prepare(recipe, corpus, 0, new_accelerator(), run)
    batches, trainer, batch = prepared.batches, prepared.trainer, recipe.training.batch
    rows = batches.rows(0)
    images = batches.images(rows)
    told = batches.encode(rows, images, prepared.conditions, 0, trainer.untold)
    step_s = repeated_s(lambda step: trainer.step(images, step, told))
    windows_s = repeated_s(lambda step: batches.images(batches.rows(step)))
    lines = (run.folder / METRICS_NAME).read_text("utf-8").splitlines()
    seconds = np.array([json.loads(line)["seconds"] for line in lines])
    loop_s = float(np.median(np.diff(seconds))) if len(seconds) > 1 else None
    return Speed(
        recipe=recipe.name,
        batch=batch,
        precision=recipe.training.precision,
        steps=len(seconds),
        loop_images_s=batch / loop_s if loop_s else None,
        steps_images_s=batch / step_s,
        windows_images_s=batch / windows_s,
        epochs=recipe.training.epochs,
        hours=recipe.training.epochs * batches.steps_per_epoch * (loop_s or max(step_s, windows_s)) / 3600,
    )


def table_of(speeds: list[Speed], verdict: str) -> str:
    """The table, as Markdown."""
    rows = [
        f"| {speed.recipe} | {speed.batch} | {speed.precision} | {speed.steps} | "
        + " | ".join(
            "-" if value is None else f"{value:.1f}"
            for value in (speed.loop_images_s, speed.steps_images_s, speed.windows_images_s)
        )
        + f" | {speed.epochs} epochs: {speed.hours:.2f} h |"
        for speed in speeds
    ]
    head = "| recipe | batch | precision | steps taken | images/s | steps alone | windows alone | in full |"
    rule = "|---|---|---|---|---|---|---|---|"
    what = f"{device_name()}, torch {torch.__version__}, {time.strftime('%Y-%m-%d')}"
    return "\n".join([what, "", head, rule, *rows, "", verdict]) + "\n"


def main() -> None:
    """Do it all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True, help="of training, all three together")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="new folder")
    parser.add_argument("--clips", type=int, default=500, help="that are evaluated")
    asked = parser.parse_args()
    folder: Path = asked.output
    print(f"on {device_name()}: renders the built-in sets", flush=True)
    corpus = build_corpus(write_sets(folder / "sets"), folder / "corpus").corpus
    speeds = []
    for name in (*THESIS, DEFAULT):
        share = _SHARE if name in THESIS else 1 - _SHARE * len(THESIS)
        print(f"trains {name} for {share * asked.minutes:.2f} minutes", flush=True)
        train(load_recipe(name), corpus, folder / "runs" / name, minutes=share * asked.minutes)
        speeds.append(measure(Run.open(folder / "runs" / name), corpus))
    run = Run.open(folder / "runs" / DEFAULT)
    share_run(run, folder / "weights")
    print("evaluates", flush=True)
    collections, reference = gather_collections([run.folder], corpus, asked.clips, 0)
    content = make_report(corpus, reference, collections)
    write_report(folder / "report", content)
    table = table_of(speeds, content.rows[0].verdict.sentence)
    write_atomically(folder / "table.md", table)
    write_json(folder / "table.json", {"device": device_name(), "speeds": [asdict(s) for s in speeds]})
    print(table)


if __name__ == "__main__":
    main()
