"""Hearing: which figures of `mixdream evaluate` move when real music is spoilt in a known way.

Run ``python -m benchmarks.hearing CORPUS [--clips 300]`` on a corpus of 32 kHz stereo. Other windows of the
music are spoilt and compared with the reference, as clips are. It prints a matrix of distortion against
figure: ``*`` marks a figure whose interval does not touch that of windows as they are, and ``MISSED`` or
``FALSE`` one that had to move or must not. The exit code is the number of these; what is in neither table is
free.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import scipy.fft
import torch
from torch.nn import functional as F

from mixdream.corpus.store import Corpus
from mixdream.evaluation.collection import heard_as, sample_run
from mixdream.evaluation.intervals import Estimate
from mixdream.evaluation.measure import Yardstick, make_yardstick, measure
from mixdream.evaluation.reference import reference_for_recipe
from mixdream.evaluation.sections import HANDCRAFTED, RANDOM_NET, TEXTURE, Measures
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.transform import magnitudes

FIGURES = ("KD sound", "KD texture", "KD random net", "coverage sound", "coverage texture", "told apart")
_ALL = frozenset(FIGURES)
_SOUND, _TEXTURE, _NET, _TOLD = "KD sound", "KD texture", "KD random net", "told apart"

MUST = {
    "averaged over 3 frames": {_SOUND, _TEXTURE, _NET, _TOLD},
    "smeared by 8 ms": {_TEXTURE, _NET, _TOLD},
    "smeared by 16 ms": {_TEXTURE, _NET, _TOLD},
    "below 8 kHz": _ALL,
    "below 4 kHz": _ALL,
    "noise above 8 kHz": {_TEXTURE, _TOLD},
    "mono": {_TEXTURE, _TOLD},
    "widened": {_TEXTURE, _TOLD},
    "bundled model": _ALL,
}
MUST_NOT = {
    "other real windows": _ALL,
    "mono": {_SOUND, _NET, "coverage sound"},
    "widened": {_SOUND, _NET, "coverage sound"},
}
SURE = {"averaged over 3 frames": 0.99, "bundled model": 0.99}  # share that the judge must get right


def low_passed(clips: np.ndarray, rate_hz: int, highest_hz: float) -> np.ndarray:
    """Clips, shape (n, samples, channels), without what is above a frequency."""
    spectra = scipy.fft.rfft(clips, axis=1)
    spectra[:, round(highest_hz * clips.shape[1] / rate_hz) :] = 0
    return scipy.fft.irfft(spectra, clips.shape[1], axis=1)


def smeared(clips: np.ndarray, rate_hz: int, most_ms: float) -> np.ndarray:
    """Delay every frequency by 0 to so many ms, up and down again every 200 Hz: spectra stay as they are."""
    samples = clips.shape[1]
    hz = np.arange(samples // 2 + 1) * rate_hz / samples
    delay_s = most_ms / 1000 * np.square(np.sin(np.pi * hz / 200))
    turn = np.exp(-2j * np.pi * np.cumsum(delay_s) * rate_hz / samples).astype(np.complex64)
    return scipy.fft.irfft(scipy.fft.rfft(clips, axis=1) * turn[None, :, None], samples, axis=1)


def averaged(clips: np.ndarray, rate_hz: int, frames: int = 3) -> np.ndarray:
    """Average the magnitudes of mid and side over frames of 8 ms, and invert them."""
    hop = round(0.008 * rate_hz)
    grid = Grid(
        rate_hz=rate_hz, n_fft=4 * hop, hop=hop, bins=2 * hop, frames=clips.shape[1] // hop, window="hann"
    )
    after = grid.samples - grid.lead - grid.clip_samples

    def blurred(audio: np.ndarray) -> np.ndarray:
        around = torch.from_numpy(np.pad(audio[:, : grid.clip_samples], ((0, 0), (grid.lead, after))))
        wide = F.pad(magnitudes(around.float(), grid), (frames // 2, frames // 2), mode="replicate")
        return invert("pghi", F.avg_pool1d(wide, frames, 1), grid, range(len(audio))).numpy()

    parts = np.array_split(clips, max(1, len(clips) // 16))
    mid = np.concatenate([blurred(part.mean(axis=2)) for part in parts])
    if clips.shape[2] == 1:
        return mid[..., None]
    side = np.concatenate([blurred((part[..., 0] - part[..., 1]) / 2) for part in parts])
    return np.stack([mid + side, mid - side], axis=2)


def noise_above(clips: np.ndarray, rate_hz: int, lowest_hz: float) -> np.ndarray:
    """Put noise of the same power, moment by moment (4 ms), in the place of what is above a frequency."""
    low = low_passed(clips, rate_hz, lowest_hz)
    noise = np.random.default_rng(0).standard_normal(clips.shape).astype(np.float32)
    noise -= low_passed(noise, rate_hz, lowest_hz)
    window = np.hanning(2 * round(0.004 * rate_hz))

    def envelope(audio: np.ndarray) -> np.ndarray:
        sides = [np.convolve(np.square(side), window, "same") for side in audio.T]
        return np.sqrt(np.maximum(np.stack(sides, axis=1), 1e-12))

    gains = [envelope(top) / envelope(hiss) for top, hiss in zip(clips - low, noise, strict=True)]
    return low + noise * np.stack(gains)


def widened(clips: np.ndarray, side_gain: float) -> np.ndarray:
    """Stereo with its side so many times as strong; 0 is mono."""
    mid = clips.mean(axis=2, keepdims=True)
    return mid + side_gain * (clips - mid)


def distortions(rate_hz: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Everything that is done to real windows, shape (n, samples, channels)."""
    return {
        "averaged over 3 frames": lambda clips: averaged(clips, rate_hz),
        "smeared by 8 ms": lambda clips: smeared(clips, rate_hz, 8),
        "smeared by 16 ms": lambda clips: smeared(clips, rate_hz, 16),
        "below 8 kHz": lambda clips: low_passed(clips, rate_hz, 8000),
        "below 4 kHz": lambda clips: low_passed(clips, rate_hz, 4000),
        "noise above 8 kHz": lambda clips: noise_above(clips, rate_hz, 8000),
        "mono": lambda clips: widened(clips, 0.0),
        "widened": lambda clips: widened(clips, 2.0),
    }


def figures_of(measures: Measures) -> dict[str, Estimate | None]:
    """The figures of a row of the matrix."""
    names = {"sound": HANDCRAFTED, "texture": TEXTURE, "random net": RANDOM_NET}
    found: dict[str, Estimate | None] = {}
    for figure in FIGURES[:-1]:
        kind, ear = figure.split(" ", 1)
        key = "kernel_distance" if kind == "KD" else "coverage"
        found[figure] = measures.embeddings[names[ear]].figures.get(key)
    return found | {"told apart": measures.told_apart}


def moved(figure: Estimate | None, floor: Estimate | None) -> bool:
    """Whether two intervals do not touch."""
    return figure is not None and floor is not None and (figure.low > floor.high or figure.high < floor.low)


def judge_row(
    name: str, found: Mapping[str, Estimate | None], floor: Mapping[str, Estimate | None]
) -> tuple[list[str], int]:
    """The cells of a row, and how many of them are not as they must be."""
    cells, wrong = [], 0
    for figure in FIGURES:
        estimate, has_moved = found[figure], moved(found[figure], floor[figure])
        missed = figure in MUST.get(name, ()) and not has_moved
        if figure == "told apart" and name in SURE:
            missed |= estimate is None or estimate.value < SURE[name]
        false = figure in MUST_NOT.get(name, ()) and has_moved
        value = "-" if estimate is None else f"{estimate.value:.{0 if figure.startswith('KD') else 2}f}"
        cells.append(value + "*" * has_moved + " MISSED" * missed + " FALSE" * false)
        wrong += missed + false
    return cells, wrong


def matrix(yardstick: Yardstick, rows: np.ndarray) -> int:
    """Print the matrix for some of the other real windows; how many cells are wrong."""
    windows, rate_hz = yardstick.reference.other, yardstick.reference.rate_hz
    real = np.array(windows.audio[rows, : yardstick.samples])
    plain = measure(yardstick, real, yardstick.place(real, windows, rows))
    floor = figures_of(plain)
    print("| | " + " | ".join(FIGURES) + " |\n|" + "---|" * (len(FIGURES) + 1))
    wrong = 0

    def show(name: str, found: Measures) -> int:
        cells, misses = judge_row(name, figures_of(found), floor)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
        return misses

    wrong += show("other real windows", plain)
    for name, spoil in distortions(rate_hz).items():
        clips = spoil(real).astype(np.float32)
        wrong += show(name, measure(yardstick, clips, yardstick.place(clips, windows, rows), plain))
    model = heard_as(sample_run(Run.pretrained(), len(rows), 0), rate_hz, real.shape[2])
    clips = model.audio[:, : yardstick.samples]
    return wrong + show("bundled model", measure(yardstick, clips, yardstick.place(clips), plain))


def main() -> None:
    """Print the matrix; exit with the number of wrong cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--clips", type=int, default=300)
    chosen = parser.parse_args()
    reference = reference_for_recipe(Run.pretrained().recipe, Corpus.open(chosen.corpus))
    number = min(chosen.clips, len(reference.other.audio))
    yardstick = make_yardstick(reference, reference.clip_samples, number, 0)
    sys.exit(matrix(yardstick, yardstick.chosen(len(reference.other.audio))))


if __name__ == "__main__":
    main()
