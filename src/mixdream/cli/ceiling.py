"""``mixdream ceiling``: the user's own audio through every grid and inversion, scored and written."""

from pathlib import Path
from typing import Any

import typer

from mixdream.cli.output import JSON_OPTION, new_table, print_json, print_table, progress


def ceiling(
    corpus: Path = typer.Argument(metavar="CORPUS", help="Folder made by 'mixdream corpus build'."),
    folder: Path = typer.Option(
        Path("ceiling"), "-o", "--output", metavar="DIR", help="Folder for audio, scores and figure."
    ),
    recipe: str | None = typer.Option(
        None,
        help="Measure this recipe's grid (default: every named grid up to the rate of the corpus).",
        show_default=False,
    ),
    number: int = typer.Option(
        8, "-n", "--number", min=1, max=100, help="Windows of about 4 s, spread over the corpus."
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream ceiling my-corpus -o my-ceiling

    Hear and measure the best that any model can sound: your audio through grids and inversions.

    SNR, error on the grid and log-spectral distance (LSD) in dB, bandwidth in kHz, smear of attacks in ms.
    """
    with progress("Measuring") as report:
        from mixdream.corpus.store import Corpus
        from mixdream.evaluation.ceiling import grids_within, measure_ceiling

        opened = Corpus.open(corpus)
        if recipe is None:
            grids = grids_within(opened.rate_hz)
        else:
            from mixdream.recipes.load import load_recipe

            loaded = load_recipe(recipe)
            grids = {loaded.name: loaded.grid}
        result = measure_ceiling(opened, folder, grids, number, report)
    if as_json:
        print_json(result)
        return
    _print_table(result)
    typer.echo(result["sentence"])
    typer.echo(f"Hear it: '{folder}/01_original.wav' and '{folder}/01_{result['best']}.wav'")
    typer.echo(f"See it: '{folder}/ceiling.png'")


def _print_table(result: dict[str, Any]) -> None:
    number = len(result["windows"])
    title = f"means of {number} window{'s' if number > 1 else ''}, {result['rate_hz']} Hz"
    table = new_table(title)
    table.add_column("grid", no_wrap=True)
    table.add_column("inversion", no_wrap=True)
    for heading in ("SNR dB", "on grid", "LSD dB", "to kHz", "kept", "smear ms"):
        table.add_column(heading, justify="right", no_wrap=True)
    for way in result["ways"]:
        mean = way["mean"]
        smear = mean["smear_ms"]
        table.add_row(
            way["grid"],
            way["inversion"],
            f"{mean['snr_db']:.1f}",
            f"{mean['convergence_db']:.1f}",
            f"{mean['distance_db']:.1f}",
            f"{mean['bandwidth_hz'] / 1000:.1f}",
            f"{100 * mean['bandwidth_kept']:.0f} %",
            "" if smear is None else f"{smear:.1f}",
        )
    print_table(table)
