"""``mixdream vary``: clips near to one."""

from typing import Annotated

import typer

from mixdream.cli import options
from mixdream.cli.generate import corpus_of_run, open_run, print_clips
from mixdream.cli.output import JSON_OPTION, progress


def vary(
    clip: Annotated[
        str, typer.Argument(metavar="CLIP|SEED", help="Audio file, its JSON beside it; or a seed with --run.")
    ],
    folder: options.Output,
    count: options.Count = 8,
    strength: Annotated[  # clearly related, clearly different: see docs/generate.md
        float,
        typer.Option("--strength", metavar="S", min=0.0, max=1.0, help="0 is the clip, 1 unrelated to it."),
    ] = 0.25,
    run: options.RunOption = None,
    bpm: options.Bpm = None,
    bars: options.Bars = None,
    inversion: options.Inversion = None,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    keep_level: options.KeepLevel = False,
    max_similarity: options.MaxSimilarity = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream vary my-loops/my-run_7_126bpm.wav -n 8 --strength 0.25 -o my-variations

    Make clips near to one that mixdream made, with its descriptors: loops of a loop. Its JSON says
    which run made it.
    """
    with progress("Generating") as report:
        from mixdream.generation.generate import generate
        from mixdream.generation.origin import vary
        from mixdream.generation.read_origins import read_origins
        from mixdream.generation.wish import Wish

        opened, (origin,) = read_origins([clip], open_run(run) if run else None)
        wish = Wish(
            count=count,
            origins=vary(origin, strength),
            bpm=bpm,
            bars=bars,
            rate_hz=rate_hz,
            form=form,
            keep_level=keep_level,
            inversion=inversion,
            max_similarity=max_similarity,
        )
        clips = generate(opened, folder, wish, corpus_of_run(opened, wish), report)
    print_clips(clips, as_json)
