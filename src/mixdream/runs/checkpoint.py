"""Checkpoints: tensors as safetensors, the rest as JSON, never pickled, never half-written."""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mixdream.errors import InputError
from mixdream.files import folder_atomically, write_atomically

KEPT = 2  # newest checkpoints that stay on the disk
STATE_NAME = "state.json"
_FOLDER = "checkpoints"


def checkpoint_name(step: int) -> str:
    """Name of the folder of a checkpoint; they sort by step."""
    return f"step-{step:09d}"


def step_of(checkpoint: Path) -> int:
    """Step of a checkpoint, from its name.

    >>> step_of(Path(checkpoint_name(1295)))
    1295
    """
    return int(checkpoint.name.removeprefix("step-"))


def checkpoint_path(run: Path, name: str) -> Path:
    """Folder of a checkpoint of a run, whether it exists or not."""
    return run / _FOLDER / name


def checkpoints_of(run: Path) -> list[Path]:
    """Complete checkpoints of a run folder, oldest first."""
    return sorted((run / _FOLDER).glob("step-*"), key=lambda path: path.name)


def tensors_path(checkpoint: Path, part: str) -> Path:
    """File of one of the parts of a checkpoint, such as ``generator``."""
    return checkpoint / f"{part}.safetensors"


def save_checkpoint(
    run: Path,
    step: int,
    parts: dict[str, dict[str, Tensor]],
    state: dict[str, Any],
    best: str | None = None,
) -> Path:
    """Write ``checkpoints/step-*`` and delete all but the `KEPT` newest and the one whose name is ``best``.

    ``parts`` are tensors by name, ``state`` is what else is needed to go on, as JSON.
    """
    path = checkpoint_path(run, checkpoint_name(step))
    with folder_atomically(path) as folder:
        for part, tensors in parts.items():
            whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
            write_atomically(tensors_path(folder, part), save(whole))
        content = {"step": step, "parts": sorted(parts), **state}
        write_atomically(folder / STATE_NAME, json.dumps(content, indent=2) + "\n")
    for old in checkpoints_of(run)[:-KEPT]:
        if old.name != best:
            shutil.rmtree(old)
    return path


def load_state(path: Path) -> dict[str, Any]:
    """Read what a checkpoint says beside its tensors: ``step``, ``seconds``, ``epoch``, ``parts``."""
    try:
        state = json.loads((path / STATE_NAME).read_text("utf-8"))
        return {"step": state["step"], "seconds": state["seconds"], **state}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def load_checkpoint(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """Read what `save_checkpoint` wrote; InputError where it is damaged."""
    try:
        # Not load_file: it takes no name that is not UTF-8.
        parts = {file.stem: load(file.read_bytes()) for file in path.glob("*.safetensors")}
        state = load_state(path)
        if missing := sorted(set(state["parts"]) - set(parts)):
            raise ValueError(f"without {', '.join(missing)}")
        return parts, state
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"checkpoint {path} is damaged ({str(error).splitlines()[0]}): delete that folder to go on from the "
        "one before"
    )
