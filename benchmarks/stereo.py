"""Ceiling of grids in stereo: real windows as a model's images and back, each number beside the original's.

Run ``python -m benchmarks.stereo CORPUS`` with a corpus of 32 kHz in stereo. One thread.
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.fidelity import magnitude_snr_db
from mixdream.analysis.smear import transient_smear_ms
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram.folding import unfold
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes
from mixdream.spectrogram.width import from_channel, make_side
from mixdream.training.batches import Batches, set_names
from mixdream.training.prepare import fit_scaling

WINDOWS = 24
RISE_S = 0.004
STRONGEST = 0.01  # of the rises
BANDS_HZ = (60, 200, 1000, 4000, 8000, 14_000)
AUDIBLE_DB = -60.0  # of a band, under the window; a side, under its middle, has to be within 30
EDGE_S = 0.05


def bands(audio: np.ndarray, rate_hz: int, edges_hz: tuple[float, ...]) -> np.ndarray:
    """Audio, shape (samples,), in bands, shape (bands, samples)."""
    spectrum, hz = np.fft.rfft(audio), np.fft.rfftfreq(len(audio), 1 / rate_hz)
    parts = [
        np.fft.irfft(spectrum * ((hz >= low) & (hz < high)), len(audio)) for low, high in pairwise(edges_hz)
    ]
    return np.stack(parts)


def strongest_rises_db(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """Mean of the strongest rises of level from 4 ms to 4 ms, in each band, shape (bands,)."""
    step = round(RISE_S * rate_hz)
    parts = bands(audio, rate_hz, BANDS_HZ)
    energy = np.square(parts[:, : parts.shape[1] // step * step]).reshape(len(parts), -1, step).mean(axis=2)
    level_db = 10 * np.log10(energy + 1e-5 * energy.max(axis=1, keepdims=True) + 1e-12)
    rises = np.sort(np.diff(level_db, axis=1), axis=1)
    return rises[:, -max(1, round(STRONGEST * rises.shape[1])) :].mean(axis=1)


def sides(audio: np.ndarray, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Side over middle in dB, correlation of left and right, of audio, shape (2, samples), in bands.

    NaN where nothing is heard.
    """
    left, right = audio
    middle, side = (bands(part, rate_hz, BANDS_HZ) for part in ((left + right) / 2, (left - right) / 2))
    m, s, cross = (middle**2).mean(1), (side**2).mean(1), (middle * side).mean(1)
    heard = (m > 10 ** (AUDIBLE_DB / 10) * m.sum()) & (s > 1e-3 * m)
    correlation = (m - s) / np.sqrt(np.maximum((m + s) ** 2 - 4 * cross**2, 1e-30))
    level_db = 10 * np.log10((s + 1e-20) / (m + 1e-20))
    return np.where(heard, level_db, np.nan), np.where(heard, correlation, np.nan)


def ways(recipe: Recipe, corpus: Corpus) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Original windows and those that went each way, shape (windows, 2, samples)."""
    grid = recipe.grid
    windows = training_windows(recipe, corpus)
    statistics = fit_scaling(windows, grid)
    scaler = Scaler(grid.scaling, statistics)
    rows = spread(len(windows), WINDOWS)
    names, seeds = set_names(windows, rows), list(range(len(rows)))
    clip = slice(grid.lead, grid.lead + grid.clip_samples)
    original = windows.read(rows, mono=False)
    middle, side = (
        torch.from_numpy(part) for part in (original.mean(-1), (original[..., 0] - original[..., 1]) / 2)
    )
    images = Batches(windows, grid, scaler, 2, 0, torch.device("cpu")).images(rows)

    def heard(levels: Tensor) -> Tensor:
        return invert(recipe.inversion, levels, grid, seeds)

    def through(levels: Tensor) -> Tensor:
        return heard(scaler.unscale(scaler.scale(levels, names), names))

    made = heard(scaler.unscale(unfold(images, grid), names))
    widths = from_channel(images[:, -1])
    pairs = {
        "middle as it was, made side": (middle[:, clip], make_side(middle[:, clip], widths, grid)),
        "inverted middle, made side": (made, make_side(made, widths, grid)),
        "middle and side, both inverted": (made, through(magnitudes(side, grid))),
    }
    stereo = {name: torch.stack([m + s, m - s], 1).numpy() for name, (m, s) in pairs.items()}
    return original[:, clip].transpose(0, 2, 1), stereo


def compare(name: str, original: np.ndarray, made: np.ndarray, rate_hz: int) -> None:
    """Print how far one way is from the original."""
    edge = round(EDGE_S * rate_hz)
    rises, levels, correlations, smears, snrs = [], [], [], [], []
    for real, own in zip(original[..., edge:-edge], made[..., edge:-edge], strict=True):
        rises += [
            strongest_rises_db(b, rate_hz) - strongest_rises_db(a, rate_hz)
            for a, b in zip(real, own, strict=True)
        ]
        (level, correlation), (own_level, own_correlation) = (sides(each, rate_hz) for each in (real, own))
        levels.append(own_level - level)
        correlations.append(own_correlation - correlation)
        smears += [transient_smear_ms(a, b, rate_hz) for a, b in zip(real, own, strict=True)]
        snrs.append(magnitude_snr_db(real.mean(0), own.mean(0), rate_hz))

    def row(values: np.ndarray) -> str:
        return " ".join(f"{value:6.2f}" for value in values)

    smear = float(np.mean([each for each in smears if each is not None]))
    print(f"{name}: middle SNR {np.mean(snrs):.1f} dB, smear {smear:.2f} ms")
    print(f"  strongest rises, dB      {row(np.mean(rises, 0))}")
    error_db, error = np.nanmean(np.abs(levels)), np.nanmean(np.abs(correlations))
    print(f"  side over middle, dB     {row(np.nanmean(levels, 0))}  mean |error| {error_db:.2f}")
    print(f"  correlation left, right  {row(np.nanmean(correlations, 0))}  mean |error| {error:.3f}")


def main() -> None:
    """Print every way of the recipe `cpu`."""
    torch.set_num_threads(1)
    corpus = Corpus.open(Path(sys.argv[1]))
    print("bands in Hz: " + ", ".join(f"{low} to {high}" for low, high in pairwise(BANDS_HZ)))
    recipe = load_recipe("cpu")
    original, made = ways(recipe, corpus)
    for name, audio in made.items():
        compare(name, original, audio, recipe.grid.rate_hz)


if __name__ == "__main__":
    main()
