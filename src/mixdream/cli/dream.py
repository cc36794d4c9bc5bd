"""``mixdream dream``: the main job, from sets to loops on a page; ``mixdream demo``: on built-in sets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixdream.cli.corpus import print_missing
from mixdream.cli.output import JSON_OPTION, print_json, progress, quoted
from mixdream.errors import Interrupted
from mixdream.progress import clock

if TYPE_CHECKING:
    from mixdream.corpus.build import BuildResult
    from mixdream.project import Project

Folder = Annotated[Path, typer.Option("-o", "--output", metavar="PROJECT", help="Folder for everything.")]
Minutes = Annotated[
    float, typer.Option("--minutes", metavar="M", min=0.0, help="Minutes of training, over all calls.")
]


def dream(
    folder: Folder,
    sets: Annotated[
        list[str] | None,  # not paths: an empty one would be this folder
        typer.Argument(
            metavar="SETS...", help="Audio or video files, or folders; none: those that it knows."
        ),
    ] = None,
    minutes: Minutes = 60.0,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream dream my-sets -o my-project --minutes 60

    Learn from sets and dream up loops: a corpus, a training whose doctor may end it sooner, the best 16 loops
    that differ, a page with players. Stop it whenever you like: the same command goes on.
    """
    from mixdream.project import Project

    _make(Project(folder), sets or [], minutes, f"mixdream dream -o {quoted(folder)}", as_json)


def demo(
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="PROJECT", help="Folder for everything.")
    ] = Path("mixdream-demo"),
    minutes: Minutes = 3.0,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream demo --minutes 10

    What 'mixdream dream' does, in minutes, on built-in sets that are synthesised first.
    """
    from mixdream.demo.sets import SETS, write_sets
    from mixdream.project import Project

    project = Project(folder)
    if not all((project.sets / f"{name}.json").exists() for name in SETS):
        with progress("Making sets") as report:
            write_sets(project.sets, report=report)
    _make(project, [], minutes, f"mixdream demo -o {quoted(folder)}", as_json)


def _make(project: "Project", sets: Sequence[str], minutes: float, again: str, as_json: bool) -> None:
    """Do whatever of the main job is not done yet."""
    try:
        with progress("Reading sets") as report:
            built = project.build(sets, report)
        _print_plan(project, built, minutes)
        with progress("Training") as report:
            run = project.train(built.corpus, minutes, report)
        with progress("Making loops") as report:
            loops = project.make_loops(run, built.corpus, report=report)
        with progress("Writing the page"):
            project.write_page(run, built.corpus, loops)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(
            "stopped, nothing is lost; fewer minutes make loops of what was learnt so far; to go on: "
            f"{again} --minutes {minutes:g}"
        ) from None
    info = run.info()
    if error := info.get("on_checkup_error"):
        typer.echo(f"loops of a check-up could not be rendered: {error}", err=True)
    if as_json:
        print_json(
            {
                "project": str(project.folder),
                "page": str(project.page),
                "corpus": str(project.corpus),
                "run": str(run.folder),
                "training": info,
                "loops": loops,
            }
        )
        return
    typer.echo(
        f"run     {run.folder} ({info['steps']} steps in {clock(info['seconds'])})\n"
        f"doctor  {info['doctor']['sentence']}\n"
        f"loops   {project.loops} ({len(loops)})\n"
        f"page    {project.page.resolve().as_uri()}\n"
        f"next    mixdream pack {quoted(run.folder)} -n 16 -o more-loops"
    )


def _print_plan(project: "Project", built: "BuildResult", minutes: float) -> None:
    """Say what is going to happen and when it ends, on stderr: stdout is for what is made."""
    corpus = built.corpus
    for left_out in built.rejected:
        typer.echo(f"left out: {left_out.source}: {left_out.reason}", err=True)
    print_missing(built)
    left_s = project.seconds_left(corpus, minutes)
    if left_s == 0:
        training = "is done; more --minutes go on where the doctor has not ended it"
    else:
        with progress("Measuring") as report:
            plan = project.plan(corpus, report)
        left_s = plan.seconds_left(left_s / 60)
        end = datetime.now() + timedelta(seconds=left_s)
        training = (
            f"{clock(left_s)} at most, until {end:%H:%M}: about {left_s / plan.seconds_per_step:,.0f} steps, "
            f"{plan.windows:,} windows; the doctor may end it sooner"
        )
    typer.echo(
        f"sets      {len(corpus.sets)}, {clock(corpus.seconds)} in all\n"
        f"training  {training}\n"
        f"loops     the best 16 of 48, once it has ended\n"
        f"page      {project.page}",
        err=True,
    )
