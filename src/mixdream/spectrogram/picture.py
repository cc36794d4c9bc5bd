"""Spectrograms as pictures: for the eye, and many in one."""

import numpy as np

RANGE_DB = 60.0  # distance from the loudest cell to black


def for_the_eye(magnitudes: np.ndarray) -> np.ndarray:
    """Brightness in [0, 1] by decibels below the loudest cell of each spectrogram, shape (..., bins, frames).

    Linear magnitudes look black but for a few dots, as the thesis found (figure 3.5).
    """
    loudest = magnitudes.max(axis=(-2, -1), keepdims=True)
    relative = np.divide(magnitudes, loudest, out=np.zeros_like(magnitudes), where=loudest > 0)
    decibels = 20 * np.log10(np.maximum(relative, 1e-12))
    return np.clip(1 + decibels / RANGE_DB, 0, 1)


def mosaic(images: np.ndarray, columns: int = 8) -> np.ndarray:
    """Put images, shape (count, bins, frames), in [0, 1], side by side, with white lines between them.

    Low frequencies are at the bottom; uint8, shape (height, width).
    """
    rows = -(-len(images) // columns)
    bins, frames = images.shape[1:]
    picture = np.full((rows * (bins + 2) - 2, columns * (frames + 2) - 2), 255, dtype=np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (bins + 2), i % columns * (frames + 2)
        picture[top : top + bins, left : left + frames] = np.round(255 * np.clip(image[::-1], 0, 1))
    return picture
