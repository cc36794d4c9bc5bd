"""Collections: the clips that are evaluated, sampled from a run or read from a folder of files."""

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.validity import Validity, check_clips
from mixdream.analysis.voice import Voice
from mixdream.audio.decode import read_audio
from mixdream.audio.resample import to_rate
from mixdream.corpus.sources import find_sources, source_text
from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.progress import Report, part, silent
from mixdream.runs.noise import noise_of_seed
from mixdream.runs.run import METRICS_NAME, Run
from mixdream.spectrogram.images import image_magnitudes
from mixdream.spectrogram.width import from_channel

LONGEST_S = 10.0
SHORTEST_S = 1.0
_NEARLY = 0.9  # of the median: files that are so much shorter do not shorten all
_BATCH = 25
_LAST = 0.1  # of the steps: what the losses are averaged over


@dataclass(frozen=True)
class Spectrograms:
    """What a run's clips were before they became audio: linear magnitudes, shape (n, bins, frames).

    Of a run that makes waveforms: those of its audio, without errors.
    """

    magnitudes: Tensor
    voice: Voice
    errors: np.ndarray  # shape (n,), see Voice.spoken


@dataclass(frozen=True)
class Collection:
    """Clips that are evaluated together, of one run or folder."""

    name: str
    # Shape (n, samples, channels), float32; clips that are not numbers stay in, to be counted.
    audio: np.ndarray
    rate_hz: int
    labels: tuple[str, ...]  # of each clip: a seed, or a file
    spectrograms: Spectrograms | None = None  # of a run
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what a reader must know, such as files left out
    validity: Validity | None = None  # of a run, as it was made: resampled, a peak may look clipped


def sample_run(run: Run, number: int, seed: int, report: Report = silent) -> Collection:
    """Sample a run at its own tempo and rate, with its own inversion; nothing is written.

    ``seed`` is that of the first clip; the next ones count up, as in
    `mixdream.generation.generate.generate`. A run without a checkpoint is an InputError.
    """
    checkpoint = run.chosen_checkpoint()
    generator = run.load_generator(checkpoint)
    recipe, seeds = run.recipe, list(range(seed, seed + number))
    sampled = []
    for first in range(0, number, _BATCH):
        sampled.append(_sample(run, generator, seeds[first : first + _BATCH]))
        report(0.3 * first / number, "sampling")
    images = torch.cat(sampled)
    magnitudes = image_magnitudes(images, recipe.grid, run.scaler)
    voice = Voice(recipe.grid, run.scaler, recipe.inversion)
    if recipe.grid.scaling == "waveform":
        audio, errors = images[:, 0, 0, :, None].numpy(), np.zeros(number)
    else:
        widths = from_channel(images[:, -1]) if recipe.grid.channels == 2 else None
        audio, errors = voice.spoken(magnitudes, seeds, part(report, 0.3, 0.7), widths)
    facts = {
        "recipe": f"{recipe.name}: {recipe.about}",
        "checkpoint": checkpoint.name,
        "inversion": recipe.inversion,
        "clips": f"{number} of {recipe.grid.clip_samples / recipe.grid.rate_hz:.2f} s, seeds {seed} to "
        f"{seed + number - 1}",
    }
    if losses := _losses(run):
        facts["losses"] = losses
    if recipe.tempo_bpm is not None:
        facts["tempo"] = f"{recipe.tempo_bpm:.1f} BPM, the model's own; 'mixdream generate' changes it after"
    labels = tuple(f"seed {seed_of_clip}" for seed_of_clip in seeds)
    spectrograms = Spectrograms(magnitudes, voice, errors)
    return Collection(
        run.name,
        audio,
        recipe.grid.rate_hz,
        labels,
        spectrograms,
        facts,
        validity=check_clips(audio),
    )


def heard_as(collection: Collection, rate_hz: int, channels: int) -> Collection:
    """The same clips as they are heard beside music of another rate and with other channels.

    What a model lacks, the top or the sides, is lacking then, too. Mono is in all channels alike.
    """
    audio = channels_of(clips_to_rate(collection.audio, collection.rate_hz, rate_hz), channels)
    return replace(collection, audio=audio, rate_hz=rate_hz)


def clips_to_rate(clips: np.ndarray, rate_hz: int, target_hz: int) -> np.ndarray:
    """Resample clips, shape (n, samples, channels), float32."""
    if rate_hz == target_hz:
        return clips
    return np.stack([to_rate(clip, rate_hz, target_hz) for clip in clips])


def channels_of(clips: np.ndarray, channels: int) -> np.ndarray:
    """Clips, shape (n, samples, any), with so many channels: mono in all of them, or all mixed to mono."""
    if clips.shape[2] != channels and channels == 1:
        return clips.mean(axis=2, keepdims=True)
    return np.broadcast_to(clips, (*clips.shape[:2], channels))  # takes no memory


@torch.inference_mode()
def _sample(run: Run, generator: torch.nn.Module, seeds: list[int]) -> Tensor:
    """Images from seeds, in a batch: those of `generate` but for rounding, and faster."""
    return generator(torch.cat([noise_of_seed(run.recipe, seed, run.conditions) for seed in seeds]))


def _losses(run: Run) -> str:
    """Means over the last tenth of the steps; nothing where there are none."""
    try:
        text = (run.folder / METRICS_NAME).read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
    except (OSError, ValueError):
        return ""
    last = lines[-max(1, round(_LAST * len(lines))) :]
    means = [
        f"{name} {sum(line[name] for line in last) / len(last):.2f}"
        for name in ("loss_d", "loss_g")
        if last and all(name in line for line in last)
    ]
    return f"{', '.join(means)} (means of the last {len(last)} of {len(lines)} steps)" if means else ""


def read_folder(
    folder: Path,
    rate_hz: int,
    number: int,
    seed: int,
    seconds: float | None = None,
    report: Report = silent,
    channels: int = 1,
) -> Collection:
    """Read the audio files of a folder, of any tool and rate, as clips of one length.

    Parameters
    ----------
    folder : Path
        Or a single file.
    rate_hz, channels : int
        Rate and number of channels to bring them to.
    number : int
        Clips at most; of more files a random part is read.
    seconds : float, optional
        Length of the clips. Unless given it is the files' own, 10 s at most: that of the shortest one which
        is not much shorter than the middle one. Longer files are cut side by side.

    Raises
    ------
    InputError
        Where not one file can be used.
    """
    if not folder.exists():
        raise InputError(f"'{folder}' is missing: give a run, or a folder of audio files")
    paths = find_sources([folder])
    chosen = np.sort(np.random.default_rng(seed).permutation(len(paths))[:number])
    files: dict[str, np.ndarray] = {}
    notes = []
    base = Path(os.path.abspath(folder if folder.is_dir() else folder.parent))  # noqa: PTH100 - as the paths
    for done, row in enumerate(chosen.tolist()):
        label = source_text(paths[row].relative_to(base))
        report(done / len(chosen), label)
        try:
            files[label] = _read(paths[row], rate_hz, channels)
        except InputError as error:
            notes.append(f"left out: {error}")
    lengths = [len(audio) / rate_hz for audio in files.values()]
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
    clips = {
        f"{label} from {first / rate_hz:.0f} s" if first else label: audio[first : first + samples]
        for label, audio in files.items()
        for first in range(0, len(audio) - samples + 1, samples)
    }
    if short := [label for label, audio in files.items() if len(audio) < samples]:
        notes.append(f"left out: {len(short)} files shorter than {seconds:.2f} s, such as '{short[0]}'")
    if not clips:
        raise InputError(f"no file in '{folder}' is as long as the windows of {seconds:.2f} s")
    labels = [list(clips)[row] for row in spread(len(clips), number)]
    audio = np.stack([clips[label] for label in labels])
    facts = {"files": f"{len(files)} of {len(paths)}", "clips": f"{len(labels)} of {seconds:.2f} s"}
    return Collection(folder.resolve().name, audio, rate_hz, tuple(labels), None, facts, tuple(notes))


def _read(path: Path, rate_hz: int, channels: int) -> np.ndarray:
    """Audio of a file; one NaN in front where the file has some, since the decoder takes them out."""
    audio, nonfinite = read_audio(path, rate_hz, channels)
    if nonfinite and len(audio):
        audio[0] = np.nan
    return audio
