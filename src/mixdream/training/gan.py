"""The adversarial step of the thesis (ch. 4), for one process or many."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional as F

from mixdream.generation.run import new_generator
from mixdream.models.dcgan import Discriminator, draw_latent
from mixdream.recipes.recipe import Recipe

_SAMPLED = 64  # images made at a time


class GanTrainer:
    """Generator, discriminator, their optimisers, and the step that trains them.

    Random numbers are functions of (seed, step, process), so the state to save is weights and optimisers.

    Parameters
    ----------
    recipe : Recipe
        With ``training.precision`` resolved to ``bf16`` or ``fp32``.
    seed : int
    accelerator : Accelerator
        Places the networks on its device and averages gradients over its processes.
    """

    def __init__(self, recipe: Recipe, seed: int, accelerator: Accelerator) -> None:
        self.recipe, self.seed, self.accelerator = recipe, seed, accelerator
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            generator = new_generator(recipe)
            discriminator = Discriminator(recipe.model.discriminator, (recipe.grid.bins, recipe.grid.frames))
        for network in (generator, discriminator):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = None
        if recipe.training.ema is not None:
            self.ema = copy.deepcopy(generator).eval().requires_grad_(False).to(accelerator.device)
        self.generator, self.discriminator, self.optimizer_g, self.optimizer_d = accelerator.prepare(
            generator, discriminator, self._optimizer(generator), self._optimizer(discriminator)
        )

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        training = self.recipe.training
        if training.optimizer == "adam":
            return torch.optim.Adam(network.parameters(), training.learning_rate, betas=training.betas)
        return torch.optim.SGD(network.parameters(), training.learning_rate)

    def step(self, real: Tensor, step: int) -> dict[str, float]:
        """Take one step of the discriminator, then one of the generator.

        Parameters
        ----------
        real : Tensor, shape (batch, 1, bins, frames)
            Scaled spectrograms on the accelerator's device.
        step : int
            Counted from 0; decides the noise.

        Returns
        -------
        dict
            ``loss_d`` (real plus fake), ``loss_g``, and the mean probability of being real that the
            discriminator gave to real windows (``d_real``) and to generated ones before and after its own
            update (``d_fake_before``, ``d_fake_after``); means over all processes.
        """
        self.generator.train()
        real = real.contiguous(memory_format=torch.channels_last)

        self.optimizer_d.zero_grad()
        with self._autocast():
            logits_real = self.discriminator(real)
        loss_real = _cross_entropy(logits_real, self.recipe.training.real_label)
        self.accelerator.backward(loss_real)

        latent = self._latent(len(real), step)
        with self._autocast():
            fake = self.generator(latent)
            logits_before = self.discriminator(fake.detach())
        loss_fake = _cross_entropy(logits_before, 0.0)
        self.accelerator.backward(loss_fake)
        self.optimizer_d.step()

        self.optimizer_g.zero_grad()
        # The generator's update needs no gradients of the discriminator's weights.
        with self._frozen_discriminator() as judge, self._autocast():
            logits_after = judge(fake)
            loss_g = _cross_entropy(logits_after, 1.0)
            self.accelerator.backward(loss_g)
        self.optimizer_g.step()
        self._average()

        names = ("loss_d", "loss_g", "d_real", "d_fake_before", "d_fake_after")
        values = torch.stack(
            [
                (loss_real + loss_fake).detach(),
                loss_g.detach(),
                *(
                    logits.detach().float().sigmoid().mean()
                    for logits in (logits_real, logits_before, logits_after)
                ),
            ]
        )
        return dict(zip(names, self.accelerator.reduce(values, "mean").tolist(), strict=True))

    @torch.no_grad()
    def sample(self, count: int) -> Tensor:
        """Images of the same noise at every call, shape (count, 1, bins, frames), float32 on the CPU.

        The generator runs as clips are made with it: averaged where there is an average, without learning
        anything from the noise.
        """
        rng = torch.Generator().manual_seed(self.seed)
        model = self.recipe.model
        latent = draw_latent(count, model.latent, model.noise, rng).to(self.accelerator.device)
        network = self.ema or self.accelerator.unwrap_model(self.generator)
        training = network.training
        network.eval()
        # In parts, so that many images need no more memory than a batch of the training.
        images = [network(part).float().cpu() for part in latent.split(_SAMPLED)]
        network.train(training)
        return torch.cat(images)

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Everything that a step changes, by file name, as safetensors can hold it."""
        unwrap = self.accelerator.unwrap_model
        parts = {
            "generator": unwrap(self.generator).state_dict(),
            "discriminator": unwrap(self.discriminator).state_dict(),
            "optimizer_g": _flat(self.optimizer_g.state_dict()["state"]),
            "optimizer_d": _flat(self.optimizer_d.state_dict()["state"]),
        }
        if self.ema is not None:
            parts["ema"] = self.ema.state_dict()
        return parts

    def load_tensors(self, parts: dict[str, dict[str, Tensor]]) -> None:
        """Put back what `tensors` returned."""
        unwrap = self.accelerator.unwrap_model
        unwrap(self.generator).load_state_dict(parts["generator"])
        unwrap(self.discriminator).load_state_dict(parts["discriminator"])
        if self.ema is not None:
            self.ema.load_state_dict(parts["ema"])
        for name, optimizer in (("optimizer_g", self.optimizer_g), ("optimizer_d", self.optimizer_d)):
            optimizer.load_state_dict({**optimizer.state_dict(), "state": _nested(parts[name])})

    def parameters(self) -> tuple[int, int]:
        """Count the weights of generator and discriminator."""
        generator, discriminator = (
            sum(weights.numel() for weights in network.parameters())
            for network in (self.generator, self.discriminator)
        )
        return generator, discriminator

    def _latent(self, batch: int, step: int) -> Tensor:
        entropy = np.random.SeedSequence([self.seed, step, self.accelerator.process_index])
        rng = torch.Generator().manual_seed(int(entropy.generate_state(1, np.uint64)[0] >> 1))
        model = self.recipe.model
        return draw_latent(batch, model.latent, model.noise, rng).to(self.accelerator.device)

    def _autocast(self) -> torch.autocast:
        enabled = self.recipe.training.precision == "bf16"
        return torch.autocast(self.accelerator.device.type, torch.bfloat16, enabled=enabled)

    @contextmanager
    def _frozen_discriminator(self) -> Iterator[nn.Module]:
        judge = self.accelerator.unwrap_model(self.discriminator)
        judge.requires_grad_(False)
        try:
            yield judge
        finally:
            judge.requires_grad_(True)

    @torch.no_grad()
    def _average(self) -> None:
        decay = self.recipe.training.ema
        if self.ema is None or decay is None:
            return
        network = self.accelerator.unwrap_model(self.generator)
        for kept, weights in zip(self.ema.parameters(), network.parameters(), strict=True):
            kept.lerp_(weights, 1 - decay)
        for average, buffer in zip(self.ema.buffers(), network.buffers(), strict=True):
            if average.is_floating_point():  # statistics of batch normalisation; not its count of batches
                average.lerp_(buffer, 1 - decay)


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(
        logits.float(), torch.full_like(logits, label, dtype=torch.float32)
    )


def _flat(state: dict[int, dict[str, Tensor]]) -> dict[str, Tensor]:
    return {f"{i}.{name}": value for i, values in state.items() for name, value in values.items()}


def _nested(flat: dict[str, Tensor]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for key, value in flat.items():
        i, name = key.split(".", 1)
        state.setdefault(int(i), {})[name] = value
    return state
