"""Small checkpoints: the weights that clips are made with, in half precision, small enough to keep many."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from mixdream.errors import InputError
from mixdream.files import folder_atomically, write_atomically, write_json
from mixdream.runs.checkpoint import STATE_NAME, load_state, step_of, tensors_path
from mixdream.runs.run import SMALL_FOLDER, Run

MOST_BYTES = 200_000_000
"""What all small checkpoints of a run may take on the disk."""


def keep_small(run: Run, checkpoint: Path, most_bytes: int = MOST_BYTES) -> Path:
    """Write ``small/step-*/`` of a checkpoint: its weights stay when the checkpoint is deleted.

    Clips of it differ from the checkpoint's own by the rounding of its weights. Where all of them take more
    than ``most_bytes``, the one goes whose neighbours are nearest to each other, so that those that are left
    are spread over the training; the first and the last stay.
    """
    small = run.folder / SMALL_FOLDER / checkpoint.name
    weights = halved(run.load_generator(checkpoint).state_dict(), checkpoint)
    with folder_atomically(small) as folder:
        write_atomically(tensors_path(folder, run.clip_part), save(weights))
        write_json(folder / STATE_NAME, load_state(checkpoint) | {"parts": [run.clip_part]})
    _thin_out(run, most_bytes)
    return small


def halved(weights: Mapping[str, Tensor], checkpoint: Path) -> dict[str, Tensor]:
    """Weights in half precision; what counts batches stays as it is."""
    made = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in weights.items()
    }
    if not all(torch.isfinite(value).all() for value in made.values()):
        raise InputError(f"{checkpoint} does not fit half precision: it is broken, use an earlier one")
    return made


def _thin_out(run: Run, most_bytes: int) -> None:
    kept = run.small_checkpoints()
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in kept}
    while sum(sizes[path] for path in kept) > most_bytes and len(kept) > 2:
        steps = [step_of(path) for path in kept]
        gaps = [after - before for before, after in zip(steps, steps[2:], strict=False)]
        shutil.rmtree(kept.pop(1 + gaps.index(min(gaps))))
