"""The step of a latent flow: its codec, and the flow over the codec's vectors."""

from collections.abc import Iterable
from typing import cast

import torch
from accelerate.utils import broadcast
from torch import Tensor
from torch.nn import functional as F

from mixdream.models.codec import (
    COLUMNS,
    Cells,
    Components,
    band_weights,
    begin_with,
    principal_components,
)
from mixdream.models.latent_flow import LatentFlow, patterns
from mixdream.recipes import models
from mixdream.spectrogram.scaling import SPREAD
from mixdream.training.flow import draw_level_and_noise, velocity_error
from mixdream.training.trainer import Trainer

_NOISE = 0.2  # at most, in vectors that are decoded: a flow makes them no better
_LEVELS = 2  # noise levels that the flow sees each window at in a step
_CELLS = 0.2  # weight of single cells
_MEANS = (1, 8), (8, 1), (4, 4)  # rows and columns that are compared as one
_USUAL_SPREAD = 0.12  # that of noise in an image
_UNTOLD = 0.1  # share of windows of which the flow is told nothing
_CALIBRATED = 8  # steps from one calibration to the next


class LatentTrainer(Trainer):
    """Codec and flow learn in the same step, so that a training may end at any of them.

    The codec learns from crops: what it has to know is local, and a step from crops is cheaper than one from
    whole images by more than it teaches less. There is no discriminator: what cannot be known of cells
    becomes their spread. The flow learns to see through noise in the vectors of whole windows.
    """

    @property
    def model(self) -> models.LatentFlow:
        """The recipe's section on the networks."""
        assert isinstance(self.recipe.model, models.LatentFlow)
        return self.recipe.model

    def begin(self, real: Iterable[Tensor]) -> None:
        """Let the codec begin with the principal components of images."""
        components = principal_components(real, self.model.latent, self.recipe.grid)
        # Sums may differ by a hair between machines.
        told = broadcast([each.to(self.accelerator.device) for each in components])
        components = Components(*(each.cpu() for each in told))
        for network in (self.generator, self.ema):
            if isinstance(network, LatentFlow):
                begin_with(components, network.encoder, network.decoder)

    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step of all networks.

        ``loss_codec`` is that of `codec_loss`, ``loss_flow`` the error of the flow's velocity.
        """
        rng = self.rng(step)
        vectors = self._encode(real)
        level, noise = draw_level_and_noise(vectors, self.model.shift, rng)
        crops = self._crops(real, rng)
        loudness = torch.rand(len(crops), 1, 1, generator=rng)
        self.networks["generator"].train()
        with self.autocast():
            seen_through, cells = self.networks["generator"](
                self._learner.flow.noisy(vectors, noise, level),
                crops,
                self._dither(loudness, rng).to(real.device),
                level,
                self._told(conditions, rng),
            )
        losses = {
            "loss_codec": codec_loss(cells, crops.contiguous(), band_weights(self.recipe.grid).to(real)),
            "loss_flow": velocity_error(seen_through, vectors, level),
        }
        taken = self.descend(losses, step, clipped=self._learner.flow)
        if step % _CALIBRATED == 0:
            self._calibrate(crops, rng)
        return taken

    @property
    def _learner(self) -> LatentFlow:
        return cast(LatentFlow, self.generator)

    @property
    def _averaged(self) -> LatentFlow:
        """The network that clips are made with; as it is, where there is no average."""
        return cast(LatentFlow, self.ema or self.generator).eval()

    @torch.no_grad()
    def _encode(self, real: Tensor) -> Tensor:
        """Patterns of the vectors of whole windows, shape (batch * levels, 1, latent, positions).

        The averaged encoder's: what the flow learns fits the averaged decoder.
        """
        with self.autocast():
            vectors = patterns(self._averaged.encoder(real).float())[:, None] / SPREAD
        return vectors.repeat(_LEVELS, 1, 1, 1)

    @torch.no_grad()
    def _calibrate(self, crops: Tensor, rng: torch.Generator) -> None:
        """Calibrate with as much noise in vectors as a flow leaves."""
        averaged, dither = self._averaged, self._dither(torch.ones(len(crops), 1, 1), rng).to(crops.device)
        with self.autocast():
            cells = averaged.decoder(averaged.encoder(crops) + dither)
        averaged.decoder.calibrate(cells, crops)
        for name, seen in averaged.decoder.named_buffers(recurse=False):
            self._learner.decoder.get_buffer(name).copy_(seen)

    def _crops(self, real: Tensor, rng: torch.Generator) -> Tensor:
        """One piece of each image, of ``crop`` columns, that begins where a vector does."""
        crop = self.model.crop
        places = (real.shape[3] - crop) // COLUMNS + 1
        firsts = (COLUMNS * torch.randint(places, (len(real),), generator=rng)).tolist()
        crops = [image[..., first : first + crop] for image, first in zip(real, firsts, strict=True)]
        return torch.stack(crops).contiguous(memory_format=torch.channels_last)

    def _dither(self, loudness: Tensor, rng: torch.Generator) -> Tensor:
        """Noise for vectors of crops, of a loudness each, at most 1, shape (count, 1, 1)."""
        size = len(loudness), self.model.latent, self.model.crop // COLUMNS
        return _NOISE * loudness * torch.randn(size, generator=rng)

    def _told(self, conditions: Tensor | None, rng: torch.Generator) -> Tensor | None:
        if conditions is None:
            return None
        told = torch.rand(len(conditions), 1, generator=rng) >= _UNTOLD
        return (conditions * told.to(conditions)).repeat(_LEVELS, 1)


def codec_loss(cells: Cells, real: Tensor, weights: Tensor) -> Tensor:
    """How far cells are from those of images, where channels have weights, shape (channels, 1, 1).

    Levels count as means over some cells in a row, in a column and in a square, and a little by cells: no
    cell of noise can be known. Spread is to be the mean absolute error that is left to the levels, and change
    the mean change of that error from column to column, both over the same squares.
    """
    error = cells.levels - real
    close = _CELLS * (weights * error.abs()).mean()
    for means in _MEANS:
        close = close + (weights * F.avg_pool2d(error, means).abs()).mean()
    left = error.detach()
    changes = left[:, : cells.change.shape[1]].diff(dim=3).abs()
    for told, true in (
        (cells.spread, left[:, : cells.spread.shape[1]].abs()),
        (cells.change[..., 1:], changes),
    ):
        close = close + F.avg_pool2d(told - true, _MEANS[-1]).abs().mean() / _USUAL_SPREAD
    return close
