"""What every command prints with: JSON on stdout, progress on stderr, durations for people."""

import io
import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mixdream.files import is_full
from mixdream.progress import Report

if TYPE_CHECKING:
    from rich.table import Table

JSON_OPTION = typer.Option(False, "--json", help="One machine-readable object on stdout.")


def is_main_process() -> bool:
    """Whether this process speaks for all that a launcher (``accelerate launch``, torchrun) started."""
    return os.environ.get("RANK", "0") == "0"


def is_first_of_machine() -> bool:
    """Whether this process speaks for those on its machine, whose folders may be others than elsewhere."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def print_any_name() -> None:
    """Let stdout and stderr print what their encoding does not have as escapes, such as names of files."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def quoted(path: Path) -> str:
    """Path as a shell takes it, in commands that are suggested."""
    return shlex.quote(str(path))


def explain(error: OSError, then: str = "run the same command again") -> str:
    """Say what the operating system refused, and of a full disk what to do ``then``, when there is room."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    if is_full(error):
        lost = f", '{name}' was not written" if name else ""
        return f"the disk is full{lost}: free some space, then {then}"
    reason = error.strerror or " ".join(map(str, error.args))
    return f"'{name}': {reason}" if name else reason


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object, and nothing else, to stdout."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    text = json.dumps(value, indent=2, ensure_ascii=not unicode, allow_nan=False)
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
