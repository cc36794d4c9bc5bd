"""What every command prints with: JSON on stdout, progress on stderr, durations for people."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mixdream.progress import Report

if TYPE_CHECKING:
    from rich.table import Table

JSON_OPTION = typer.Option(False, "--json", help="Print one machine-readable object on stdout.")


def is_main_process() -> bool:
    """Whether this process speaks for all that a launcher (``accelerate launch``, torchrun) started."""
    return os.environ.get("RANK", "0") == "0"


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object, and nothing else, to stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    # Stray bytes of file names become JSON escapes.
    typer.echo(text.encode("utf-8", "backslashreplace").decode())


def new_table(title: str) -> "Table":
    """Return an empty table as all commands print theirs: a line under the headings, no frame."""
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def print_table(table: "Table") -> None:
    """Print a table on stdout as it is: names may hold what rich would take for markup."""
    from rich.console import Console

    Console(markup=False, highlight=False, emoji=False).print(table)


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
