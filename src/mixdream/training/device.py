"""Where a training runs and in which number format."""

import time
from functools import cache

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from mixdream.recipes.recipe import Recipe


def new_accelerator() -> Accelerator:
    """Accelerator on the GPU where there is one, else on the CPU.

    Started by ``torchrun`` or ``accelerate launch`` it joins the other processes: over NCCL on GPUs, over
    gloo on CPUs, which accelerate does only where the CPU is asked for.
    """
    return Accelerator(cpu=not torch.accelerator.is_available())


def with_precision(recipe: Recipe, accelerator: Accelerator) -> Recipe:
    """Return the recipe with ``bf16`` or ``fp32`` in place of the precision ``auto``, alike in all processes.

    bf16 is taken where a matrix product runs at least 1.2 times as fast in it as in fp32; its range is that
    of fp32, so losses need no scaling.
    """
    if recipe.training.precision != "auto":
        return recipe
    faster = _bf16_is_faster(accelerator.device)
    return recipe.with_training(precision=broadcast_object_list(["bf16" if faster else "fp32"])[0])


@cache
def _bf16_is_faster(device: torch.device) -> bool:
    whole_s = _product_s(torch.float32, device)
    # A processor that only imitates bf16 takes seconds for a whole product; a few of its rows tell.
    if device.type == "cpu" and _product_s(torch.bfloat16, device, rows=16) > whole_s:
        return False
    return whole_s > 1.2 * _product_s(torch.bfloat16, device)


def _product_s(dtype: torch.dtype, device: torch.device, rows: int = 1024) -> float:
    """Best time of five matrix products of the size of a convolution layer, or some of its rows, in s."""
    matrix = torch.ones(1024, 1024, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        (matrix[:rows] @ matrix)[0, 0].item()
        best = min(best, time.perf_counter() - began)
    return best
