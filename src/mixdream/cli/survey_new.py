"""``mixdream survey new`` and ``plan``: a listening test from folders of clips, and how many listeners."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress, quoted
from mixdream.errors import InputError

if TYPE_CHECKING:
    from mixdream.survey.planning.planner import Need

_HALF_WIDTH = 0.1
_RATING_HALF_WIDTH = 0.3


def new(
    folder: Path = typer.Option(
        ..., "-o", "--output", metavar="FOLDER", help="New folder.", show_default=False
    ),
    real: Path = typer.Option(..., metavar="FOLDER", help="Folder of real clips.", show_default=False),
    generated: list[Path] = typer.Option(
        [],
        metavar="FOLDER",
        help="Folder of generated clips of any tool; its name names the condition. May be repeated.",
        show_default=False,
    ),
    thesis: bool = typer.Option(
        False, "--thesis", help="Three questions: which of two clips, if any, sound AI-generated?"
    ),
    preference: bool = typer.Option(False, "--preference", help="Pairs of clips: which is preferred?"),
    mos: bool = typer.Option(False, "--mos", help="Ratings of sound from 1 to 5, with an anchor."),
    mushra: bool = typer.Option(
        False,
        "--mushra",
        help="Versions of one file together on a page, rated from 0 to 100 against the real one (BS.1534-3).",
    ),
    abx: bool = typer.Option(
        False,
        "--abx",
        help="Is X A or B? Real against generated files of one name, or real against inverted ones.",
    ),
    through: str | None = typer.Option(
        None,
        metavar="GRID",
        help="Grid that real clips go through, so that quality is uniform; 'none' leaves them as they are "
        "(default: thesis for --thesis, studio-8k for the others).",
        show_default=False,
    ),
    title: str | None = typer.Option(None, help="Title that listeners see.", show_default=False),
    contact: str | None = typer.Option(
        None,
        metavar="TEXT",
        help="Who asks, and how to reach them; stands in the consent.",
        show_default=False,
    ),
    languages: list[str] = typer.Option(
        ["en"], "--language", metavar="CODE", help="Language of the texts: en, de. May be repeated."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream survey new --thesis --real real --generated my-clips -o my-test

    Make a listening test from folders of clips: a design to edit, and clips at one loudness.

    Sound files of at most 60 s, in any format; those of all folders should have one length.
    """
    chosen = [
        name
        for name, wanted in (
            ("thesis", thesis),
            ("preference", preference),
            ("mos", mos),
            ("mushra", mushra),
            ("abx", abx),
        )
        if wanted
    ]
    if len(chosen) != 1:
        raise InputError("say which test: one of --thesis, --preference, --mos, --mushra and --abx")
    with progress("Rendering") as report:
        from mixdream.survey.planning.create import create_test
        from mixdream.survey.planning.planner import plan_listeners

        made = create_test(
            chosen[0], folder, real, generated, through, languages, title, contact, report=report
        )
    needs = plan_listeners(made.design, made.clips, _HALF_WIDTH, _RATING_HALF_WIDTH)
    counts = Counter(clip.condition for clip in made.clips)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "hash": made.design.hash,
                "clips": counts,
                "needs": [asdict(need) for need in needs],
                "notes": made.notes,
            }
        )
        return
    shown = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    typer.echo(f"{folder}: {len(made.clips)} clips at {made.design.loudness_lufs:g} LUFS ({shown})")
    for note in made.notes:
        typer.echo(f"note: {note}")
    _print_needs(needs)
    typer.echo(f"next: edit {folder / 'survey.yaml'}, then mixdream survey serve {quoted(folder)}")


def plan(
    folder: Path = typer.Argument(metavar="FOLDER", help="Made by 'mixdream survey new'."),
    half_width: float = typer.Option(
        _HALF_WIDTH, help="Of the 95 % interval of shares, 0 to 0.5: 0.1 is ± 10 %."
    ),
    rating_half_width: float = typer.Option(
        _RATING_HALF_WIDTH,
        help="Of the 95 % interval of mean ratings, in steps of a scale from 1 to 5; of others as much of "
        "their range.",
    ),
    share: float = typer.Option(0.5, help="Expected share, 0 to 1; 0.5 needs most listeners."),
    correlation: float = typer.Option(
        0.1, help="Between answers of one listener to the same question, 0 to 1."
    ),
    between_sd: float = typer.Option(
        0.6, help="Standard deviation of listeners' own mean ratings, in steps of the scale."
    ),
    within_sd: float = typer.Option(
        0.9, help="Standard deviation of one listener's ratings of one condition, in steps."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream survey plan my-test --half-width 0.1

    Say how many listeners a test needs, so that its intervals are as narrow as wanted.
    """
    from mixdream.survey.design.read_design import read_design
    from mixdream.survey.planning.planner import Assumptions, plan_listeners
    from mixdream.survey.rendering.check_clips import check_clips
    from mixdream.survey.rendering.clips import read_clips

    design = read_design(folder)
    clips = read_clips(folder if folder.is_dir() else folder.parent)
    check_clips(design, clips)
    assumed = Assumptions(share, correlation, between_sd, within_sd)
    needs = plan_listeners(design, clips, half_width, rating_half_width, assumed)
    if as_json:
        print_json({"assumed": asdict(assumed), "needs": [asdict(need) for need in needs]})
        return
    _print_needs(needs)


def _print_needs(needs: list["Need"]) -> None:
    """Listeners of each block, and how often its clips are heard."""
    for need in needs:
        low, high = (f"{times:.0f}" for times in (min(need.heard.values()), max(need.heard.values())))
        times = low if low == high else f"{low} to {high}"
        typer.echo(
            f"block {need.block}: {need.listeners} listeners for ± {need.half_width:g} (95 %) of "
            f"{need.what}, who hear each clip {times} times"
        )
