"""Batches of real spectrograms or waveforms, computed from the corpus when they are needed."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.descriptors import DESCRIPTORS, describe
from mixdream.corpus.beat_windows import BeatWindows
from mixdream.errors import InputError
from mixdream.evaluation.copies.band_levels import spectrogram_levels
from mixdream.recipes.windows import TrainingWindows
from mixdream.runs.conditions import Conditions
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.images import image_magnitudes, images_of
from mixdream.spectrogram.scaling import Scaler
from mixdream.training.image_cache import ImageCache

_CELLS = 2**21  # samples of frames that are transformed at a time: more do not fit into the cache


class Batches:
    """Real spectrograms in an order that is a function of seed and epoch alone.

    Nothing has to be saved to go on where a killed run stopped. ``batch`` windows make a step, over all of
    ``world`` processes, of which this one is ``rank``. Images of windows of beats are kept on the disk of the
    ``folder``, which need not be there yet, or that of temporary files, see `mixdream.training.image_cache`.
    """

    def __init__(
        self,
        windows: TrainingWindows,
        grid: Grid,
        scaler: Scaler,
        batch: int,
        seed: int,
        device: torch.device,
        rank: int = 0,
        world: int = 1,
        folder: Path | None = None,
    ) -> None:
        self.windows, self.grid, self.scaler, self.batch, self.seed = windows, grid, scaler, batch, seed
        self.device, self.rank, self.world = device, rank, world
        self._cache = None
        if isinstance(windows, BeatWindows):
            self._cache = ImageCache(len(windows), grid.image_shape, folder, world)
        self._order_epoch, self._order = -1, np.empty(0, dtype=np.int64)
        self._described = np.full((len(windows), len(DESCRIPTORS)), np.nan)  # what is known so far
        if batch < 2 * world:
            raise InputError(
                f"training.batch {batch} is too small for {world} processes: each needs two windows, so at "
                f"least {2 * world} together"
            )
        # A last batch that leaves a process without two windows cannot be batch-normalised.
        whole, rest = divmod(len(windows), batch)
        self.steps_per_epoch = whole + (rest >= 2 * world)
        if self.steps_per_epoch == 0:
            raise InputError(
                f"{len(windows)} windows are too few for {world} process(es): lower windows.slide_ms or "
                "raise windows.total, or give the corpus longer sets"
            )

    def rows(self, step: int) -> np.ndarray:
        """Rows of the windows that this process takes in a step, counted from 0 over all epochs."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._order_epoch:
            self._order = np.random.default_rng([self.seed, epoch]).permutation(len(self.windows))
            self._order_epoch = epoch
        return self._order[position * self.batch : (position + 1) * self.batch][self.rank :: self.world]

    def images(self, rows: np.ndarray) -> Tensor:
        """Windows as a model sees them: scaled and folded, shape (rows, *grid.image_shape)."""
        images = self._cache.images(rows, self._make) if self._cache else self._make(rows)
        # As convolutions take them.
        return images.to(self.device, torch.float32).contiguous(memory_format=torch.channels_last)

    def _make(self, rows: np.ndarray) -> Tensor:
        some = max(1, _CELLS // (self.grid.frames * self.grid.n_fft))
        return torch.cat([self._make_some(rows[first : first + some]) for first in range(0, len(rows), some)])

    def _make_some(self, rows: np.ndarray) -> Tensor:
        audio = torch.from_numpy(self.windows.read(rows, mono=self.grid.channels == 1)).to(self.device)
        return images_of(audio, self.grid, self.scaler, set_names(self.windows, rows))

    def levels(self, images: Tensor) -> np.ndarray:
        """Levels of bands that copies are found by, of images, shape (rows, *grid.image_shape)."""
        return spectrogram_levels(self.magnitudes(images), self.grid)

    def magnitudes(self, images: Tensor) -> Tensor:
        """Linear magnitudes of images, shape (rows, bins, frames), on the CPU."""
        return image_magnitudes(images.float().cpu(), self.grid, self.scaler)

    def descriptors(self, rows: np.ndarray, images: Tensor) -> np.ndarray:
        """Descriptors of windows and their images, shape (rows, 5), see `mixdream.analysis.descriptors`."""
        new = np.isnan(self._described[rows]).any(axis=1)
        if new.any():
            described = describe(self.magnitudes(images[torch.from_numpy(new)]), self.grid)
            self._described[rows[new]] = described.numpy()
        return self._described[rows]

    def encode(
        self, rows: np.ndarray, images: Tensor, conditions: Conditions | None, step: int, untold: float
    ) -> Tensor | None:
        """Conditions of windows and their images as a model is told them in a step, shape (rows, width).

        A share of the descriptors is ``untold``.
        """
        windows = self.windows
        if conditions is None or not isinstance(windows, BeatWindows):
            return None
        rng = np.random.default_rng([self.seed, step, self.rank])
        beats = windows.in_bar[rows].astype(np.int64)
        return conditions.for_training(self.descriptors(rows, images), beats, untold, rng).to(self.device)


def set_names(windows: TrainingWindows, rows: np.ndarray) -> list[str]:
    """Sets that windows are from."""
    return [windows.corpus.sets[i].name for i in windows.set_index[rows]]
