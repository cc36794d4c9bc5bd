"""Latent flow: noise to vectors by a flow, one vector for each sixteenth, and those to a spectrogram."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.models.codec import COLUMNS, Cells, Decoder, Encoder, fill, white_values
from mixdream.models.flow import Flow
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.scaling import SPREAD


class LatentFlow(nn.Module):
    """A codec, and a rectified flow over its vectors (Rombach et al. 2022).

    The flow sees no moments but patterns in time, see `patterns`, ``patch`` of them as one: what goes on
    through all bars is one of them, and what comes back in each bar, or on each beat, is a few.

    ``encoder`` and ``decoder`` are the channels of both. Behind the noise of the flow stands white noise,
    whose cells fill the spread that the decoder tells, then the ``conditions``, as `Flow.sample` takes them.
    ``guidance`` spares what goes on through all bars, but for what is asked for: its levels would be further
    apart than those of music.
    """

    def __init__(
        self,
        grid: Grid,
        latent: int,
        encoder: Sequence[int],
        decoder: Sequence[int],
        width: int,
        depth: int,
        patch: int,
        shift: float,
        steps: int,
        guidance: float,
        conditions: int = 0,
    ) -> None:
        super().__init__()
        self.grid, positions = grid, grid.image_shape[2] // COLUMNS
        self.ends = [latent * positions, latent_values(latent, grid)]  # of noise and white noise
        size = latent, positions
        self.flow = Flow(size, width, depth, patch, shift, steps, conditions, guidance, spared=1)
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

        In training ``noise`` are noisy patterns of the levels, shape (flows, 1, latent, positions), to be
        seen through, and ``images`` are to be encoded and, with the dither on their vectors, decoded: one
        call for both, what the flow predicts and what the decoder knows, since a network that is trained by
        several processes is called once a step.
        """
        if images is not None and dither is not None and level is not None:
            cells = self.decoder(self.encoder(images) + dither)
            return self.flow(noise, level, conditions), cells
        noise, white, told = noise.tensor_split(self.ends, 1)
        vectors = patterns(SPREAD * self.flow.sample(torch.cat([noise, told], 1))[:, 0])
        return fill(self.decoder(vectors), white, self.grid)

    def go_on(self, noise: Tensor, known: Tensor, columns: int) -> Tensor:
        """Make images of noise, as in `forward`, whose first columns are those of known ones."""
        noise, white, told = noise.tensor_split(self.ends, 1)
        whole = columns // COLUMNS  # vectors, all of whose columns are known
        heard = self.encoder(known[..., : COLUMNS * whole])
        vectors = F.pad(heard, (0, known.shape[3] // COLUMNS - whole))
        mask = (torch.arange(vectors.shape[2], device=noise.device) < whole).to(noise)
        made = self.flow.sample(
            torch.cat([noise, told], 1),
            patterns(vectors)[:, None] / SPREAD,
            lambda images: patterns(patterns(images) * mask),
        )
        images = fill(self.decoder(patterns(SPREAD * made[:, 0])), white, self.grid)
        return torch.cat([known[..., :columns].expand(len(images), -1, -1, -1), images[..., columns:]], 3)


def patterns(vectors: Tensor) -> Tensor:
    """Walsh-Hadamard transform over time, its own inverse, of vectors, shape (..., latent, positions).

    Position 0 becomes the sum of all moments, 1 the difference of even and odd ones, half of them that of the
    first half and the second, and so on (Walsh 1923): noise stays noise, while music, which comes back after
    1, 2, 4, 8 beats, gathers in few of them.
    """
    from scipy.linalg import hadamard  # here: it takes its time to import

    positions = vectors.shape[-1]
    return vectors @ (torch.from_numpy(hadamard(positions)).to(vectors) / positions**0.5)


def latent_values(latent: int, grid: Grid) -> int:
    """How many values of noise an image is made from, without conditions."""
    return latent * (grid.image_shape[2] // COLUMNS) + white_values(grid)
