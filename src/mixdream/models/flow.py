"""Rectified flow: a network over time, with frequency as channels, that removes noise step by step."""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.spectrogram.scaling import SPREAD

HEAD = 64  # channels of an attention head
LOWEST_LEVEL = 0.1
"""Noise levels under it are weighed as it is: the weight 1 / level**2 of the loss would have no bound."""

_MODULATIONS = 6  # of a block: scale, shift and gate, of attention and of the gated network
_LEVELS = 32  # frequencies that a noise level is given by


class Flow(nn.Module):
    """Noise to spectrogram, along straight lines from noise to music (Liu et al. 2023, Lipman et al. 2023).

    An image at noise level ``t`` is ``z = (1 - t) x + t e``. The network predicts ``x``: one that is narrower
    than a patch cannot carry the noise through, which predicting the velocity ``e - x`` would take (Li & He
    2025). Patches of some frames and all bins are the steps in time of blocks of attention and gated
    networks, both modulated by the noise level (Peebles & Xie 2023), through one projection for all blocks to
    which each adds its own constants (Chen et al. 2024, "PixArt-alpha", adaLN-single). Nothing is padded:
    time has no ends but the learned positions.

    See `mixdream.recipes.models.Flow` for its numbers; ``size`` is (bins, frames). The larger the shift, the
    more steps of the sampler are at high noise. A projection of ``conditions`` values, which say what is
    wanted (`mixdream.runs.conditions`), is added to that of the noise level.

    ``guidance`` over 1 leads away from what is made where nothing is told (Ho & Salimans 2022, eq. 6), which
    the network must know, too; the first ``spared`` frames only from what is made of all that is told but
    was not asked for.
    """

    def __init__(
        self,
        size: tuple[int, int],
        width: int,
        depth: int,
        patch: int,
        shift: float,
        steps: int,
        conditions: int = 0,
        guidance: float = 1.0,
        spared: int = 0,
    ) -> None:
        super().__init__()
        self.size, self.patch, self.shift, self.steps = size, patch, shift, steps
        self.guidance, self.spared = guidance, spared
        values, positions = size[0] * patch, size[1] // patch
        self.inside = nn.Linear(values, width)
        # Checkpoints know the positions and the projection of conditions by these names.
        self.places = nn.Parameter(0.02 * torch.randn(positions, width))
        self.level = nn.Sequential(nn.Linear(2 * _LEVELS, width), nn.SiLU(), nn.Linear(width, width))
        self.told = nn.Linear(conditions, width, bias=False) if conditions else None
        self.modulate = nn.Linear(width, _MODULATIONS * width)
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)
        self.blocks = nn.ModuleList([_Block(width) for _ in range(depth)])
        self.outside = nn.Linear(width, values)

    def forward(
        self, images: Tensor, level: Tensor | None = None, conditions: Tensor | None = None
    ) -> Tensor:
        """Predict images, shape (batch, 1, bins, frames), without their noise of levels in [0, 1], (batch,).

        Without levels, make images from noise, see `sample`.
        """
        return self.sample(images) if level is None else self.predict(images, level, conditions) / SPREAD

    def noisy(self, images: Tensor, noise: Tensor, level: Tensor) -> Tensor:
        """Bring scaled images, shape (batch, 1, bins, frames), to noise levels, shape (batch,)."""
        level = level[:, None, None, None]
        return (1 - level) * SPREAD * images + level * noise

    def predict(self, noisy: Tensor, level: Tensor, conditions: Tensor | None = None) -> Tensor:
        """Predict what noisy images are, with a standard deviation of about 1."""
        bins, frames = self.size
        count = len(noisy)
        steps = noisy.reshape(count, bins, frames // self.patch, self.patch).transpose(1, 2)
        x = self.inside(steps.flatten(2)) + self.places
        turns = level[:, None] * torch.exp(torch.linspace(0, math.log(200), _LEVELS, device=level.device))
        modulation = self.level(torch.cat([turns.sin(), turns.cos()], 1))
        if self.told is not None and conditions is not None:
            modulation = modulation + self.told(conditions)
        modulation = self.modulate(F.silu(modulation))
        for block in self.blocks:
            x = block(x, modulation)
        made = self.outside(_normalised(x)).reshape(count, frames // self.patch, bins, self.patch)
        return made.transpose(1, 2).reshape(count, 1, bins, frames).float()

    def levels(self) -> Tensor:
        """Noise levels of the sampler, from 1 to 0, shape (steps + 1,)."""
        even, factor = torch.linspace(1, 0, self.steps + 1), math.exp(self.shift)
        return even * factor / (1 + (factor - 1) * even)

    def sample(
        self, noise: Tensor, known: Tensor | None = None, part: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Turn noise into images, shape (batch, 1, bins, frames).

        Each step goes as far as the line through the last two predictions says (Lu et al. 2022,
        "DPM-Solver++", algorithm 2, with log((1 - level) / level) for half the log signal-to-noise ratio);
        the first and the last one, at whose ends that has no bound, by Euler's method.

        Noise, shape (batch, bins * frames + conditions), is N(0, 1), with what is told behind it and, where
        guidance leads, behind that, as many values again, what is told but was not asked for. ``part``, a
        projection of images, is what is to be as in the scaled ``known``: it is put back, with as much noise,
        before each step (Lugmayr et al. 2022, "RePaint", without going back in time).
        """
        values, levels = self.size[0] * self.size[1], self.levels().to(noise.device)
        conditions, noise = noise[:, values:], noise[:, :values].reshape(-1, 1, *self.size)
        # Half the log signal-to-noise ratio; from one level to the next it rises by a step.
        steps = (levels.reciprocal() - 1).log().diff()
        z, before = noise, None
        for i, (now, after) in enumerate(pairwise(levels)):
            level = now.expand(len(z))
            if known is not None and part is not None:
                z = z + part(self.noisy(known, noise, level) - z)
            clean = ahead = self._guided(z, level, conditions)
            if before is not None and 1 < i < len(steps) - 1:
                ahead = clean + steps[i] / steps[i - 1] / 2 * (clean - before)
            z, before = ahead + after / now * (z - ahead), clean
        images = z / SPREAD
        return images if known is None or part is None else images + part(known - images)

    def go_on(self, noise: Tensor, known: Tensor, columns: int) -> Tensor:
        """Make images of noise, as `sample`, whose first columns are those of known ones."""
        mask = (torch.arange(self.size[1], device=noise.device) < columns).to(noise)
        return self.sample(noise, known, lambda images: images * mask)

    def _guided(self, noisy: Tensor, level: Tensor, conditions: Tensor) -> Tensor:
        if self.guidance == 1:
            return self.predict(noisy, level, conditions)
        told, drawn = conditions.chunk(2, 1)
        apart = [told, torch.zeros_like(told)]
        if self.spared and not torch.equal(told, drawn):
            apart.append(drawn)
        # Side by side: of a single clip, reading the weights is what takes its time.
        parts = self.predict(noisy.repeat(len(apart), 1, 1, 1), level.repeat(len(apart)), torch.cat(apart))
        wanted, away, *others = parts.chunk(len(apart))
        kept = others[0] if others else wanted
        away = torch.cat([kept[..., : self.spared], away[..., self.spared :]], 3)
        return away + self.guidance * (wanted - away)


class _Block(nn.Module):
    """Attention over time, then a gated network; scaled and shifted by noise level and conditions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.attend = nn.Linear(width, 3 * width, bias=False)
        self.attended = nn.Linear(width, width, bias=False)
        self.gate = nn.Linear(width, 3 * width, bias=False)
        self.gated = nn.Linear(3 * width // 2, width, bias=False)
        self.own = nn.Parameter(torch.zeros(_MODULATIONS * width))
        for layer in (self.attended, self.gated):  # a block begins as nothing
            nn.init.zeros_(layer.weight)

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """Shape (batch, positions, width) and (batch, 6 width) to (batch, positions, width)."""
        told = (modulation + self.own)[:, None]
        scale, shift, open_, scale2, shift2, open2 = told.chunk(_MODULATIONS, -1)
        y = _normalised(x) * (1 + scale) + shift
        parts = self.attend(y).reshape(*x.shape[:2], 3, self.heads, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        y = attention(_normalised(query), _normalised(key), value)
        x = x + (1 + open_) * self.attended(y.transpose(1, 2).reshape(x.shape))
        y = _normalised(x) * (1 + scale2) + shift2
        gate, inside = self.gate(y).chunk(2, -1)
        return x + (1 + open2) * self.gated(F.silu(gate) * inside)


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention, shape (batch, heads, positions, HEAD) each, over a few positions.

    Written out: what torch takes for it on a CPU is made for long sequences; for 16 positions in bf16 its
    backward pass takes eight times as long.
    """
    odds = query @ key.transpose(-2, -1) / HEAD**0.5
    return odds.softmax(-1).to(value.dtype) @ value


def _normalised(x: Tensor) -> Tensor:
    """Divide by the root mean square over the last axis."""
    return x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-6).to(x.dtype)
