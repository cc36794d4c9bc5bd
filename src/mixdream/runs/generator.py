"""The network that a recipe describes, untrained."""

import torch
from torch import nn

from mixdream.models import wavegan
from mixdream.models.dcgan import Generator
from mixdream.models.flow import Flow
from mixdream.models.latent_flow import LatentFlow
from mixdream.recipes.recipe import Recipe
from mixdream.runs.conditions import Conditions


def new_generator(recipe: Recipe, conditions: Conditions | None = None) -> nn.Module:
    """Return an untrained network that makes images, shape (batch, *grid.image_shape), from noise.

    See `mixdream.runs.noise.draw_noise` for its noise.
    """
    model, (channels, rows, columns) = recipe.model, recipe.grid.image_shape
    size = rows, columns
    width = conditions.width if conditions else 0
    with torch.device("cpu"):
        if model.family == "flow":
            return Flow(size, model.width, model.depth, model.patch, model.shift, model.steps, width)
        if model.family == "latent-flow":
            return LatentFlow(
                recipe.grid,
                model.latent,
                model.encoder,
                model.decoder,
                model.width,
                model.depth,
                model.patch,
                model.shift,
                model.steps,
                model.guidance,
                width,
            )
        if model.family == "wavegan":
            return wavegan.Generator(model.latent, model.width, recipe.grid.clip_samples)
        if model.family == "unet":
            from mixdream.models.unet import Diffusion  # here: diffusers takes its time to import

            return Diffusion(
                size,
                model.channels,
                model.attention_levels,
                model.layers,
                model.noise_levels,
                model.sampler,
                model.steps,
                *((0.0, 1.0) if recipe.grid.scaling == "min-max" else (-1.0, 1.0)),
            )
        return Generator(model.latent, model.generator, size, width, channels, model.speckle)
