"""Shoot-out: recipes trained on one corpus for the same wall clock, then evaluated, in one table.

Run ``python -m benchmarks.shootout CORPUS OUT [RECIPE[+key=value...]]... [--minutes 15] [--seeds 3]`` on an
idle machine; a row that is there already (``OUT/<row>/report/report.json``) is not made again, so a
stopped one goes on. Each recipe is measured against the windows that it learns from, beside what real windows
reach through its grid and inversion (the ceiling).
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROWS = (
    "thesis-3",
    "thesis-3+training.optimizer=adam",
    "specgan",
    "wavegan",
    "cpu-8k",
    "cpu",
    "flow-8k",
    "thesis-ddpm",
)
HEADER = (
    "| row | steps | KD | ceiling | texture | ceiling | random net | ceiling | told apart | ceiling | "
    "coverage | train | missing | NDB / K | Vendi | copies | pulse / real | ms per clip | verdict |"
)


def main() -> None:
    """Train, evaluate and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("rows", nargs="*", default=ROWS)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--clips", type=int, default=500)
    chosen = parser.parse_args()
    lines = [HEADER, "|" + "---|" * (HEADER.count("|") - 1)]
    for row in chosen.rows:
        for seed in range(chosen.seeds):
            folder = chosen.out / f"{row.replace('=', '-')}_{seed}"
            if not (folder / "report" / "report.json").exists():
                _make(row, seed, chosen.corpus, folder, chosen.minutes, chosen.clips)
            lines.append(_line(f"{row}, seed {seed}", folder))
            (chosen.out / "table.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


def _make(row: str, seed: int, corpus: Path, folder: Path, minutes: float, clips: int) -> None:
    """Train and evaluate one row; its sampling is timed on 32 clips, inversion included."""
    recipe, *changes = row.split("+")
    run, report = folder / "run", folder / "report"
    going_on = ["--resume"] if (run / "recipe.toml").exists() else ["--seed", seed]
    spent_s = json.loads((run / "run.json").read_text("utf-8"))["seconds"] if len(going_on) == 1 else 0.0
    settings = [part for change in changes for part in ("--set", change)]
    if spent_s < 60 * minutes:
        _mixdream(
            "train", recipe, corpus, "-o", run, *settings, *going_on, "--minutes", minutes - spent_s / 60
        )
    began = time.perf_counter()
    _mixdream("generate", run, "-n", 8, "-o", folder / "clips")
    middle = time.perf_counter()
    _mixdream("generate", run, "-n", 40, "-o", folder / "clips")
    per_clip_s = (time.perf_counter() - middle - (middle - began)) / 32  # what starting takes cancels out
    (folder / "speed.json").write_text(json.dumps({"s_per_clip": per_clip_s}), "utf-8")
    _mixdream("evaluate", run, corpus, "-n", clips, "-o", report)


def _mixdream(*arguments: Any) -> None:
    subprocess.run([sys.executable, "-m", "mixdream", *map(str, arguments)], check=True)


def _line(name: str, folder: Path) -> str:
    report = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    row, run = report["rows"][0], json.loads((folder / "run" / "run.json").read_text("utf-8"))
    figures = row["embeddings"]["kinds"]["figures"]
    distances = [
        f"{side['embeddings'][name]['figures']['kernel_distance']['value']:.1f}"
        for name in ("handcrafted", "texture", "random net")
        for side in (row, row["ceiling"])
    ]
    told = [f"{side['told_apart']['value']:.2f}" for side in (row, row["ceiling"])]
    train = report["floors"]["train"]["embeddings"]["kinds"]["figures"]
    pulse = row["pulse"]["pulse_db"]
    values = [
        name,
        run["steps"],
        *distances,
        *told,
        f"{figures['coverage']['value']:.2f}",
        f"{train['coverage']['value']:.2f}",
        f"{figures['missing']['value']:.2f}",
        f"{figures['ndb']['value']:.2f}",
        f"{figures['vendi_ratio']['value']:.2f}",
        f"{row['copies']['copies']} of {row['copies']['checked']}",
        f"{pulse['median'] / pulse['real_median']:.2f}",
        f"{1000 * json.loads((folder / 'speed.json').read_text('utf-8'))['s_per_clip']:.0f}",
        row["verdict"]["collapse"],
    ]
    return "| " + " | ".join(map(str, values)) + " |"


if __name__ == "__main__":
    main()
