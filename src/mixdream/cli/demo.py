"""``mixdream demo``: the main job on built-in sets, from nothing to a page with players."""

from pathlib import Path
from typing import Any

import typer

from mixdream.cli.output import JSON_OPTION, clock, print_json, progress

CLIPS = 8
REAL = 4


def demo(
    folder: Path = typer.Option(Path("mixdream-demo"), "-o", "--output", help="Folder for everything."),
    minutes: float = typer.Option(3.0, min=0.0, help="Minutes of training; again, it goes on."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Make built-in sets, learn from them, generate clips and a page to hear and see them."""
    sets, corpus_folder, run_folder = folder / "sets", folder / "corpus", folder / "run"
    with progress("Making sets"):
        from mixdream.demo.sets import SETS, write_sets

        if not all((sets / f"{name}.flac").exists() for name in SETS):
            sets.mkdir(parents=True, exist_ok=True)
            write_sets(sets)
    with progress("Building the corpus") as report:
        from mixdream.corpus.build import build_corpus
        from mixdream.corpus.store import Corpus

        build_corpus([sets], corpus_folder, report=report)
        corpus = Corpus.open(corpus_folder)
    with progress("Loading"):
        from mixdream.generation.clips import generate_clips
        from mixdream.generation.run import Run
        from mixdream.recipes.load import load_recipe
        from mixdream.training.train import train
    with progress("Training") as report:
        resume = run_folder.exists()
        info = train(load_recipe("demo"), corpus, run_folder, minutes=minutes, resume=resume, report=report)
    run = Run.open(run_folder)
    with progress("Generating") as report:
        clips = generate_clips(run, folder / "clips", count=CLIPS, report=report)
        real = _real_clips(run, corpus, folder / "real")
        page = folder / "index.html"
        _write_page(page, run, info, corpus.seconds, clips, real)
    following = _next_commands(run_folder)
    if as_json:
        print_json(
            {"page": str(page), "run": str(run_folder), "training": info, "clips": clips, "next": following}
        )
        return
    typer.echo(
        f"sets      {sets}\n"
        f"corpus    {corpus_folder}\n"
        f"run       {run_folder} ({info['steps']} steps in {clock(info['seconds'])})\n"
        f"clips     {folder / 'clips'}\n"
        f"page      {page.resolve().as_uri()}\n\n"
        "Now with your own sets:\n  " + "\n  ".join(following)
    )


def _real_clips(run: Any, corpus: Any, folder: Path) -> list[dict[str, Any]]:
    """Windows of the sets through the same grid and inversion: what the model could sound like at most."""
    import numpy as np
    import torch

    from mixdream.generation.clips import write_clips
    from mixdream.spectrogram.transform import magnitudes
    from mixdream.training.batches import training_windows

    windows = training_windows(run.recipe, corpus)
    rows = np.linspace(0, len(windows) - 1, REAL + 2).astype(int)[1:-1]
    audio = torch.from_numpy(windows.read(rows))
    spectrograms = magnitudes(audio, run.recipe.grid)
    places = [windows.where(row) for row in rows]
    names = [f"{name}_{seconds:.0f}s" for name, seconds in places]
    written = write_clips(
        folder, names, spectrograms, run.recipe.grid, [0] * REAL, run.recipe.inversion, 44_100, "wav", {}
    )
    return [
        clip | {"title": f"{name} at {clock(seconds)}", "magnitudes": image}
        for clip, (name, seconds), image in zip(written, places, spectrograms, strict=True)
    ]


def _write_page(
    page: Path,
    run: Any,
    info: dict[str, Any],
    corpus_seconds: float,
    clips: list[dict[str, Any]],
    real: list[dict[str, Any]],
) -> None:
    from mixdream.generation.clips import sample_magnitudes
    from mixdream.generation.page import Sound, write_page

    generator = run.load_generator(run.latest_checkpoint())
    images = sample_magnitudes(run, generator, [clip["seed"] for clip in clips])
    figures, samples = run.folder / "figures", sorted((run.folder / "samples").glob("*.png"))
    pictures = {
        "Real and generated spectrograms": figures / "real-and-generated.png",
        "Losses over the epochs": figures / "losses.png",
    }
    if samples:
        pictures |= {
            f"The same noise after {samples[0].stem.replace('-', ' ')}": samples[0],
            f"The same noise after {samples[-1].stem.replace('-', ' ')}": samples[-1],
        }
    write_page(
        page,
        "What mixdream dreamt of the built-in sets",
        {
            "Learnt from": f"{clock(corpus_seconds)} of audio, {info['windows']} windows of {run.recipe.windows.seconds} s",
            "Recipe": f"{run.recipe.name}: {run.recipe.about}",
            "Training": f"{info['steps']} steps in {clock(info['seconds'])} on {info['machine']['cores']} cores",
            "Losses": info["convergence"]["sentence"],
            "Inversion": run.recipe.inversion,
        },
        {
            "Generated": [
                Sound(f"Seed {clip['seed']}", Path(clip["file"]), image)
                for clip, image in zip(clips, images, strict=True)
            ],
            "Real audio through the same spectrogram and back": [
                Sound(clip["title"], Path(clip["file"]), clip["magnitudes"]) for clip in real
            ],
        },
        pictures,
        _next_commands(run.folder),
    )


def _next_commands(run: Path) -> list[str]:
    return [
        "mixdream corpus build YOUR-SETS-FOLDER -o my-corpus",
        "mixdream train demo my-corpus -o my-run --minutes 60",
        "mixdream generate my-run -n 16 -o my-clips",
    ]
