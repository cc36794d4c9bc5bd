"""Rows of the table that ``make bench`` prints: ours, a baseline measured in turns with it, their ratio."""

import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True)
class Row:
    """A speed claim; the ratio says how many times as fast ours is, None where there is nothing beside it."""

    what: str
    ours: str
    baseline: str = ""
    ratio: float | None = None


def machine() -> str:
    """Processor, cores, how busy they are (1 is one process on average), versions, date."""
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123 - no file of ours
            name = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = f"Python {platform.python_version()}, torch {version('torch')}"
    return f"{name}, {os.cpu_count()} cores{load}; {versions}; {time.strftime('%Y-%m-%d')}"


def print_table(rows: Iterable[Row], began: str = "") -> None:
    """Print rows as a Markdown table, with the machine as it was before and as it is now."""
    print("| what | ours | baseline | ratio |\n|---|---|---|---|")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}x"
        print(f"| {row.what} | {row.ours} | {row.baseline} | {ratio} |", flush=True)
    print(f"\n{began or machine()}" + (f"; at the end: {machine()}" if began else ""))
