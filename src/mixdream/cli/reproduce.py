"""``mixdream reproduce``: the thesis's experiments at any scale, and a report in its order."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress, quoted
from mixdream.errors import InputError, Interrupted
from mixdream.progress import clock

if TYPE_CHECKING:
    from mixdream.corpus.store import Corpus
    from mixdream.reproduce.reproduction import Reproduction
    from mixdream.reproduce.schedule import Schedule


def reproduce(
    folder: Path = typer.Option(..., "-o", "--output", metavar="DIR", help="Folder for everything."),
    sources: list[str] | None = typer.Argument(  # not paths: an empty one would be this folder
        None,
        metavar="SETS...|CORPUS",
        help="Sets, or a corpus; none: the built-in sets.",
        show_default=False,
    ),
    scale: float | None = typer.Option(
        None, min=0.0, max=1.0, help="Share of the thesis's training; 1 is all of it."
    ),
    minutes: float | None = typer.Option(
        None,
        min=0.0,
        help="Instead of a scale: as much as so many minutes of training in all allow (default: 6).",
        show_default=False,
    ),
    only: str | None = typer.Option(
        None,
        metavar="NAME",
        help="Train this model alone: thesis-1 to thesis-4, thesis-4-uniform, thesis-ddpm, cpu-8k, wavegan.",
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream reproduce my-sets -o thesis --minutes 120

    Run the thesis's experiments at any scale; one report in its order.

    Stop it whenever you like: the same command goes on.
    """
    from mixdream.reproduce.experiments import BESIDE, NAMES

    if scale is not None and minutes is not None:
        raise InputError("give --scale or --minutes, not both: minutes choose the scale")
    if only is not None and only not in NAMES:
        raise InputError(f"--only is '{only}': there are {', '.join(NAMES)}")
    with progress("Reading sets") as report:
        from mixdream.reproduce.page import write_page
        from mixdream.reproduce.reproduction import Reproduction

        reproduction = Reproduction(folder)
        corpus = reproduction.open_corpus(sources or [], report)
    names = [only] if only and only not in BESIDE else list(NAMES)
    try:
        with progress("Measuring") as report:
            schedule = reproduction.schedule(corpus, names, scale, minutes, report)
        chosen = [only] if only else list(NAMES)
        _print_plan(reproduction, schedule, corpus, chosen)
        for name in chosen:
            with progress(f"Training {name}") as report:
                reproduction.train(name, schedule, corpus, report)
        with progress("Drawing") as report:
            reproduction.draw(corpus, report)
        with progress("Comparing with the music") as report:
            reproduction.evaluate(corpus, report)
        with progress("Writing the page"):
            reproduction.make_listening_test()
            page = write_page(reproduction, schedule, corpus)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(
            f"stopped, nothing is lost; to go on: mixdream reproduce -o {quoted(folder)}"
        ) from None
    if as_json:
        print_json({"folder": str(folder), "page": str(page), "report": str(folder / "report.json")})
        return
    typer.echo(
        f"page  {page.resolve().as_uri()}\ntest  mixdream survey serve {quoted(folder / 'listening-test')}"
    )


def _print_plan(
    reproduction: "Reproduction", schedule: "Schedule", corpus: "Corpus", names: list[str]
) -> None:
    """Say what is going to be trained and until when, on stderr: stdout is for what is made."""
    from mixdream.reproduce.findings import in_words

    seconds = schedule.seconds(corpus)
    left_s = 0.0
    for name in names:
        done = reproduction.is_trained(name)
        left_s += 0.0 if done else seconds[name]
        state = "done" if done else clock(seconds[name])
        typer.echo(f"{name:17s} {state:>8s}  {in_words(schedule, name, corpus)}", err=True)
    end = datetime.now() + timedelta(seconds=left_s)
    typer.echo(
        f"training  {clock(left_s)}, until {end:%H:%M}; figures, sound and measures after that", err=True
    )
