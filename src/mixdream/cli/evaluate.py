"""``mixdream evaluate``: how close, how varied, not copied - as a page, as JSON and in a sentence."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, new_table, print_json, print_table, progress
from mixdream.errors import InputError
from mixdream.progress import Report, part

if TYPE_CHECKING:
    from mixdream.corpus.store import Corpus
    from mixdream.evaluation.collection import Collection
    from mixdream.evaluation.reference import Reference
    from mixdream.evaluation.report_page import Table
    from mixdream.runs.run import Run

_SHOWN = ("coverage", "missing", "ndb", "js", "kernel_distance", "precision", "vendi_ratio")
_SAME_LENGTH = 0.1  # clips may differ by that share of their length and still be compared


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
        from mixdream.evaluation.copies.verdict import speeds_at
        from mixdream.evaluation.report import make_report
        from mixdream.evaluation.report_page import table_of, write_report
        from mixdream.runs.run import Run, is_run

        corpus = Corpus.open(paths[-1])
        runs = {path: Run.open(path) for path in paths[:-1] if is_run(path)}
        collections, reference = _gather(paths[:-1], runs, corpus, number, seed, report)
        tempos = {run.recipe.tempo_bpm for run in runs.values()} - {None}
        content = make_report(
            corpus,
            reference,
            collections,
            seed=seed,
            speeds=speeds_at(corpus, tempos.pop() or 0) if tempos else None,
            clap=clap,
            report=part(report, 0.5, 0.5),
        )
        page, plain = write_report(folder, content)
    if as_json:
        print_json(plain | {"page": str(page)})
        return
    for row in content.rows:
        _print_table(row.name, table_of(content, row))
        typer.echo(row.verdict.sentence)
        if row.copies:
            typer.echo(row.copies.sentence)
        for note in row.notes:
            typer.echo(f"note: {note}")
        typer.echo()
    typer.echo(f"Open it: {page.resolve().as_uri()}")


def _gather(
    paths: list[Path], runs: dict[Path, "Run"], corpus: "Corpus", number: int, seed: int, report: Report
) -> tuple[list["Collection"], "Reference"]:
    """Sample runs and read folders; the reference is that of the run with the longest windows, if any."""
    from dataclasses import replace

    from mixdream.evaluation.collection import read_folder, sample_run
    from mixdream.evaluation.reference import reference_for_length, reference_for_recipe

    reference: Reference | None = None
    if runs:
        _check_alike(list(runs.values()))
        longest = max(runs.values(), key=lambda run: run.recipe.grid.seconds)
        reference = reference_for_recipe(longest.recipe, corpus)
    rate_hz = reference.rate_hz if reference else corpus.rate_hz
    seconds = min((run.recipe.grid.clip_samples / rate_hz for run in runs.values()), default=None)
    collections: list[Collection] = []
    for i, path in enumerate(paths):
        report_path = part(report, 0.5 * i / len(paths), 0.5 / len(paths))
        if path in runs:
            collection = sample_run(runs[path], number, seed, report_path)
            if runs[path].info().get("corpus", {}).get("hash") != corpus.hash:
                note = "This run was trained on another corpus than this one."
                collection = replace(collection, notes=(*collection.notes, note))
        else:
            collection = read_folder(path, rate_hz, number, seed, seconds, report_path)
            seconds = collection.audio.shape[1] / rate_hz
        if collection.name in [other.name for other in collections]:
            collection = replace(collection, name=f"{collection.name} ({i + 1})")
        collections.append(collection)
    if reference is None:
        reference = reference_for_length(collections[0].audio.shape[1] / rate_hz, corpus)
    return collections, reference


def _check_alike(runs: list["Run"]) -> None:
    """Raise InputError where runs have no common reference."""
    first = runs[0].recipe
    for run in runs[1:]:
        other = run.recipe
        same = (other.grid.rate_hz, other.windows.beats) == (first.grid.rate_hz, first.windows.beats)
        if not same or abs(other.grid.seconds / first.grid.seconds - 1) > _SAME_LENGTH:
            raise InputError(
                f"{run.folder} and {runs[0].folder} cannot be compared: recipes {other.name} and "
                f"{first.name} learn from windows of other rates, lengths or beats; evaluate each by itself"
            )


def _print_table(name: str, table: "Table") -> None:
    from mixdream.evaluation.report_page import ARROWS, figure

    shown = new_table(name)
    shown.add_column("", no_wrap=True)
    for i, (column, n) in enumerate(table.columns.items()):
        shown.add_column(f"{column}\nn = {n}", justify="right")
        if i == 0:
            shown.add_column("95 %\ninterval", no_wrap=True)
    for key, metric, estimates in table.lines:
        if key in _SHOWN:
            own = estimates[0]
            interval = f"{figure(own.low)} to {figure(own.high)}" if own else ""
            values = [figure(estimate.value if estimate else None) for estimate in estimates]
            shown.add_row(f"{metric.name} {ARROWS[metric.better]}", values[0], interval, *values[1:])
    print_table(shown)
