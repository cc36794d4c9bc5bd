"""Figure of the ceiling: one window's spectrograms, the original and what comes back, side by side."""

import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.mlab import specgram

from mixdream.files import write_with
from mixdream.spectrogram.picture import RANGE_DB

_FRAME_S = 0.023  # none of the grids that are shown


def draw_ceiling(path: Path, versions: Mapping[str, np.ndarray], rate_hz: int, label: str) -> None:
    """Draw versions of one window, each of shape (samples,), on the same scales as a PNG file.

    The original is the first: its loudest cell is 0 dB in all of them. ``label`` says what the window is.
    """
    n_fft = 4 * round(rate_hz * _FRAME_S / 4)
    spectra = [
        np.asarray(specgram(audio, n_fft, rate_hz, noverlap=n_fft - n_fft // 8, mode="magnitude")[0], float)
        for audio in versions.values()
    ]
    loudest = max(float(spectra[0].max()), 1e-9)
    figure = Figure(figsize=(3.4 * len(spectra), 4.6), layout="constrained")
    axes = figure.subplots(1, len(spectra), sharey=True, squeeze=False)[0]
    for axis, (name, audio), spectrum in zip(axes, versions.items(), spectra, strict=True):
        image = axis.imshow(
            20 * np.log10(np.maximum(spectrum / loudest, 10 ** (-RANGE_DB / 20))),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=-RANGE_DB,
            vmax=0,
            extent=(0, len(audio) / rate_hz, 0, rate_hz / 2000),
            interpolation="nearest",
        )
        axis.set(xlabel="time (s)")
        axis.set_title(name.replace("_", "\n"), parse_math=False)
    axes[0].set(ylabel="frequency (kHz)")
    figure.colorbar(image, ax=axes.tolist(), label="level (dB below the original's loudest)", pad=0.01)
    figure.suptitle(label, parse_math=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # names in any script
        write_with(path, partial(figure.savefig, format="png", dpi=110))
