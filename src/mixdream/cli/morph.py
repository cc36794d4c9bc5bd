"""``mixdream morph``: clips on the way from one to another."""

from typing import Annotated

import typer

from mixdream.cli import options
from mixdream.cli.generate import corpus_of_run, open_run, print_clips
from mixdream.cli.output import JSON_OPTION, progress


def morph(
    start: Annotated[str, typer.Argument(metavar="A", help="Audio file, its JSON beside it; or a seed.")],
    end: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    folder: options.Output,
    steps: Annotated[
        int, typer.Option("--steps", metavar="N", min=2, max=10**6, help="Clips, with both ends.")
    ] = 8,
    run: options.RunOption = None,
    bpm: options.Bpm = None,
    bars: options.Bars = None,
    inversion: options.Inversion = None,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    keep_level: options.KeepLevel = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream morph my-loops/my-run_7_126bpm.wav 12 --steps 8 -o my-morph

    Make clips on the way from A to B: loops between loops. The JSON of a clip says which run made it; for
    two seeds give --run.
    """
    with progress("Generating") as report:
        from mixdream.generation.generate import generate
        from mixdream.generation.origin import morph
        from mixdream.generation.read_origins import read_origins
        from mixdream.generation.wish import Wish

        opened, (first, last) = read_origins([start, end], open_run(run) if run else None)
        wish = Wish(
            count=steps,
            origins=morph(first, last, steps),
            bpm=bpm,
            bars=bars,
            rate_hz=rate_hz,
            form=form,
            keep_level=keep_level,
            inversion=inversion,
        )
        clips = generate(opened, folder, wish, corpus_of_run(opened, wish), report)
    print_clips(clips, as_json)
