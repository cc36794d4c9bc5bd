"""Pictures of a training: loss curves, real beside generated, one image enlarged (thesis 4.3 to 4.16)."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mixdream.files import write_with
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.picture import for_the_eye, mosaic
from mixdream.training.convergence import Convergence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID_OF = 64  # images in a mosaic, as in the thesis


def save_mosaic(path: Path, magnitudes: np.ndarray) -> None:
    """Write a PNG of all spectrograms, shape (count, bins, frames), rescaled for the eye."""
    picture = Image.fromarray(mosaic(for_the_eye(magnitudes)))
    write_with(path, partial(picture.save, format="PNG"))


def save_real_and_fake(path: Path, real: np.ndarray, fake: np.ndarray) -> None:
    """Draw real beside generated spectrograms: as they are above, rescaled for the eye below."""
    height = 7 * real.shape[1] / real.shape[2] + 0.3
    figure = _figure(14, 2 * height)
    axes = figure.subplots(2, 2)
    for column, (title, values) in enumerate((("Real", real), ("Generated", fake))):
        axes[0, column].imshow(mosaic(values), cmap="gray", vmin=0, vmax=255)
        axes[0, column].set_title(f"{title}, magnitudes as they are")
        axes[1, column].imshow(mosaic(for_the_eye(values)), cmap="gray", vmin=0, vmax=255)
        axes[1, column].set_title(f"{title}, rescaled for the eye")
    for axis in axes.flat:
        axis.set_axis_off()
    write_with(path, partial(figure.savefig, format="png", dpi=100))


def save_single(path: Path, real: np.ndarray, fake: np.ndarray, grid: Grid) -> None:
    """Draw one real and one generated spectrogram, enlarged, with axes."""
    figure = _figure(14, 5.2)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, title, image in zip(axes, ("Real", "Generated"), (real[0], fake[0]), strict=True):
        seconds = grid.frames * grid.hop / grid.rate_hz
        axis.imshow(
            for_the_eye(image),
            origin="lower",
            aspect="auto",
            cmap="magma",
            extent=(0, seconds, 0, grid.bins * grid.rate_hz / grid.n_fft),
        )
        axis.set_title(title)
        axis.set_xlabel("time (s)")
    axes[0].set_ylabel("frequency (Hz)")
    write_with(path, partial(figure.savefig, format="png", dpi=100))


def save_losses(path: Path, history: dict[str, np.ndarray], convergence: Convergence) -> None:
    """Draw the losses over epochs, and what a discriminator says of real and generated windows."""
    if "loss_d" not in history:
        _save_one_loss(path, history)
        return
    figure = _figure(9, 7)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    epoch = history["epoch"]
    above.plot(epoch, history["loss_g"], label="generator", color="tab:blue")
    above.plot(epoch, history["loss_d"], label="discriminator", color="tab:orange")
    above.set_ylabel("loss (nats)")
    above.set_title(convergence.sentence)
    _mark_plateau(above, convergence)
    below.plot(epoch, history["d_real"], label="D(x)", color="tab:green")
    below.plot(epoch, history["d_fake_before"], label="D(G(z)) before", color="tab:red")
    if "d_fake_after" in history:
        below.plot(epoch, history["d_fake_after"], label="D(G(z)) after", color="tab:red", linestyle=":")
    below.set_ylabel("probability of real")
    below.set_ylim(0, 1)
    below.set_xlabel("epoch")
    for axis in (above, below):
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # beside the curves, never over them
        axis.grid(alpha=0.3)
    write_with(path, partial(figure.savefig, format="png", dpi=100))


def _figure(width_in: float, height_in: float) -> "Figure":
    # Here, because matplotlib takes its time to import; a training need not wait for it to begin.
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def _save_one_loss(path: Path, history: dict[str, np.ndarray]) -> None:
    figure = _figure(9, 5)
    axis = figure.subplots()
    if "loss" in history:
        axis.plot(history["epoch"], history["loss"], color="tab:blue")
    axis.set_ylabel("mean squared error")
    axis.set_xlabel("epoch")
    axis.grid(alpha=0.3)
    write_with(path, partial(figure.savefig, format="png", dpi=100))


def _mark_plateau(axis: "Axes", convergence: Convergence) -> None:
    start, stop = convergence.from_epoch, convergence.to_epoch
    if start is not None and stop is not None:
        axis.axvspan(start, stop, color="0.92", zorder=0)
        for loss in filter(None, (convergence.loss_d, convergence.loss_g)):
            axis.plot([start, stop], [loss, loss], color="0.4", linestyle="--", linewidth=1)
