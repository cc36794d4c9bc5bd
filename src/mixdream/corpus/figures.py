"""Figures of a corpus: those of the thesis's chapter 3, and an overview of each set."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixdream.corpus.overview import draw_overview
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import WindowIndex, spread_windows
from mixdream.files import write_with
from mixdream.progress import Report, clock, silent
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.picture import for_the_eye, mosaic
from mixdream.spectrogram.transform import magnitudes

GRID_OF = 64
"""Spectrograms in figures 3.5 and 3.6."""

FLOOR_DB = -80.0
"""Quietest level that colours tell apart."""


def draw_figures(corpus: Corpus, folder: Path, report: Report = silent) -> list[Path]:
    """Draw a corpus as PNG pictures: figures 3.1, 3.2, 3.3, 3.5, 3.6, then one overview per set.

    The folder is made where it is missing; pictures in it are replaced.
    """
    figures = _thesis_figures(corpus, Grid.for_rate(corpus.rate_hz))
    for record in corpus.sets:
        figures[f"set-{record.name}"] = partial(draw_overview, corpus, record)
    return _write(figures, folder, report)


def draw_thesis_figures(corpus: Corpus, folder: Path, report: Report = silent) -> list[Path]:
    """Draw those of the thesis alone, on its own grid, of a corpus of 8 kHz."""
    return _write(_thesis_figures(corpus, NAMED_GRIDS["thesis"]), folder, report)


def _thesis_figures(corpus: Corpus, grid: Grid) -> dict[str, Callable[[], Figure]]:
    windows = spread_windows(corpus, grid.seconds, GRID_OF)
    audio = windows.read(range(len(windows)))
    images = magnitudes(torch.from_numpy(audio), grid).numpy()
    chosen = _typical(audio)
    label = _label(windows, chosen)
    return {
        "3-1-waveform": lambda: _waveform(audio[chosen], grid, label),
        "3-2-spectrum": lambda: _spectrum(audio[chosen], grid, label),
        "3-3-spectrogram": lambda: _spectrogram(images[chosen], grid, label),
        "3-5-spectrograms": lambda: _many(np.clip(images, 0, 1), "magnitudes as they are"),
        "3-6-spectrograms-rescaled": lambda: _many(for_the_eye(images), "rescaled for the eye"),
    }


def _write(figures: dict[str, Callable[[], Figure]], folder: Path, report: Report) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i, (name, draw) in enumerate(figures.items()):
        report(i / len(figures), name)
        paths.append(folder / f"{name}.png")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # names in any script
            write_with(paths[-1], partial(draw().savefig, format="png", dpi=110))
    report(1.0, "")
    return paths


def _typical(audio: np.ndarray) -> int:
    """Pick the window that is louder than three quarters of them: music, not a break."""
    levels = np.square(audio).mean(axis=1)
    return int(np.argsort(levels, kind="stable")[(3 * (len(levels) - 1)) // 4])


def _label(windows: WindowIndex, row: int) -> str:
    name, start_s = windows.where(row)
    return f"{name}, {clock(start_s)}"


def _waveform(audio: np.ndarray, grid: Grid, label: str) -> Figure:
    """Figure 3.1: amplitude over time."""
    time_s = np.arange(len(audio)) / grid.rate_hz
    limit = max(0.1, float(np.abs(audio).max()) * 1.05)
    figure, axes = _curve(time_s, audio, 0.3, f"Waveform of a window: {label}")
    axes.set(xlabel="time (s)", ylabel="amplitude (full scale)", xlim=(0, time_s[-1]), ylim=(-limit, limit))
    return figure


def _spectrum(audio: np.ndarray, grid: Grid, label: str) -> Figure:
    """Figure 3.2: magnitude over frequency, of the whole window; a full-scale sine would reach 1."""
    magnitude = np.abs(np.fft.rfft(audio)) * 2 / len(audio)
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / grid.rate_hz)
    figure, axes = _curve(frequency_hz, magnitude, 0.5, f"Magnitude spectrum of the same window: {label}")
    axes.set(xlabel="frequency (Hz)", ylabel="magnitude", xlim=(0, grid.rate_hz / 2), ylim=(0, None))
    return figure


def _curve(x: np.ndarray, y: np.ndarray, width: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(x, y, linewidth=width, color="#1f4e79")
    axes.grid(alpha=0.25)
    axes.set_title(title, parse_math=False)
    return figure, axes


def _spectrogram(image: np.ndarray, grid: Grid, label: str) -> Figure:
    """Figure 3.3: level over time and frequency, in colour."""
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axes = figure.subplots()
    decibels = 20 * np.log10(np.maximum(image, 10 ** (FLOOR_DB / 20)))
    top_hz = grid.bins * grid.rate_hz / grid.n_fft
    shown = axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=FLOOR_DB,
        vmax=0,
        extent=(0, grid.seconds, 0, top_hz),
        interpolation="nearest",
    )
    axes.set(xlabel="time (s)", ylabel="frequency (Hz)")
    axes.set_title(f"Spectrogram of the same window: {label}", parse_math=False)
    figure.colorbar(shown, ax=axes, label="level (dB below a full-scale sine)", pad=0.01)
    return figure


def _many(images: np.ndarray, how: str) -> Figure:
    """Figures 3.5 and 3.6: many spectrograms, as brightness in [0, 1], side by side."""
    figure = Figure(figsize=(10, 10.3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(mosaic(images), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(f"{len(images)} spectrograms spread over the corpus, {how}")
    return figure
