"""``mixdream evaluate``: how close, how varied, not copied - as a page, as JSON and in a sentence."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, new_table, print_json, print_table, progress
from mixdream.errors import InputError
from mixdream.progress import part

if TYPE_CHECKING:
    from mixdream.evaluation.report_page import Table

_SHOWN = ("missing", "ndb", "js", "vendi_ratio")  # after the headline


def evaluate(
    paths: list[Path] = typer.Argument(
        metavar="RUN|FOLDER... CORPUS",
        help="Runs or folders of audio files of any tool; last, the corpus to compare them with.",
    ),
    folder: Path = typer.Option(
        Path("report"), "-o", "--output", metavar="REPORT", help="Folder for index.html and report.json."
    ),
    number: int = typer.Option(
        500, "-n", "--clips", min=20, max=10_000, help="Clips of each run, files of each folder at most."
    ),
    seed: int = typer.Option(0, min=0, max=2**31 - 1, help="Seed of the first clip, and of the intervals."),
    clap: Path | None = typer.Option(
        None,
        metavar="FOLDER",
        help="Checkpoint of a CLAP model in safetensors, as a further embedding.",
        show_default=False,
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream evaluate my-run my-corpus -o my-report

    Measure how close to your music clips are, how varied, and whether they are copied; write a report.
    """
    if len(paths) < 2:
        raise InputError("give what to evaluate (runs or folders of audio) and, last, the corpus")
    with progress("Evaluating") as report:
        from mixdream.corpus.store import Corpus
        from mixdream.evaluation.gather import gather_collections
        from mixdream.evaluation.report import make_report
        from mixdream.evaluation.report_page import table_of, write_report

        corpus = Corpus.open(paths[-1])
        collections, reference = gather_collections(paths[:-1], corpus, number, seed, part(report, 0, 0.5))
        content = make_report(
            corpus, reference, collections, seed=seed, clap=clap, report=part(report, 0.5, 0.5)
        )
        page, plain = write_report(folder, content)
    if as_json:
        print_json(plain | {"page": str(page)})
        return
    for row in content.rows:
        _print_table(row.name, table_of(content, row))
        for finding in row.measures.texture if row.measures else ():
            if finding.sentence:
                typer.echo(f"- {finding.sentence}")
        typer.echo(row.verdict.sentence)
        if row.copies:
            typer.echo(row.copies.sentence)
        for note in row.notes:
            typer.echo(f"note: {note}")
        typer.echo()
    typer.echo(f"Open it: {page.resolve().as_uri()}")


def _print_table(title: str, table: "Table") -> None:
    from mixdream.evaluation.report_page import ARROWS, figure

    shown = new_table(title)
    shown.add_column("", no_wrap=True)
    for i, (column, n) in enumerate(table.columns.items()):
        shown.add_column(f"{column}\nn = {n}", justify="right")
        if i == 0:
            shown.add_column("95 %\ninterval", no_wrap=True)
    lines = [(name, estimates) for name, _, estimates in table.headline]
    lines += [
        (f"{metric.name} {ARROWS[metric.better]}", estimates)
        for key, metric, estimates in table.lines
        if key in _SHOWN
    ]
    for name, estimates in lines:
        own = estimates[0]
        interval = f"{figure(own.low)} to {figure(own.high)}" if own else ""
        values = [figure(estimate.value if estimate else None) for estimate in estimates]
        shown.add_row(name, values[0], interval, *values[1:])
    print_table(shown)
