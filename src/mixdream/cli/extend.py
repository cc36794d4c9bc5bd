"""``mixdream extend``: what a model makes of the end of a sound file."""

from pathlib import Path
from typing import Annotated

import typer

from mixdream.cli import options
from mixdream.cli.generate import open_run, print_clips
from mixdream.cli.output import JSON_OPTION, progress


def extend(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Sound file of any format that ends where a bar does.")
    ],
    folder: options.Output,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", metavar="RUN", help="Run folder of a model with a flow (default: that of mixdream)."
        ),
    ] = None,
    count: options.Count = 8,
    seed: options.FirstSeed = 0,
    like: options.Like = None,
    energy: options.Energy = None,
    bass: options.Bass = None,
    brightness: options.Brightness = None,
    busyness: options.Busyness = None,
    noisiness: options.Noisiness = None,
    bpm: Annotated[
        float | None,
        typer.Option(
            "--bpm", metavar="BPM", help="Tempo of the file (default: as the JSON of a loop beside it says)."
        ),
    ] = None,
    sampler_steps: options.SamplerSteps = None,
    inversion: options.Inversion = None,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    keep_level: options.KeepLevel = False,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream extend track.flac --run my-run --bpm 126 -n 4 -o my-continuations

    Go on from the end of a file: the first half of a clip is the file's last bars, the second half is new.
    """
    with progress("Generating") as report:
        from mixdream.generation.continuation import continue_file
        from mixdream.generation.wish import Wish

        wish = Wish(
            count=count,
            seed=seed,
            ask=options.read_ask(like, energy, bass, brightness, busyness, noisiness),
            bpm=bpm,
            rate_hz=rate_hz,
            form=form,
            keep_level=keep_level,
            inversion=inversion,
        )
        clips = continue_file(open_run(run, sampler_steps), file, folder, wish, report)
    print_clips(clips, as_json)
