"""Options that several commands share, each said once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mixdream import HIGHEST_SEED

if TYPE_CHECKING:
    from mixdream.analysis.key import Key
    from mixdream.runs.ask import Ask

RunArgument = Annotated[
    Path | None,
    typer.Argument(metavar="RUN", help="Run folder; without it the model that comes with mixdream."),
]
RunOption = Annotated[
    Path | None,
    typer.Option("--run", metavar="RUN", help="Run folder (default: the one that the clip's JSON names)."),
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the clips.")]
Count = Annotated[int, typer.Option("-n", "--count", metavar="N", min=1, max=10**6, help="Number of clips.")]
FirstSeed = Annotated[
    int,
    typer.Option("--seed", metavar="N", min=0, max=HIGHEST_SEED, help="First one, then upward."),
]
Like = Annotated[
    str | None, typer.Option("--like", metavar="SET", help="Music like that of a set of the corpus.")
]
Energy = Annotated[
    float | None,
    typer.Option("--energy", metavar="Q", min=0, max=1, help="How full: 0.9 as the fullest tenth."),
]
Bass = Annotated[
    float | None, typer.Option("--bass", metavar="Q", min=0, max=1, help="How much of it is bass.")
]
Brightness = Annotated[
    float | None, typer.Option("--brightness", metavar="Q", min=0, max=1, help="How bright, 0 to 1.")
]
Busyness = Annotated[
    float | None, typer.Option("--busyness", metavar="Q", min=0, max=1, help="How much happens, 0 to 1.")
]
Noisiness = Annotated[
    float | None, typer.Option("--noisiness", metavar="Q", min=0, max=1, help="Tone 0, noise 1.")
]
Bpm = Annotated[
    float | None,
    typer.Option("--bpm", metavar="BPM", help="40 to 300 (default: the music's own)."),
]
PitchOption = Annotated[
    Literal["keep", "follow"] | None,
    typer.Option(
        "--pitch",
        help="At another tempo (default: keep, but follow up to 2 %).",
    ),
]
Transpose = Annotated[
    int,
    typer.Option(
        "--transpose", metavar="N", min=-24, max=24, show_default=False, help="Semitones, at the same tempo."
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Transpose to a key, as Am, F# or 8A."),
]
Bars = Annotated[
    int | None,
    typer.Option("--bars", metavar="N", min=1, help="Bars (default: all of a window)."),
]
SamplerSteps = Annotated[
    int | None,
    typer.Option("--sampler-steps", metavar="N", min=1, max=10_000, help="Of flows and diffusion."),
]
Inversion = Annotated[
    str | None,
    typer.Option("--inversion", metavar="NAME", help="random-phase griffin-lim pghi pghi+gl"),
]
Rate = Annotated[int, typer.Option("--rate", metavar="HZ", help="Of the files in Hz.")]
Form = Annotated[Literal["wav", "flac"], typer.Option("--format", help="24-bit WAV or FLAC.")]
KeepLevel = Annotated[bool, typer.Option("--keep-level", help="Leave the level; else it is -14 LUFS.")]
MaxSimilarity = Annotated[
    float | None,
    typer.Option(
        "--max-similarity",
        metavar="S",
        min=0.0,
        max=1.0,
        help="Redraw clips nearer to music, as 0.98.",
    ),
]


def read_key(text: str | None) -> "Key | None":
    """Read what was given to ``--key``; what is no key is an InputError."""
    from mixdream.analysis.key import Key

    return None if text is None else Key.parse(text)


def read_ask(
    like: str | None,
    energy: float | None,
    bass: float | None,
    brightness: float | None,
    busyness: float | None,
    noisiness: float | None,
) -> "Ask":
    """Read what the music is to be like."""
    from mixdream.runs.ask import Ask

    return Ask(
        like=like, energy=energy, bass=bass, brightness=brightness, busyness=busyness, noisiness=noisiness
    )
