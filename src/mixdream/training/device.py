"""Where a training runs and in which number format."""

import time

import torch
from accelerate import Accelerator


def new_accelerator() -> Accelerator:
    """Accelerator on the GPU where there is one, else on the CPU.

    Started by ``torchrun`` or ``accelerate launch`` it joins the other processes: over NCCL on GPUs, over
    gloo on CPUs, which accelerate does only where the CPU is asked for.
    """
    return Accelerator(cpu=not torch.accelerator.is_available())


def choose_precision(wanted: str, device: torch.device) -> str:
    """``bf16`` or ``fp32``: what was asked for, or for ``auto`` the one that is faster on this device.

    bf16 is taken where a matrix product runs at least 1.2 times as fast in it as in fp32; its range is that
    of fp32, so losses need no scaling.
    """
    if wanted != "auto":
        return wanted
    return "bf16" if _seconds(torch.float32, device) > 1.2 * _seconds(torch.bfloat16, device) else "fp32"


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    """Best of five matrix products of the size of a convolution layer."""
    matrix = torch.ones(1024, 1024, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        (matrix @ matrix)[0, 0].item()
        best = min(best, time.perf_counter() - began)
    return best
