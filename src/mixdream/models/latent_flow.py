"""Latent flow: noise to vectors by a flow, one vector for each sixteenth, and those to a spectrogram."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mixdream.models.codec import COLUMNS, Cells, Decoder, Encoder, fill, white_values
from mixdream.models.flow import Flow
from mixdream.spectrogram.grid import Grid


class LatentFlow(nn.Module):
    """A codec, and a rectified flow over its vectors (Rombach et al. 2022).

    ``encoder`` and ``decoder`` are the channels of both. Behind the noise of the flow stands white noise,
    whose cells fill the spread that the decoder tells, then the ``conditions``.
    """

    def __init__(
        self,
        grid: Grid,
        latent: int,
        encoder: Sequence[int],
        decoder: Sequence[int],
        width: int,
        depth: int,
        shift: float,
        steps: int,
        guidance: float,
        conditions: int = 0,
    ) -> None:
        super().__init__()
        self.grid, positions = grid, grid.image_shape[2] // COLUMNS
        self.values = [latent * positions, white_values(grid), conditions]
        self.flow = Flow((latent, positions), width, depth, 1, shift, steps, conditions, guidance)
        self.encoder = Encoder(latent, encoder, grid)
        self.decoder = Decoder(latent, decoder, grid)

    def forward(
        self,
        noise: Tensor,
        images: Tensor | None = None,
        dither: Tensor | None = None,
        level: Tensor | None = None,
        conditions: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Cells]:
        """Noise, N(0, 1), shape (batch, values), to images, shape (batch, channels, rows, columns).

        In training ``noise`` are noisy vectors of the levels, shape (flows, 1, latent, positions), to be seen
        through, and ``images`` are to be encoded and, with the dither on their vectors, decoded: one call for
        both, what the flow predicts and what the decoder knows, since a network that is trained by several
        processes is called once a step.
        """
        if images is not None and dither is not None and level is not None:
            cells = self.decoder(self.encoder(images) + dither)
            return self.flow(noise, level, conditions), cells
        noise, white, told = noise.split(self.values, 1)
        vectors = self.flow.sample(torch.cat([noise, told], 1))[:, 0]
        return fill(self.decoder(vectors), white, self.grid)


def latent_values(latent: int, grid: Grid) -> int:
    """How many values of noise an image is made from, without conditions."""
    return latent * (grid.image_shape[2] // COLUMNS) + white_values(grid)
