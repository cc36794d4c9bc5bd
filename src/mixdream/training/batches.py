"""Batches of real spectrograms, computed from the corpus when they are needed."""

import numpy as np
import torch
from torch import Tensor

from mixdream.corpus.split import split_corpus
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import WindowIndex, index_windows
from mixdream.errors import InputError
from mixdream.recipes.recipe import Recipe
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import scale
from mixdream.spectrogram.transform import magnitudes


def training_windows(recipe: Recipe, corpus: Corpus) -> WindowIndex:
    """Windows of the corpus that the recipe trains on.

    Raises
    ------
    InputError
        The corpus has another sample rate than the recipe's grid, or no window at all.
    """
    if corpus.rate_hz != recipe.grid.rate_hz:
        raise InputError(
            f"the corpus has {corpus.rate_hz} Hz but recipe {recipe.name} needs {recipe.grid.rate_hz} Hz: "
            f"build one with 'mixdream corpus build ... --rate {recipe.grid.rate_hz}'"
        )
    windows = recipe.windows
    return index_windows(
        corpus,
        windows.seconds,
        slide_ms=windows.slide_ms,
        total=windows.total,
        spans=split_corpus(corpus, windows.seconds, windows.held_out).train if windows.held_out else None,
    )


class Batches:
    """Real spectrograms in an order that is a function of seed and epoch alone.

    Nothing has to be saved to go on where a killed run stopped.

    Parameters
    ----------
    windows : WindowIndex
    grid : Grid
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
        windows: WindowIndex,
        grid: Grid,
        batch: int,
        seed: int,
        device: torch.device,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.windows, self.grid, self.batch, self.seed = windows, grid, batch, seed
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
        return scale(magnitudes(audio, self.grid), self.grid.scaling)[:, None]
