"""``mixdream demo``: the main job on built-in sets, from nothing to a page with players."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import Interrupted
from mixdream.progress import clock

if TYPE_CHECKING:
    from mixdream.corpus.store import Corpus
    from mixdream.pages.demo_page import Sound
    from mixdream.runs.run import Run

LOOPS = 8
REAL_LOOPS = 4

NEXT_COMMANDS = (
    "mixdream corpus build YOUR-SETS-FOLDER -o my-corpus",
    "mixdream train cpu my-corpus -o my-run --minutes 60",
    "mixdream pack my-run -n 16 -o my-loops",
)


def demo(
    folder: Path = typer.Option(Path("mixdream-demo"), "-o", "--output", help="Folder for everything."),
    minutes: float = typer.Option(3.0, min=0.0, help="Minutes of training; called again, it goes on."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream demo -o my-demo --minutes 3

    Make built-in sets, learn from them, generate loops and a page to hear and see them.
    """
    sets, corpus_folder, run_folder, page = (
        folder / name for name in ("sets", "corpus", "run", "index.html")
    )
    with progress("Making sets") as report:
        from mixdream.demo.sets import SETS, write_sets

        if not all((sets / f"{name}.json").exists() for name in SETS):
            write_sets(sets, report=report)
    with progress("Building the corpus") as report:
        from mixdream.corpus.build import build_corpus
        from mixdream.corpus.store import Corpus

        build_corpus([sets], corpus_folder, report=report)
        corpus = Corpus.open(corpus_folder)
    with progress("Loading"):
        from mixdream.generation.generate import generate
        from mixdream.generation.wish import Wish
        from mixdream.recipes.load import load_recipe
        from mixdream.runs.run import Run
        from mixdream.training.train import train
    with progress("Training") as report:
        resume = run_folder.exists()
        try:
            info = train(
                load_recipe("cpu"), corpus, run_folder, minutes=minutes, resume=resume, report=report
            )
        except Interrupted:
            raise Interrupted("stopped, nothing is lost; the same command goes on") from None
    run = Run.open(run_folder)
    with progress("Generating") as report:
        # Keys are part of names: loops of an earlier call would lie beside those of this one.
        shutil.rmtree(folder / "loops", ignore_errors=True)
        loops = generate(run, folder / "loops", Wish(count=LOOPS), report=report)
        _write_page(page, run, corpus, info, loops, folder / "real")
    if as_json:
        print_json({"page": str(page), "run": str(run_folder), "training": info, "loops": loops})
        return
    typer.echo(
        f"sets    {sets}\n"
        f"corpus  {corpus_folder}\n"
        f"run     {run_folder} ({info['steps']} steps in {clock(info['seconds'])})\n"
        f"loops   {folder / 'loops'}\n"
        f"page    {page.resolve().as_uri()}\n\n"
        "Now with your own sets:"
    )
    for command in NEXT_COMMANDS:
        typer.echo(f"  {command}")


def _write_page(
    page: Path, run: "Run", corpus: "Corpus", info: dict[str, Any], loops: list[dict[str, Any]], real: Path
) -> None:
    from mixdream.generation.clips import plan_clips
    from mixdream.generation.wish import Wish
    from mixdream.pages.demo_page import Sound, write_page

    plan = plan_clips(run, Wish())
    images = [plan.sample(loop["seed"])[0] for loop in loops]
    pictures = {
        "Real and generated spectrograms": run.folder / "figures" / "real-and-generated.png",
        "Losses over the epochs": run.folder / "figures" / "losses.png",
    }
    samples = sorted((run.folder / "samples").glob("*.png"))
    for sample in dict.fromkeys(samples[:1] + samples[-1:]):
        pictures[f"The same noise after {sample.stem.replace('-', ' ')}"] = sample
    write_page(
        page,
        "What mixdream dreamt of the built-in sets",
        {
            "Learnt from": f"{clock(corpus.seconds)} of audio, {info['windows']} windows of "
            f"{run.recipe.windows.beats} beats",
            "Tempo": f"{loops[0]['bpm']:g} BPM",
            "Recipe": f"{run.recipe.name}: {run.recipe.about}",
            "Training": f"{info['steps']} steps in {clock(info['seconds'])} on "
            f"{info['machine']['cores']} cores",
            "Losses": info["convergence"]["sentence"],
            "Inversion": run.recipe.inversion,
        },
        {
            "Generated loops": [
                Sound(f"Seed {loop['seed']}, {loop['key'] or 'no key'}", Path(loop["file"]), image, loop=True)
                for loop, image in zip(loops, images, strict=True)
            ],
            "Real bars through the same spectrogram and back: the best this grid can sound": _real_sounds(
                run, corpus, real
            ),
        },
        pictures,
        NEXT_COMMANDS,
    )


def _real_sounds(run: "Run", corpus: "Corpus", folder: Path) -> list["Sound"]:
    import numpy as np
    import torch

    from mixdream.generation.clips import write_spectrogram
    from mixdream.generation.wish import Wish
    from mixdream.pages.demo_page import Sound
    from mixdream.recipes.windows import training_windows
    from mixdream.runs.tempo import playing_tempo
    from mixdream.spectrogram.transform import magnitudes

    windows = training_windows(run.recipe, corpus)
    rows = np.linspace(0, len(windows) - 1, REAL_LOOPS + 2).astype(int)[1:-1]
    images = magnitudes(torch.from_numpy(windows.read(rows)), run.recipe.grid)
    places = [windows.where(row) for row in rows]
    _, speed = playing_tempo(run)
    wish = Wish(inversion=run.recipe.inversion)
    about = {"about": "real audio through the grid and its inversion"}
    clips = [
        write_spectrogram(folder, f"{name}_{seconds:.0f}s", image, run.recipe.grid, wish, about, speed)
        for image, (name, seconds) in zip(images, places, strict=True)
    ]
    return [
        Sound(f"{name} at {clock(seconds)}", Path(clip["file"]), image)
        for clip, (name, seconds), image in zip(clips, places, images, strict=True)
    ]
