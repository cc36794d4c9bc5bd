"""Noise that generators make clips from, and the paths from one noise to another.

Along both paths a noise stays what the generator learnt to take: its values keep their distribution.
"""

import math

import numpy as np
import torch
from torch import Tensor

from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.models.dcgan import draw_latent
from mixdream.recipes.models import Dcgan, LatentFlow, WaveGan
from mixdream.recipes.recipe import Recipe
from mixdream.runs.ask import NOTHING, Ask
from mixdream.runs.conditions import Conditions

_STEP = 2**-24  # between uniform float32 values as torch draws them


def draw_noise(recipe: Recipe, seed: int, encoded: Tensor | None = None) -> Tensor:
    """Noise that a recipe's generator makes one clip from, shape (1, values), a function of the seed.

    It is a latent vector, with speckle behind it where the generator takes some, or a flattened spectrogram
    of noise; behind it stand the encoded conditions, shape (1, values), of a generator that has them.
    """
    rng = torch.Generator().manual_seed(seed)
    noise = draw_latent(1, recipe.noise_values, "uniform" if _is_uniform(recipe) else "normal", rng)
    return noise if encoded is None else torch.cat([noise, encoded], 1)


def encode_told(recipe: Recipe, conditions: Conditions, told: np.ndarray, ask: Ask = NOTHING) -> Tensor:
    """Encode descriptors that a clip is told, shape (5,), quantiles, for `draw_noise`.

    For a generator with guidance there is twice as much: what is told, and what of it was not asked for.
    """
    encoded = conditions.encode(told[None])
    if not (isinstance(recipe.model, LatentFlow) and recipe.model.guidance > 1):
        return encoded
    drawn = np.where([name in ask.descriptors for name in DESCRIPTORS], np.nan, told)
    return torch.cat([encoded, conditions.encode(drawn[None])], 1)


def noise_of_seed(recipe: Recipe, seed: int, conditions: Conditions | None = None) -> Tensor:
    """Noise for a seed, with conditions drawn as often as they are in the music, shape (1, values)."""
    if conditions is None:
        return draw_noise(recipe, seed)
    return draw_noise(recipe, seed, encode_told(recipe, conditions, conditions.draw(seed)))


def vary_noise(recipe: Recipe, noise: Tensor, other: Tensor, strength: float) -> Tensor:
    """Turn a noise towards another: ``cos(a) z + sin(a) n`` with ``a = strength * pi / 2``.

    For independent z and n ~ N(0, 1) the result is N(0, 1) too, and its correlation with z is ``cos(a)``.
    Uniform noise is varied as its normal scores. Conditions stay as they are. At ``strength`` 0 it is the
    noise itself, at 1 the other one.
    """
    angle = strength * math.pi / 2
    (noise, encoded), (other, _) = _parts(recipe, noise), _parts(recipe, other)
    z, n = _scores(recipe, noise), _scores(recipe, other)
    return torch.cat([_noise(recipe, math.cos(angle) * z + math.sin(angle) * n), encoded], 1)


def morph_noise(recipe: Recipe, start: Tensor, end: Tensor, position: float) -> Tensor:
    """Go from one noise to another on a great circle (slerp, Shoemake 1985, "Animating rotation", sec. 3.3).

    The straight line between two noises passes nearer to zero than any noise that the generator has seen.
    Uniform noise goes as its normal scores. Conditions fade from one to the other. ``position`` 0 is the
    start, 1 the end.
    """
    (start, encoded), (end, encoded_end) = _parts(recipe, start), _parts(recipe, end)
    a, b = _scores(recipe, start), _scores(recipe, end)
    cosine = float((a * b).sum() / (a.norm() * b.norm()))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(angle) < 1e-6:  # the same, or opposite: no circle is the one between them
        mixed = (1 - position) * a + position * b
    else:
        mixed = (math.sin((1 - position) * angle) * a + math.sin(position * angle) * b) / math.sin(angle)
    return torch.cat([_noise(recipe, mixed), torch.lerp(encoded, encoded_end, position)], 1)


def _parts(recipe: Recipe, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Noise proper, and the encoded conditions behind it."""
    return noise[:, : recipe.noise_values], noise[:, recipe.noise_values :]


def _scores(recipe: Recipe, noise: Tensor) -> Tensor:
    """Values as N(0, 1), in double precision."""
    noise = noise.double()
    return torch.special.ndtri(noise.clamp(_STEP / 2, 1 - _STEP / 2)) if _is_uniform(recipe) else noise


def _noise(recipe: Recipe, scores: Tensor) -> Tensor:
    """Inverse of `_scores`, in single precision; uniform values stay under 1."""
    noise = torch.special.ndtr(scores).clamp(_STEP / 2, 1 - _STEP) if _is_uniform(recipe) else scores
    return noise.float()


def _is_uniform(recipe: Recipe) -> bool:
    return isinstance(recipe.model, Dcgan | WaveGan) and recipe.model.noise == "uniform"
