"""``mixdream mix``: loops of a run as one continuous mix."""

from pathlib import Path
from typing import Annotated

import typer

from mixdream import HIGHEST_SEED
from mixdream.cli import options
from mixdream.cli.generate import open_run
from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.progress import clock


def mix(
    path: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Audio, .wav or .flac; .json, .txt and .cue say what plays when.",
        ),
    ],
    minutes: Annotated[
        float, typer.Option("--minutes", metavar="M", min=0, max=1440, help="Length, to the nearest phrase.")
    ],
    run: options.RunArgument = None,
    bpm: options.Bpm = None,
    pitch: options.PitchOption = None,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", min=0, max=HIGHEST_SEED, help="Each gives another mix."),
    ] = 0,
    rate_hz: options.Rate = 44_100,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream mix my-run --minutes 60 -o night.flac

    Join loops of a run on the beat into one continuous mix: intro, builds, drops, breaks, outro.
    """
    with progress("Mixing") as report:
        from mixdream.generation.mix import make_mix
        from mixdream.generation.tracklist import tracklist
        from mixdream.generation.wish import Wish

        wish = Wish(seed=seed, bpm=bpm, pitch=pitch, rate_hz=rate_hz)
        made = make_mix(open_run(run), path, minutes, wish, report)
    if as_json:
        print_json(made)
        return
    typer.echo(tracklist(made))
    loudness = made["loudness_lufs"]
    level = "silent" if loudness is None else f"{loudness:.1f} LUFS"
    typer.echo(f"{made['file']}  {clock(made['seconds'])}  {made['bpm']:g} BPM  {level}")
