"""Collections: the clips that are evaluated, from a run or from a folder of files."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from mixdream.audio.decode import read_audio
from mixdream.corpus.sources import find_sources, source_text
from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.evaluation.voice import Voice
from mixdream.progress import Report, silent

LONGEST_S = 10.0
SHORTEST_S = 1.0
_NEARLY = 0.9  # of the median: files that are so much shorter do not shorten all


@dataclass(frozen=True)
class Spectrograms:
    """What a run's clips were before they became audio.

    Attributes
    ----------
    magnitudes : Tensor, shape (n, bins, frames), linear
    voice : Voice
    errors : np.ndarray, shape (n,)
        See `mixdream.evaluation.voice.Voice.spoken`.
    """

    magnitudes: Tensor
    voice: Voice
    errors: np.ndarray


@dataclass(frozen=True)
class Collection:
    """Clips that belong together, and what is to be known about them.

    Attributes
    ----------
    name : str
    audio : np.ndarray, shape (n, samples), float32
        Mono; clips that are not numbers stay in, to be counted.
    rate_hz : int
    labels : tuple of str
        Of each clip: a seed, or a file.
    spectrograms : Spectrograms or None
        None for files.
    facts : dict of str to str
    notes : tuple of str
        What a reader must know, such as files left out.
    """

    name: str
    audio: np.ndarray
    rate_hz: int
    labels: tuple[str, ...]
    spectrograms: Spectrograms | None = None
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_folder(
    folder: Path,
    rate_hz: int,
    number: int,
    seed: int,
    seconds: float | None = None,
    report: Report = silent,
) -> Collection:
    """Read the audio files of a folder, of any tool and rate, as clips of one length.

    Parameters
    ----------
    folder : Path
        Or a single file.
    rate_hz : int
        Rate to bring them to.
    number : int
        Clips at most; of more files a random part is read.
    seed : int
    seconds : float, optional
        Length of the clips. Unless given it is the files' own, 10 s at most: that of the shortest one which
        is not much shorter than the middle one. Longer files are cut side by side.
    report : callable

    Raises
    ------
    InputError
        Where not one file can be used.
    """
    if not folder.exists():
        raise InputError(f"'{folder}' is missing: give a run, or a folder of audio files")
    paths = find_sources([folder])
    chosen = np.sort(np.random.default_rng(seed).permutation(len(paths))[:number])
    found: dict[str, np.ndarray] = {}
    notes = []
    base = Path(os.path.abspath(folder if folder.is_dir() else folder.parent))  # noqa: PTH100 - as the paths
    for done, row in enumerate(chosen.tolist()):
        label = source_text(paths[row].relative_to(base))
        report(done / len(chosen), label)
        try:
            found[label] = _read(paths[row], rate_hz)
        except InputError as error:
            notes.append(f"left out: {error}")
    lengths = [len(audio) / rate_hz for audio in found.values()]
    if not lengths:
        raise InputError(f"not one file in '{folder}' can be read; the first: {notes[0]}")
    if seconds is None:
        usual = float(np.median(lengths))
        seconds = min(LONGEST_S, *(length for length in lengths if length >= _NEARLY * usual))
    if seconds < SHORTEST_S:
        raise InputError(
            f"the files in '{folder}' last {seconds:.2f} s: what is under {SHORTEST_S:g} s cannot be judged"
        )
    samples = round(seconds * rate_hz)
    clips, labels = _cut(found, samples, rate_hz)
    if short := [label for label, audio in found.items() if len(audio) < samples]:
        notes.append(f"left out: {len(short)} files shorter than {seconds:.2f} s, such as '{short[0]}'")
    if not clips:
        raise InputError(f"no file in '{folder}' is as long as the windows of {seconds:.2f} s")
    rows = spread(len(clips), number)
    facts = {"files": f"{len(found)} of {len(paths)}", "clips": f"{len(rows)} of {seconds:.2f} s"}
    name = folder.resolve().name
    audio = np.stack([clips[row] for row in rows])
    return Collection(name, audio, rate_hz, tuple(labels[row] for row in rows), None, facts, tuple(notes))


def _cut(found: dict[str, np.ndarray], samples: int, rate_hz: int) -> tuple[list[np.ndarray], list[str]]:
    clips, labels = [], []
    for label, audio in found.items():
        for first in range(0, len(audio) - samples + 1, samples):
            clips.append(audio[first : first + samples])
            labels.append(f"{label} from {first / rate_hz:.0f} s" if first else label)
    return clips, labels


def _read(path: Path, rate_hz: int) -> np.ndarray:
    """Audio of a file, mono; one NaN in front where the file has some, since the decoder takes them out."""
    audio, nonfinite = read_audio(path, rate_hz)
    if nonfinite and len(audio):
        audio[0] = np.nan
    return audio[:, 0]
