"""Options that several commands share, each said once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mixdream import HIGHEST_SEED

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
EnergyOption = Annotated[
    Literal["low", "middle", "high"] | None, typer.Option("--energy", help="How full the music is.")
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
    typer.Option("--inversion", metavar="NAME", help="random-phase, griffin-lim, pghi or pghi+gl."),
]
Rate = Annotated[int, typer.Option("--rate", metavar="HZ", help="Of the files in Hz.")]
Form = Annotated[Literal["wav", "flac"], typer.Option("--format", help="24-bit WAV or FLAC.")]
KeepLevel = Annotated[
    bool, typer.Option("--keep-level", help="Leave the model's level; else -14 LUFS, at most -1 dBTP.")
]
MaxSimilarity = Annotated[
    float | None,
    typer.Option(
        "--max-similarity",
        metavar="S",
        min=0.0,
        max=1.0,
        help="Redraw clips nearer to the music than a share S of real music is to other music, as 0.98.",
    ),
]
