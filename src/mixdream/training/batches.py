"""Batches of real spectrograms, computed from the corpus when they are needed."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mixdream.corpus.beat_windows import BeatWindows
from mixdream.corpus.windows import spread
from mixdream.errors import InputError
from mixdream.evaluation.copies.band_levels import spectrogram_levels
from mixdream.recipes.windows import TrainingWindows
from mixdream.runs.conditions import Conditions, energy_of
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics, fit_statistics
from mixdream.spectrogram.transform import magnitudes

_FITTED = 1024  # windows that statistics are fitted on
_FIT_BATCH = 32


def fit_scaling(windows: TrainingWindows, grid: Grid) -> LogStatistics | None:
    """Statistics that the grid's scaling needs, fitted on about 1024 windows spread over all of them."""
    if grid.scaling != "log-standard":
        return None
    rows = _fitted_rows(windows)

    def batches() -> Iterator[tuple[list[str], Tensor]]:
        for first in range(0, len(rows), _FIT_BATCH):
            some = rows[first : first + _FIT_BATCH]
            yield _set_names(windows, some), magnitudes(torch.from_numpy(windows.read(some)), grid)

    return fit_statistics(batches)


def fit_conditions(batches: "Batches") -> Conditions:
    """Count kinds of windows, on those that statistics are fitted on."""
    windows = batches.windows
    rows = _fitted_rows(windows)
    parts = (rows[first : first + _FIT_BATCH] for first in range(0, len(rows), _FIT_BATCH))
    energies = np.concatenate([energy_of(batches.images(some)) for some in parts])
    return Conditions.fit([one.name for one in windows.corpus.sets], windows.set_index[rows], energies)


def _fitted_rows(windows: TrainingWindows) -> np.ndarray:
    # And one at least of every set: each has a reference of its own.
    _, first_of_set = np.unique(windows.set_index, return_index=True)
    return np.union1d(spread(len(windows), _FITTED), first_of_set)


def _set_names(windows: TrainingWindows, rows: np.ndarray) -> list[str]:
    return [windows.corpus.sets[i].name for i in windows.set_index[rows]]


class Batches:
    """Real spectrograms in an order that is a function of seed and epoch alone.

    Nothing has to be saved to go on where a killed run stopped.

    Parameters
    ----------
    windows : WindowIndex or BeatWindows
    grid : Grid
    scaler : Scaler
    batch : int
        Windows per step over all processes.
    seed : int
    device : torch.device
        Where spectrograms are computed.
    rank, world : int
        This process, and how many share each batch.
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
    ) -> None:
        self.windows, self.grid, self.scaler, self.batch, self.seed = windows, grid, scaler, batch, seed
        self.device, self.rank, self.world = device, rank, world
        self._order_epoch, self._order = -1, np.empty(0, dtype=np.int64)
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
        """Scaled spectrograms of windows, shape (rows, 1, bins, frames)."""
        audio = torch.from_numpy(self.windows.read(rows)).to(self.device)
        return self.scaler.scale(magnitudes(audio, self.grid), _set_names(self.windows, rows))[:, None]

    def levels(self, images: Tensor) -> np.ndarray:
        """Levels of bands that copies are found by, of scaled spectrograms, shape (rows, 1, bins, frames)."""
        return spectrogram_levels(self.scaler.unscale(images[:, 0].float().cpu()), self.grid)

    def told(self, rows: np.ndarray, images: Tensor, conditions: Conditions | None) -> Tensor | None:
        """What a model with conditions is told of windows and their images, shape (rows, conditions)."""
        if conditions is None or not isinstance(self.windows, BeatWindows):
            return None
        windows = self.windows
        told = conditions.of_images(images, windows.set_index[rows], windows.in_bar[rows].astype(np.int64))
        return told.to(self.device)
