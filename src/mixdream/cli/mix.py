"""``mixdream mix``: loops of a run as one continuous mix."""

from pathlib import Path
from typing import Any

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.progress import clock


def mix(
    run: Path = typer.Argument(help="Run folder written by 'mixdream train', of windows of whole bars."),
    path: Path = typer.Option(
        ...,
        "-o",
        "--output",
        metavar="FILE",
        help="File to write, .wav or .flac, 24 bits; a JSON of the same name says which loop plays when.",
        show_default=False,
    ),
    minutes: float = typer.Option(
        ..., "--minutes", min=0, max=1440, help="Length, to the nearest phrase.", show_default=False
    ),
    bpm: float | None = typer.Option(
        None, help="Tempo in BPM, 40 to 300 (default: the music's own).", show_default=False
    ),
    seed: int = typer.Option(0, min=0, max=2**53, help="Another seed, another mix; the same, the same mix."),
    rate_hz: int = typer.Option(44_100, "--rate", help="Sample rate of the file in Hz."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Join loops of a run on the beat into one continuous mix: intro, builds, drops, breaks, outro."""
    with progress("Mixing") as report:
        from mixdream.generation.mix import make_mix
        from mixdream.runs.run import Run

        made = make_mix(
            Run.open(run), path, minutes=minutes, seed=seed, bpm=bpm, rate_hz=rate_hz, report=report
        )
    if as_json:
        print_json(made)
        return
    for section in made["sections"]:
        loops = "  ".join(_word(phrase) for phrase in section["phrases"])
        typer.echo(f"{clock(section['start_s'])}  {section['name']:5}  {loops}")
    loudness = made["loudness_lufs"]
    level = "silent" if loudness is None else f"{loudness:.1f} LUFS"
    typer.echo(f"{made['file']}  {clock(made['seconds'])}  {made['bpm']:g} BPM  {level}")


def _word(phrase: dict[str, Any]) -> str:
    """Seed of the loop of a phrase, and its key."""
    return f"{phrase['seed']} {phrase['key']}" if phrase["key"] else str(phrase["seed"])
