"""``mixdream generate``: loops and clips of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mixdream.cli import options
from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError

if TYPE_CHECKING:
    from mixdream.corpus.store import Corpus
    from mixdream.generation.wish import Wish
    from mixdream.runs.run import Run


def generate(
    folder: options.Output,
    run: options.RunArgument = None,
    count: options.Count = 8,
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
    bars: options.Bars = None,
    sampler_steps: options.SamplerSteps = None,
    inversion: options.Inversion = None,
    rate_hz: options.Rate = 44_100,
    form: options.Form = "wav",
    keep_level: options.KeepLevel = False,
    max_similarity: options.MaxSimilarity = None,
    as_json: bool = JSON_OPTION,
) -> None:
    """Example: mixdream generate my-run -n 8 --bpm 126 -o my-loops

    Generate loops where the run learnt from bars, clips otherwise: audio with a JSON beside each.
    The same seed gives the same clip. The JSON says which moment of the music it is nearest to.
    """
    with progress("Generating") as report:
        from mixdream.generation.generate import generate
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
            bars=bars,
            rate_hz=rate_hz,
            form=form,
            keep_level=keep_level,
            inversion=inversion,
            max_similarity=max_similarity,
        )
        clips = generate(opened, folder, wish, corpus_of_run(opened, wish), report)
    print_clips(clips, as_json)


def open_run(folder: Path | None, sampler_steps: int | None = None) -> "Run":
    """Open a run, or the model that comes with mixdream."""
    from mixdream.runs.run import Run

    run = Run.open(folder) if folder else Run.pretrained()
    return run.with_steps(sampler_steps) if sampler_steps else run


def corpus_of_run(run: "Run", wish: "Wish") -> "Corpus | None":
    """Open what clips are compared with; without it they are not, unless that was asked for."""
    from mixdream.generation.similarity import corpus_of

    try:
        return corpus_of(run)
    except InputError as error:
        if wish.max_similarity is not None:
            raise
        typer.echo(f"clips are not compared with the music: {error}", err=True)
        return None


def print_clips(clips: list[dict[str, Any]], as_json: bool, **more: Any) -> None:
    """Print a line for each clip, or all as JSON, with whatever else there is to say."""
    if as_json:
        print_json({"clips": clips} | more)
        return
    for clip in clips:
        words = [clip["file"], f"{clip['seconds']:.2f} s"]
        if "seam" in clip:
            words += [f"pulse {clip['pulse_db']:.1f} dB", f"seam {clip['seam']['ratio']:.1f}"]
        if clip["silent"]:
            words.append("silent")
        if nearest := clip.get("nearest"):
            words.append(f"nearest {nearest['set']} {nearest['time']} at {nearest['distance']:.2f}")
        if "similarity" in clip:
            words.append(f"similarity {clip['similarity']:.2f}{', a copy' if clip['copy'] else ''}")
        typer.echo("  ".join(words))
