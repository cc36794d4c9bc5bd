"""Voice: many spectrograms to audio, and how far the audio is from what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.consistency import consistency
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes

_BATCH = 32


@dataclass(frozen=True)
class Voice:
    """How a model's spectrograms become audio: the way that real audio goes for the ceiling, too.

    Attributes
    ----------
    grid : Grid
    scaler : Scaler
    inversion : str
    """

    grid: Grid
    scaler: Scaler
    inversion: str

    def spoken(
        self,
        spectrograms: Tensor,
        seeds: Sequence[int],
        report: Report = silent,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Audio of linear magnitudes.

        Parameters
        ----------
        spectrograms : Tensor, shape (n, bins, frames), >= 0
        seeds : sequence of int, one per spectrogram
        report : callable

        Returns
        -------
        audio : np.ndarray, shape (n, grid.clip_samples), float32
            Turned down where it would leave full scale, as files are written. NaN where the spectrogram is
            no number.
        errors : np.ndarray, shape (n,)
            `mixdream.analysis.consistency.consistency`.
        """
        finite = torch.isfinite(spectrograms).all(dim=(1, 2))
        wanted = torch.where(finite[:, None, None], spectrograms, 0.0)
        batches = list(zip(wanted.split(_BATCH), _split(seeds), strict=True))
        parts = []
        for one, some in batches:
            parts.append(invert(self.inversion, one, self.grid, some).numpy())
            report(len(parts) / len(batches), self.inversion)
        audio = np.concatenate(parts)
        errors = torch.cat(
            [
                consistency(one, torch.from_numpy(made), self.grid)
                for (one, _), made in zip(batches, parts, strict=True)
            ]
        ).numpy()
        audio = audio / np.maximum(1.0, np.abs(audio).max(axis=1, keepdims=True)).astype(np.float32)
        audio[~finite.numpy()] = np.nan
        return audio, errors

    def passed(
        self,
        windows: np.ndarray,
        sets: Sequence[str],
        report: Report = silent,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Real windows, shape (n, grid.samples), through grid, scaling and inversion; see `spoken`."""
        wanted = magnitudes(torch.from_numpy(windows), self.grid)
        seen = self.scaler.unscale(self.scaler.scale(wanted, sets), sets)
        return self.spoken(seen, range(len(windows)), report)


def _split(seeds: Sequence[int]) -> list[list[int]]:
    return [list(seeds[first : first + _BATCH]) for first in range(0, len(seeds), _BATCH)]
