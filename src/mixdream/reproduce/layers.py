"""Tables 4.1 to 4.4: the layers of the networks, read off the networks as they are built."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mixdream.models.dcgan import Discriminator, Generator
from mixdream.recipes.load import load_recipe
from mixdream.recipes.models import Dcgan

THESIS_SIZES = {
    "generator": {
        "thesis-1": ("2048×4×4", "1024×8×8", "512×16×16", "256×32×32", "128×64×64", "1×128×128"),
        "thesis-3": ("1024×4×4", "512×8×8", "256×16×16", "128×32×32", "64×64×64", "1×128×128"),
    },
    "discriminator": {
        "thesis-1": ("32×64×64", "64×32×32", "128×16×16", "256×8×8", "512×4×4", "1"),
        "thesis-3": ("16×64×64", "32×32×32", "64×16×16", "128×8×8", "256×4×4", "1"),
    },
}
"""Output sizes that tables 4.3 and 4.4 print, for models 1 and 2, and 3 and 4."""


@dataclass(frozen=True)
class Layer:
    """A layer: what it does, and the size of what comes out, without the batch."""

    operations: tuple[str, ...]
    size: str


def layers_of(name: str, network: str) -> list[Layer]:
    """Layers of the ``generator`` or ``discriminator`` of a recipe; it is built, but takes no memory."""
    recipe = load_recipe(name)
    model = recipe.model
    if not isinstance(model, Dcgan):
        raise TypeError(f"{name} is no DCGAN")
    size = (recipe.grid.bins, recipe.grid.frames)
    with torch.device("meta"):
        if network == "generator":
            return _read(
                Generator(model.latent, model.generator, size).layers, torch.zeros(2, model.latent, 1, 1)
            )
        return _read(Discriminator(model.discriminator, size).layers, torch.zeros(2, 1, *size))


def _read(layers: nn.Sequential, values: Tensor) -> list[Layer]:
    found = []
    for layer in layers:
        values = layer(values)
        parts = layer if isinstance(layer, nn.Sequential) else [layer]
        shape = [extent for extent in values.shape[1:] if values.shape[1:].numel() > 1] or [1]
        found.append(Layer(tuple(map(_in_words, parts)), "×".join(map(str, shape))))
    return found


def _in_words(module: nn.Module) -> str:
    """A module as tables 4.1 and 4.2 write it."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        kernel, stride, padding = (
            values[0] for values in (module.kernel_size, module.stride, module.padding)
        )
        return (
            f"{type(module).__name__}({module.in_channels}, {module.out_channels}, kernel_size={kernel}, "
            f"stride={stride}, padding={padding})"
        )
    if isinstance(module, nn.LeakyReLU):
        return f"Leaky ReLU, negative slope {module.negative_slope:g}"
    return {nn.BatchNorm2d: "Batch Normalization", nn.ReLU: "ReLU", nn.Tanh: "Tanh"}[type(module)]
