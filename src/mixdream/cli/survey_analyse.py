"""``mixdream survey export`` and ``mixdream survey analyse``: what a test has gathered, what it has shown."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, new_table, print_json, print_table, progress
from mixdream.cli.survey_serve import DB_OPTION, open_answers
from mixdream.errors import InputError

if TYPE_CHECKING:
    from mixdream.survey.analysis.report import Report
    from mixdream.survey.analysis.tables import Table
    from mixdream.survey.exporting.read_rows import Gathered


def export(
    folder: Path = typer.Argument(metavar="TEST", help="Folder of the listening test."),
    db: str | None = DB_OPTION,
    output: Path = typer.Option(
        ..., "-o", "--output", metavar="EXPORT", help="New folder, or an older export.", show_default=False
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream survey export my-test -o my-export

    Write all answers as CSV and Parquet, one row each, with a data dictionary.
    """
    from mixdream.survey.exporting.export import export as write_export

    with progress("Exporting"), open_answers(folder, db) as store:
        sessions, designs = store.sessions(), store.designs()
        answers = write_export(store.answers(), sessions, designs, output)
    if as_json:
        print_json({"folder": str(output), "answers": answers, "sessions": len(sessions)})
        return
    typer.echo(f"{output}: {answers} answers of {len(sessions)} sessions; README.txt says what is what")


def analyse(
    source: Path | None = typer.Argument(
        None, metavar="[TEST|EXPORT]", help="Folder of the listening test, or of an export of it."
    ),
    db: str | None = DB_OPTION,
    counts: str | None = typer.Option(
        None,
        "--counts",
        metavar="FILE",
        help="YAML file of counts in place of answers; 'thesis' is the thesis's own.",
        show_default=False,
    ),
    exclude: Path | None = typer.Option(
        None,
        "--exclude",
        metavar="FILE",
        help="CSV with columns session, rule, date: whom to leave out beside the design's rules.",
        show_default=False,
    ),
    design: str | None = typer.Option(
        None,
        "--design",
        metavar="HASH",
        help="Version of the design, by the beginning of its hash; else the newest.",
        show_default=False,
    ),
    output: Path = typer.Option(
        Path("survey-report"), "-o", "--output", metavar="REPORT", help="Folder of the report."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream survey analyse my-test -o my-report

    Report what listeners could hear: a page, tables and charts, with intervals over listeners.
    """
    if (source is None) == (counts is None):
        raise InputError("give either the folder of a test or of an export, or --counts FILE")
    if counts is not None and (exclude or design or db):
        raise InputError("--counts has no single answers: --exclude, --design and --db do not go with it")
    with progress("Analysing") as report:
        from datetime import UTC, datetime

        from mixdream.survey.analysis.exclude import read_exclusions
        from mixdream.survey.analysis.report import report_answers, report_counts
        from mixdream.survey.analysis.report_page import write_report
        from mixdream.survey.analysis.scores import read_counts

        today = datetime.now(UTC).date()
        if source is None:
            made = report_counts(read_counts(str(counts)), today)
        else:
            own = read_exclusions(exclude) if exclude else []
            gathered = _gather(source, db)
            report(0.3, f"{len(gathered.rows)} answers")
            made = report_answers(gathered, own, today, design)
        report(0.7, "drawing")
        page, content = write_report(output, made)
    if as_json:
        print_json(content | {"page": str(page)})
        return
    _print(made)
    typer.echo(f"Open it: {page.resolve().as_uri()}")


def _gather(source: Path, db: str | None) -> "Gathered":
    from mixdream.survey.exporting.read_rows import Gathered, read_export

    if db is None and (source / "designs.json").exists():
        return read_export(source)
    with open_answers(source, db) as store:
        return Gathered(list(store.answers()), store.sessions(), store.designs(), str(source))


def _print(made: "Report") -> None:
    typer.echo(made.title)
    for block in made.blocks:
        typer.echo(f"{block.name}: {block.sentence}" if len(made.blocks) > 1 else block.sentence)
        if block.everyone and block.everyone != block.sentence:
            typer.echo(f"  with nobody left out: {block.everyone}")
        if block.kind == "counts":
            for section in block.sections:
                for table in section.tables:
                    repeats = table.title.startswith(section.title)
                    _print_table(table, table.title if repeats else f"{section.title}. {table.title}")
    if made.facts.get("left_out"):
        typer.echo(f"{made.facts['left_out']} of {made.facts['answered_something']} listeners left out")
    for note in made.notes:
        typer.echo(f"note: {note}")


def _print_table(table: "Table", title: str) -> None:
    from mixdream.survey.analysis.tables import kind_of

    shown = new_table(title)
    for key, heading in table.printed.items():
        shown.add_column(heading, justify="left" if kind_of(key) == "text" else "right")
    for cells in table.cells():
        shown.add_row(*cells.values())
    print_table(shown)
