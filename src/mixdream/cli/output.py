"""What every command prints with: JSON on stdout, progress on stderr, durations for people."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from mixdream.progress import Report

JSON_OPTION = typer.Option(False, "--json", help="Print one machine-readable object on stdout.")


def is_main_process() -> bool:
    """Whether this process speaks for all that a launcher (``accelerate launch``, torchrun) started."""
    return os.environ.get("RANK", "0") == "0"


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object, and nothing else, to stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # Stray bytes of file names become JSON escapes.
    typer.echo(text.encode("utf-8", "backslashreplace").decode())


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Progress bar with the time left on stderr; silent where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
        console=console,
        disable=not (console.is_terminal and is_main_process()),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=1.0, note="")

        def report(done: float, note: str = "") -> None:
            bar.update(task, completed=done, note=note)

        yield report
