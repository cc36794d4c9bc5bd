"""Figure of the ceiling: one window's spectrograms, the original and what comes back, side by side."""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from mixdream.files import write_atomically
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.picture import RANGE_DB
from mixdream.spectrogram.transform import magnitudes


def draw_ceiling(path: Path, versions: Mapping[str, np.ndarray], rate_hz: int, label: str) -> None:
    """Draw versions of one window beside each other, on the same scales.

    Parameters
    ----------
    path : Path
        A PNG file.
    versions : mapping of name to ndarray, shape (samples,)
        The original first: its loudest cell is 0 dB in all of them.
    rate_hz : int
    label : str
        What the window is.
    """
    # 23 ms at any rate, and eight frames in each: none of the grids that are shown.
    n_fft = 4 * round(rate_hz * 0.023 / 4)
    images = []
    for audio in versions.values():
        grid = Grid(
            rate_hz=rate_hz,
            n_fft=n_fft,
            hop=n_fft // 8 or 1,
            bins=n_fft // 2,
            frames=1 + (len(audio) - n_fft) // (n_fft // 8 or 1),
            window="hann",
        )
        images.append(magnitudes(torch.from_numpy(audio).float(), grid).numpy())
    loudest = max(float(images[0].max()), 1e-6)
    figure = Figure(figsize=(3.4 * len(images), 4.6), layout="constrained")
    axes = figure.subplots(1, len(images), sharey=True, squeeze=False)[0]
    for place, (name, image) in enumerate(zip(versions, images, strict=True)):
        shown = axes[place].imshow(
            20 * np.log10(np.maximum(image / loudest, 10 ** (-RANGE_DB / 20))),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=-RANGE_DB,
            vmax=0,
            extent=(0, len(versions[name]) / rate_hz, 0, rate_hz / 2000),
            interpolation="nearest",
        )
        axes[place].set(xlabel="time (s)")
        axes[place].set_title(name.replace("_", "\n"), parse_math=False)
    axes[0].set(ylabel="frequency (kHz)")
    figure.colorbar(shown, ax=axes.tolist(), label="level (dB below the original's loudest)", pad=0.01)
    figure.suptitle(label, parse_math=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # names in any script
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=110)
    write_atomically(path, picture.getvalue())
