"""``mixdream invert``: spectrograms to audio."""

from pathlib import Path
from typing import Any

import typer

from mixdream.cli.generate import FOLDER, FORMAT, RATE, Form
from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError


def invert(
    spectrograms: list[Path] = typer.Argument(
        help=".npy arrays (linear magnitudes, bins x frames, or a stack) or .png written by mixdream."
    ),
    folder: Path = FOLDER,
    recipe: str = typer.Option(
        "thesis-1", help="Recipe whose grid the .npy files have; a .png says its own."
    ),
    inversion: str | None = typer.Option(
        None,
        help="random-phase, griffin-lim, pghi or pghi+gl (default: the best that the grid allows)",
        show_default=False,
    ),
    seed: int = typer.Option(0, min=0, max=2**53, help="Seed of the first clip; the next ones count up."),
    rate_hz: int = RATE,
    form: Form = FORMAT,
    as_json: bool = JSON_OPTION,
) -> None:
    """Turn spectrograms into audio."""
    from mixdream.recipes.load import load_recipe

    grid = load_recipe(recipe).grid
    clips: list[dict[str, Any]] = []
    with progress("Inverting") as report:
        from mixdream.corpus.images import read_spectrograms
        from mixdream.generation.clips import write_clips
        from mixdream.spectrogram.inversion import default_inversion

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
            chosen = inversion or default_inversion(own_grid)
            seeds = list(range(seed + len(clips), seed + len(clips) + len(magnitudes)))
            about = {"spectrogram": str(path)}
            clips += write_clips(
                folder, names, magnitudes, own_grid, seeds, chosen, rate_hz, form.value, about
            )
            report((i + 1) / len(spectrograms), path.name)
    if as_json:
        print_json({"clips": clips})
        return
    for clip in clips:
        typer.echo(f"{clip['file']}  {clip['seconds']:.2f} s")
