"""``mixdream pack``: the best of many loops, with a contact sheet, in one ZIP file."""

from typing import Annotated

import typer

from mixdream.cli import options
from mixdream.cli.generate import corpus_of_run, open_run, print_clips
from mixdream.cli.output import JSON_OPTION, progress
from mixdream.errors import InputError


def pack(
    folder: options.Output,
    run: options.RunArgument = None,
    count: Annotated[
        int, typer.Option("-n", "--count", metavar="N", min=1, max=1000, help="Loops, of 3 N made.")
    ] = 16,
    seed: options.FirstSeed = 0,
    like: options.Like = None,
    energy: options.Energy = None,
    bass: options.Bass = None,
    brightness: options.Brightness = None,
    busyness: options.Busyness = None,
    noisiness: options.Noisiness = None,
    bpm: options.Bpm = None,
    pitch: options.PitchOption = None,
    transpose: options.Transpose = 0,
    key: options.KeyOption = None,
    fits: Annotated[bool, typer.Option("--fits", help="Rather find loops whose keys mix with it.")] = False,
    bars: options.Bars = None,
    sampler_steps: options.SamplerSteps = None,
    inversion: options.Inversion = None,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    keep_level: options.KeepLevel = False,
    max_similarity: options.MaxSimilarity = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream pack my-run -n 16 --bpm 126 -o my-pack

    Keep the best of three times as many loops that differ; with a contact sheet and a ZIP file.
    """
    if fits and key is None:
        raise InputError("--fits needs a key that loops are to mix with: add --key, such as --key 8A")
    with progress("Generating") as report:
        from mixdream.generation.pack import make_pack
        from mixdream.generation.wish import Wish

        opened = open_run(run, sampler_steps)
        wish = Wish(
            count=count,
            seed=seed,
            ask=options.read_ask(like, energy, bass, brightness, busyness, noisiness),
            bpm=bpm,
            pitch=pitch,
            transpose=transpose,
            key=options.read_key(key),
            fits=fits,
            bars=bars,
            rate_hz=rate_hz,
            form=form,
            keep_level=keep_level,
            inversion=inversion,
            max_similarity=max_similarity,
        )
        made = make_pack(opened, folder, wish, corpus_of_run(opened, wish), report)
    if len(made.loops) < count:
        where = f" that mix with {key}" if fits else ""
        typer.echo(
            f"only {len(made.loops)} of {made.candidates} loops{where} differ enough ({made.alike} are like "
            f"another, {made.silent} silent, {made.copies} copies): train for longer, or try another --seed",
            err=True,
        )
    files = {"sheet": str(made.sheet), "zip": str(made.archive)}
    print_clips(list(made.loops), as_json, **files, candidates=made.candidates)
    if not as_json:
        typer.echo("\n".join(files.values()))
