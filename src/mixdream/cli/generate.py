"""``mixdream generate`` and ``mixdream invert``: runs and spectrograms to clips."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError


class Form(StrEnum):
    """File formats of clips."""

    WAV = "wav"
    FLAC = "flac"


_FOLDER = typer.Option(..., "-o", "--output", help="Folder for the clips.", show_default=False)
_SEED = typer.Option(0, min=0, max=2**53, help="Seed of the first clip; the next ones count up.")
_RATE = typer.Option(44_100, "--rate", help="Sample rate of the files in Hz.")
_FORMAT = typer.Option(Form.WAV, "--format", help="24-bit WAV or FLAC.")


def generate(
    run: Path = typer.Argument(help="Run folder written by 'mixdream train'."),
    folder: Path = _FOLDER,
    count: int = typer.Option(8, "-n", "--count", min=1, max=10**6, help="Number of clips."),
    seed: int = _SEED,
    inversion: str | None = typer.Option(
        None, help="random-phase or griffin-lim (default: the recipe's)", show_default=False
    ),
    rate_hz: int = _RATE,
    form: Form = _FORMAT,
    as_json: bool = JSON_OPTION,
) -> None:
    """Generate clips: audio files with a JSON beside each. The same seed gives the same clip."""
    with progress("Generating") as report:
        from mixdream.generation.clips import generate_clips
        from mixdream.generation.run import Run

        clips = generate_clips(
            Run.open(run),
            folder,
            count=count,
            seed=seed,
            inversion=inversion,
            rate_hz=rate_hz,
            form=form.value,
            report=report,
        )
    if as_json:
        print_json({"clips": clips})
        return
    for clip in clips:
        typer.echo(f"{clip['file']}  {clip['seconds']:.2f} s" + ("  silent" if clip["silent"] else ""))


def invert(
    spectrograms: list[Path] = typer.Argument(
        help=".npy arrays (linear magnitudes, bins x frames, or a stack) or .png written by mixdream."
    ),
    folder: Path = _FOLDER,
    recipe: str = typer.Option(
        "thesis-1", help="Recipe whose grid the .npy files have; a .png says its own."
    ),
    inversion: str = typer.Option("random-phase", help="random-phase or griffin-lim."),
    seed: int = _SEED,
    rate_hz: int = _RATE,
    form: Form = _FORMAT,
    as_json: bool = JSON_OPTION,
) -> None:
    """Turn spectrograms into audio."""
    from mixdream.recipes.load import load_recipe

    grid = load_recipe(recipe).grid
    clips: list[dict[str, Any]] = []
    with progress("Inverting") as report:
        from mixdream.generation.clips import write_clips
        from mixdream.generation.read_spectrograms import read_spectrograms

        taken: set[str] = set()
        for i, path in enumerate(spectrograms):
            magnitudes, own_grid = read_spectrograms(path, grid)
            stack = len(magnitudes) > 1
            names = [f"{path.stem}_{k}" if stack else path.stem for k in range(len(magnitudes))]
            if twice := taken.intersection(names):
                raise InputError(
                    f"'{path}' would be written as {min(twice)}, as another of these files: invert them apart"
                )
            taken.update(names)
            seeds = list(range(seed + len(clips), seed + len(clips) + len(magnitudes)))
            about = {"spectrogram": str(path)}
            clips += write_clips(
                folder, names, magnitudes, own_grid, seeds, inversion, rate_hz, form.value, about
            )
            report((i + 1) / len(spectrograms), path.name)
    if as_json:
        print_json({"clips": clips})
        return
    for clip in clips:
        typer.echo(f"{clip['file']}  {clip['seconds']:.2f} s")
