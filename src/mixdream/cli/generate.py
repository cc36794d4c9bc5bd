"""``mixdream generate``: runs to clips."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mixdream.cli.output import JSON_OPTION, print_json, progress
from mixdream.errors import InputError

if TYPE_CHECKING:
    from mixdream.generation.origin import Origin
    from mixdream.generation.pack import Pack
    from mixdream.generation.similarity import Similarity
    from mixdream.runs.run import Run


COUNT = 8
STRENGTH = 0.25  # clearly related, clearly different: see docs/generate.md


class Form(StrEnum):
    """File formats of clips."""

    WAV = "wav"
    FLAC = "flac"


class Energy(StrEnum):
    """Thirds of the corpus, by how full its spectrograms are."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


FOLDER = typer.Option(..., "-o", "--output", help="Folder for the clips.", show_default=False)
RATE = typer.Option(44_100, "--rate", help="Sample rate of the files in Hz.")
FORMAT = typer.Option(Form.WAV, "--format", help="24-bit WAV or FLAC.")


def generate(
    run: Path | None = typer.Argument(
        None,
        help="Run folder written by 'mixdream train' (default: the model that comes with mixdream).",
        show_default=False,
    ),
    folder: Path = FOLDER,
    count: int | None = typer.Option(
        None,
        "-n",
        "--count",
        min=1,
        max=10**6,
        help=f"Number of clips (default: {COUNT}).",
        show_default=False,
    ),
    seed: int | None = typer.Option(
        None,
        min=0,
        max=2**53,
        help="Seed of the first clip; the next ones count up (default: 0).",
        show_default=False,
    ),
    like: str | None = typer.Option(
        None, metavar="SET", help="Music like that of a set of the corpus, by its name.", show_default=False
    ),
    energy: Energy | None = typer.Option(
        None, help="How full the music is (default: as often as in the corpus).", show_default=False
    ),
    variations_of: str | None = typer.Option(
        None,
        metavar="CLIP|SEED",
        help="Clips near to one that this run made (an audio file with its JSON beside it) or to a seed's.",
        show_default=False,
    ),
    strength: float | None = typer.Option(
        None,
        min=0.0,
        max=1.0,
        metavar="S",
        help=f"Of variations: 0 is the clip itself, 1 is unrelated to it (default: {STRENGTH}).",
        show_default=False,
    ),
    morph: tuple[str, str] | None = typer.Option(
        None, metavar="A B", help="Clips on the way from A to B, each a clip or a seed.", show_default=False
    ),
    steps: int | None = typer.Option(
        None,
        min=2,
        max=10**6,
        help=f"Clips of a morph, with both ends (default: {COUNT}).",
        show_default=False,
    ),
    continue_from: Path | None = typer.Option(
        None,
        metavar="FILE",
        help="Go on from the end of a sound file, where a bar ends; --bpm is its tempo. Flow models only.",
        show_default=False,
    ),
    sampler_steps: int | None = typer.Option(
        None,
        min=1,
        max=10_000,
        help="Steps from noise to music, of flows and diffusion (default: the recipe's).",
        show_default=False,
    ),
    loop: bool = typer.Option(
        False, "--loop", help="Loops of whole bars, named by tempo and key, tagged for samplers and DAWs."
    ),
    pack: int | None = typer.Option(
        None,
        min=1,
        max=1000,
        metavar="N",
        help="Make 3 N loops, keep the N best that differ; with a contact sheet and a ZIP file.",
    ),
    bpm: float | None = typer.Option(
        None, help="Tempo in BPM, 40 to 300 (default: the music's own).", show_default=False
    ),
    bars: int | None = typer.Option(
        None, min=1, help="Bars of a loop (default: all that the run's windows hold).", show_default=False
    ),
    inversion: str | None = typer.Option(
        None,
        help="random-phase, griffin-lim, pghi or pghi+gl (default: the recipe's)",
        show_default=False,
    ),
    rate_hz: int = RATE,
    form: Form = FORMAT,
    keep_level: bool = typer.Option(
        False, "--keep-level", help="Leave the model's level, instead of -14 LUFS and at most -1 dBTP."
    ),
    max_similarity: float | None = typer.Option(
        None,
        "--max-similarity",
        min=0.0,
        max=1.0,
        metavar="S",
        help="Redraw clips that are nearer to a moment of the corpus than a share S of real windows are to "
        "other tracks; 0.98: than 49 in 50. Real windows are measured once for a run.",
        show_default=False,
    ),
    as_json: bool = JSON_OPTION,
) -> None:
    """Generate clips or loops: audio files with a JSON beside each. The same seed gives the same clip.

    The best checkpoint of the run is used. The JSON says which moment of the corpus a clip is nearest to.
    """
    varied, morphed = variations_of is not None, morph is not None
    wished = like is not None or energy is not None
    for wrong, message in (
        (bars is not None and not (loop or pack), "--bars is for loops: give --loop or --pack too"),
        (pack and count, "--pack says how many loops to keep: leave -n out"),
        (varied and morphed, "--variations-of and --morph do not go together: leave one out"),
        (
            wished and varied,
            "--variations-of keeps the set and energy of its clip: leave --like and --energy out",
        ),
        (wished and morphed, "--morph says where to go: leave --like and --energy out"),
        (
            continue_from and (varied or morphed or loop or pack or max_similarity is not None),
            "--continue-from goes with -n, --seed, --like, --energy, --bpm, --inversion, --rate, --format, "
            "--keep-level only",
        ),
        (strength is not None and not varied, "--strength is for variations: give --variations-of too"),
        (steps is not None and not morphed, "--steps is for morphs: give --morph too"),
        (pack and varied, "--pack takes unrelated loops: with --variations-of, give --loop instead"),
        (pack and morphed, "--pack takes unrelated loops: with --morph, give --loop instead"),
        (seed is not None and varied, "--variations-of says what to vary: leave --seed out"),
        (seed is not None and morphed, "--morph says where to start: leave --seed out"),
        (count is not None and morphed, "--steps says how many clips a morph has: leave -n out"),
        (max_similarity is not None and morphed, "a morph cannot be redrawn: leave --max-similarity out"),
    ):
        if wrong:
            raise InputError(message)
    options: dict[str, Any] = {
        "seed": seed or 0,
        "inversion": inversion,
        "bpm": bpm,
        "rate_hz": rate_hz,
        "form": form.value,
        "keep_level": keep_level,
    }
    made: Pack | None = None
    with progress("Generating") as report:
        from mixdream.runs.run import Run

        opened = Run.open(run) if run else Run.pretrained()
        if sampler_steps:
            opened = opened.with_steps(sampler_steps)
        origins = _origins(
            opened, variations_of, STRENGTH if strength is None else strength, morph, steps or COUNT
        )
        if wished:
            from mixdream.generation.origin import wish

            origins = wish(seed or 0, like, energy.value if energy else None)
        number = count or steps or COUNT
        if not continue_from:
            options["similarity"] = _similarity(opened, max_similarity)
        if continue_from:
            from mixdream.generation.continuation import continue_file

            clips = continue_file(
                opened,
                continue_from,
                folder,
                count=number,
                like=like,
                energy=energy.value if energy else None,
                report=report,
                **options,
            )
        elif pack:
            from mixdream.generation.pack import make_pack

            made = make_pack(opened, folder, count=pack, origins=origins, bars=bars, report=report, **options)
            clips = list(made.loops)
        elif loop:
            from mixdream.generation.loops import generate_loops

            clips = generate_loops(
                opened, folder, count=number, origins=origins, bars=bars, report=report, **options
            )
        else:
            from mixdream.generation.clips import generate_clips

            clips = generate_clips(opened, folder, count=number, origins=origins, report=report, **options)
    if made and pack and len(clips) < pack:
        typer.echo(
            f"only {len(clips)} of {made.candidates} loops differ enough ({made.alike} are like another, "
            f"{made.silent} silent): train for longer, or try another --seed",
            err=True,
        )
    if as_json:
        about: dict[str, Any] = {"clips": clips}
        if made:
            about |= {"sheet": str(made.sheet), "zip": str(made.archive), "candidates": made.candidates}
        print_json(about)
        return
    for clip in clips:
        typer.echo(_line(clip))
    if made:
        typer.echo(f"{made.sheet}\n{made.archive}")


def _origins(
    run: "Run", varied: str | None, strength: float, morphed: tuple[str, str] | None, steps: int
) -> "Iterable[Origin] | None":
    """What clips are made from; None for plain seeds."""
    from mixdream.generation.origin import morph, read_origin, vary

    if varied is not None:
        return vary(read_origin(varied, run), strength)
    if morphed is not None:
        return morph(read_origin(morphed[0], run), read_origin(morphed[1], run), steps)
    return None


def _similarity(run: "Run", highest: float | None) -> "Similarity | None":
    """What clips are compared by; without the corpus they are not, unless that was asked for."""
    from mixdream.generation.similarity import Similarity, corpus_of

    try:
        return Similarity(run, corpus_of(run), highest)
    except InputError as error:
        if highest is not None:
            raise
        typer.echo(f"clips are not compared with the music: {error}", err=True)
        return None


def _line(clip: dict[str, Any]) -> str:
    """What is said of a clip or loop."""
    words = [clip["file"], f"{clip['seconds']:.2f} s"]
    if "seam" in clip:
        words += [f"pulse {clip['pulse_db']:.1f} dB", f"seam {clip['seam']['ratio']:.1f}"]
    if clip.get("silent"):
        words.append("silent")
    if nearest := clip.get("nearest"):
        words.append(f"nearest {nearest['set']} {nearest['time']} at {nearest['distance']:.2f}")
    if "similarity" in clip:
        words.append(f"similarity {clip['similarity']:.2f}{', a copy' if clip['copy'] else ''}")
    return "  ".join(words)
