"""Voice: many spectrograms to audio, and how far the audio is from what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.consistency import consistency
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.images import waveform_images
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.transform import magnitudes
from mixdream.spectrogram.width import make_side, widths_of

_BATCH = 32


@dataclass(frozen=True)
class Voice:
    """How a model's spectrograms become audio: the way that real audio goes for the ceiling, too."""

    grid: Grid
    scaler: Scaler
    inversion: str

    def heard(self, spectrograms: Tensor, seeds: Sequence[int], report: Report = silent) -> Tensor:
        """Audio, shape (n, grid.clip_samples), of linear magnitudes, shape (n, bins, frames)."""
        parts: list[Tensor] = []
        for first in range(0, len(seeds), _BATCH):
            batch = slice(first, first + _BATCH)
            parts.append(invert(self.inversion, spectrograms[batch], self.grid, seeds[batch]))
            report(min(1.0, (first + _BATCH) / len(seeds)), self.inversion)
        return torch.cat(parts)

    def seen(self, magnitudes: Tensor, sets: Sequence[str]) -> Tensor:
        """Real magnitudes, shape (n, bins, frames), as a model sees them: scaled and back."""
        return self.scaler.unscale(self.scaler.scale(magnitudes, sets), sets)

    def spoken(
        self,
        spectrograms: Tensor,
        seeds: Sequence[int],
        report: Report = silent,
        widths: Tensor | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Audio as files are written, and its errors.

        Parameters
        ----------
        spectrograms : Tensor, shape (n, bins, frames), >= 0, linear
        seeds : sequence of int, one per spectrogram
        widths : Tensor, shape (n, WIDTH_BANDS, columns), in dB, optional
            Of stereo; see `mixdream.spectrogram.width`.

        Returns
        -------
        audio : np.ndarray, shape (n, grid.clip_samples, channels), float32
            Turned down where it would leave full scale. NaN where the spectrogram is no number.
        errors : np.ndarray, shape (n,)
            `mixdream.analysis.consistency.consistency`.
        """
        finite = torch.isfinite(spectrograms).all(dim=(1, 2))
        wanted = torch.where(finite[:, None, None], spectrograms, 0.0)
        made = self.heard(wanted, seeds, report)
        pairs = zip(wanted.split(_BATCH), made.split(_BATCH), strict=True)
        errors = torch.cat([consistency(asked, heard, self.grid) for asked, heard in pairs]).numpy()
        audio = made[..., None].numpy()
        if widths is not None:
            sides = [
                make_side(middle, wide, self.grid)
                for middle, wide in zip(made.split(_BATCH), widths.split(_BATCH), strict=True)
            ]
            side = torch.cat(sides)
            audio = torch.stack([made + side, made - side], -1).numpy()
        audio = audio / np.maximum(1.0, np.abs(audio).max(axis=(1, 2), keepdims=True)).astype(np.float32)
        audio[~finite.numpy()] = np.nan
        return audio, errors

    def passed(self, windows: np.ndarray, sets: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Real windows, shape (n, grid.samples, channels), through grid, scaling, inversion; see `spoken`.

        For a model of waveforms they are their clips as they are.
        """
        audio = torch.from_numpy(windows)
        if self.grid.scaling == "waveform":
            return waveform_images(audio.mean(2), self.grid)[:, 0, 0, :, None].numpy(), np.zeros(len(windows))
        seen = self.seen(magnitudes(audio.mean(2), self.grid), sets)
        widths = widths_of(audio, self.grid) if self.grid.channels == 2 else None
        return self.spoken(seen, range(len(windows)), widths=widths)
