"""Trainer: networks, optimisers, averaged weights and the state to save, for every objective."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from mixdream.recipes.models import Conditional
from mixdream.recipes.recipe import Recipe
from mixdream.runs.conditions import Conditions
from mixdream.runs.generator import new_generator
from mixdream.runs.noise import noise_of_seed

_SAMPLED = 64  # images made at a time
_LARGEST_GRADIENT = 1.0  # norm, of one network that removes noise


class Trainer(ABC):
    """Networks, their optimisers, and the step that trains them.

    Random numbers are functions of (seed, step, process), so the state to save is weights and optimisers.

    Of the ``networks`` and their ``optimizers``, by name, the ``generator`` makes images from noise, and what
    else there is only helps to train it; ``ema`` is the moving average of its weights, if there is one. The
    recipe's precision is resolved to ``bf16`` or ``fp32``.
    """

    def __init__(
        self, recipe: Recipe, seed: int, accelerator: Accelerator, conditions: Conditions | None = None
    ) -> None:
        self.recipe, self.seed, self.accelerator, self.conditions = recipe, seed, accelerator, conditions
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            networks = self.new_networks()
        for network in networks.values():
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = None
        if recipe.training.ema is not None:
            generator = networks["generator"]
            self.ema = copy.deepcopy(generator).eval().requires_grad_(False).to(accelerator.device)
        optimizers = [self._optimizer(network) for network in networks.values()]
        prepared = accelerator.prepare(*networks.values(), *optimizers)
        self.networks = dict(zip(networks, prepared[: len(networks)], strict=True))
        self.optimizers = dict(zip(networks, prepared[len(networks) :], strict=True))

    def new_networks(self) -> dict[str, nn.Module]:
        """Return untrained networks on the CPU, the ``generator`` first."""
        return {"generator": new_generator(self.recipe, self.conditions)}

    @abstractmethod
    def step(self, real: Tensor, step: int, conditions: Tensor | None = None) -> dict[str, float]:
        """Take one step, counted from 0, and return what ``metrics.jsonl`` says of it.

        Images, shape (batch, *grid.image_shape), are on the accelerator's device; with them come
        their conditions, shape (batch, width), where the recipe has some. The step decides the noise.
        """

    @property
    def generator(self) -> nn.Module:
        """The generator without accelerate's wrapper."""
        return self.accelerator.unwrap_model(self.networks["generator"])

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """Images of the same noise at every call, shape (count, *grid.image_shape), float32 on the CPU.

        The generator runs as clips are made with it: averaged where there is an average, without learning
        anything from the noise.
        """
        seeds = range(self.seed, self.seed + count)
        noises = [noise_of_seed(self.recipe, seed, self.conditions) for seed in seeds]
        noise = torch.cat(noises).to(self.accelerator.device)
        network = self.ema or self.generator
        training = network.training
        network.eval()
        # In parts, so that many images need no more memory than a batch of the training.
        images = [network(part).float().cpu() for part in noise.split(_SAMPLED)]
        network.train(training)
        return torch.cat(images)

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Everything that a step changes, by file name, as safetensors can hold it."""
        parts = {}
        for name, network in self.networks.items():
            parts[name] = self.accelerator.unwrap_model(network).state_dict()
            parts[f"optimizer_{name}"] = _flat(self.optimizers[name].state_dict()["state"])
        if self.ema is not None:
            parts["ema"] = self.ema.state_dict()
        return parts

    def load_tensors(self, parts: dict[str, dict[str, Tensor]]) -> None:
        """Put back what `tensors` returned."""
        for name, network in self.networks.items():
            self.accelerator.unwrap_model(network).load_state_dict(parts[name])
            optimizer = self.optimizers[name]
            state = _nested(parts[f"optimizer_{name}"])
            optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        if self.ema is not None:
            self.ema.load_state_dict(parts["ema"])

    def begin(self, real: Iterable[Tensor]) -> None:  # noqa: B027 - most networks begin at random
        """Give networks that are new what can be computed from batches of images before the first step."""

    def export(self, folder: Path) -> None:  # noqa: B027 - most models have no other format
        """Write the model in the format of the library that it is from, where there is one."""

    @property
    def untold(self) -> float:
        """Share of the conditions that the model is not told."""
        return self.recipe.model.untold if isinstance(self.recipe.model, Conditional) else 0.0

    def parameters(self) -> dict[str, int]:
        """Count the weights of each network."""
        return {
            name: sum(weights.numel() for weights in network.parameters())
            for name, network in self.networks.items()
        }

    def rng(self, step: int, *purpose: int) -> torch.Generator:
        """Random numbers of a step in this process; others for each ``purpose``, unless it is 0."""
        entropy = np.random.SeedSequence([self.seed, step, self.accelerator.process_index, *purpose])
        return torch.Generator().manual_seed(int(entropy.generate_state(1, np.uint64)[0] >> 1))

    def set_rate(self, step: int) -> None:
        """Set the learning rate of a step: after ``rate_falls_after`` steps it falls with their root.

        So it needs no end to be known before (Karras et al. 2024, "Analyzing and improving the training
        dynamics of diffusion models", eq. 67).
        """
        training = self.recipe.training
        if training.rate_falls_after is not None:
            rate = training.learning_rate / max(1.0, step / training.rate_falls_after) ** 0.5
            for optimizer in self.optimizers.values():
                for group in optimizer.param_groups:
                    group["lr"] = rate

    def autocast(self) -> torch.autocast:
        """Context of the forward passes."""
        enabled = self.recipe.training.precision == "bf16"
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=enabled)

    def descend(
        self, losses: dict[str, Tensor], step: int, clipped: nn.Module | None = None
    ) -> dict[str, float]:
        """Let the only network of a family take its step down the sum of its losses.

        The gradient is clipped, of all of it or of the part that is named.
        """
        self.optimizers["generator"].zero_grad()
        self.accelerator.backward(torch.stack(list(losses.values())).sum())
        part = self.networks["generator"] if clipped is None else clipped
        self.accelerator.clip_grad_norm_(part.parameters(), _LARGEST_GRADIENT)
        self.optimizers["generator"].step()
        self.average(step)
        return self.means(losses)

    def means(self, values: dict[str, Tensor]) -> dict[str, float]:
        """Scalars as floats, averaged over all processes."""
        table = torch.stack([value.detach().float() for value in values.values()])
        return dict(zip(values, self.accelerator.reduce(table, "mean").tolist(), strict=True))

    @torch.no_grad()
    def average(self, step: int) -> None:
        """Let the averaged weights follow, after the generator's step.

        The decay grows to that of the recipe as ``(1 + step) / (10 + step)``: the average soon forgets
        the weights that it began with.
        """
        if self.ema is None or self.recipe.training.ema is None:
            return
        decay = min(self.recipe.training.ema, (1 + step) / (10 + step))
        new = [*self.generator.parameters(), *self.generator.buffers()]
        for average, value in zip([*self.ema.parameters(), *self.ema.buffers()], new, strict=True):
            if average.is_floating_point():  # batch normalisation counts batches, too
                average.lerp_(value, 1 - decay)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        training = self.recipe.training
        if training.optimizer == "adam":
            return torch.optim.Adam(network.parameters(), training.learning_rate, betas=training.betas)
        return torch.optim.SGD(network.parameters(), training.learning_rate)


def _flat(state: dict[int, dict[str, Tensor]]) -> dict[str, Tensor]:
    return {f"{i}.{name}": value for i, values in state.items() for name, value in values.items()}


def _nested(flat: dict[str, Tensor]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for key, value in flat.items():
        i, name = key.split(".", 1)
        state.setdefault(int(i), {})[name] = value
    return state
