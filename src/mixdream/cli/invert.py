"""``mixdream invert``: spectrograms to audio."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mixdream.cli import options
from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError


def invert(
    spectrograms: Annotated[
        list[Path],
        typer.Argument(
            metavar="SPECTROGRAM...",
            help=".npy (linear magnitudes, bins x frames, or a stack) or .png written by mixdream.",
        ),
    ],
    folder: options.Output,
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="Whose grid a .npy file has; a .png says its own.")
    ] = "thesis-1",
    inversion: options.Inversion = None,
    seed: options.FirstSeed = 0,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream invert images/0001.png -o my-clips

    Turn spectrograms into audio.
    """
    from mixdream.recipes.load import load_recipe

    grid = load_recipe(recipe).grid
    clips: list[dict[str, Any]] = []
    with progress("Inverting") as report:
        from mixdream.corpus.images import read_spectrograms
        from mixdream.generation.clips import write_spectrogram
        from mixdream.generation.wish import Wish

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
            for name, image in zip(names, magnitudes, strict=True):
                wish = Wish(seed=seed + len(clips), inversion=inversion, rate_hz=rate_hz, form=form)
                about = {"spectrogram": str(path)}
                clips.append(write_spectrogram(folder, name, image, own_grid, wish, about))
            report((i + 1) / len(spectrograms), path.name)
    if as_json:
        print_json({"clips": clips})
        return
    for clip in clips:
        typer.echo(f"{clip['file']}  {clip['seconds']:.2f} s")
