"""Parents: a training that begins with the weights of a run instead of with noise."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from mixdream.errors import InputError
from mixdream.recipes.recipe import Recipe
from mixdream.runs.checkpoint import tensors_path
from mixdream.runs.run import Run
from mixdream.training.trainer import Trainer

# Of a model: how it is trained and sampled, not what its networks are.
_MAY_DIFFER = (
    "untold",
    "penalty",
    "penalty_every",
    "real_label",
    "critic_steps",
    "shuffle",
    "steps",
    "shift",
    "guidance",
)


def check_parent(recipe: Recipe, parent: Run) -> None:
    """Refuse a run whose weights a recipe cannot begin with: the same images by the same networks."""
    for section in ("grid", "model"):
        own, others = (getattr(each, section).model_dump() for each in (recipe, parent.recipe))
        differ = sorted(key for key in own.keys() & others.keys() - {*_MAY_DIFFER} if own[key] != others[key])
        if differ or own.keys() != others.keys():
            raise InputError(
                f"--from {parent.folder}: it was trained with recipe {parent.recipe.name}, whose "
                f"{section} is another one ({', '.join(differ) or 'another family'}): train "
                f"{parent.recipe.name}, or begin with another run"
            )


def bundled_parent(recipe: Recipe) -> Run | None:
    """Return the model that comes with mixdream, where a recipe can begin with its weights."""
    bundled = Run.pretrained()
    try:
        check_parent(recipe, bundled)
    except InputError:
        return None
    return bundled


def take_weights(trainer: Trainer, parent: Run) -> None:
    """Give the networks of a trainer the weights of the parent's chosen checkpoint.

    A run that was shared has the averaged generator only, and the discriminator. Optimisers begin anew.
    """
    checkpoint = parent.chosen_checkpoint()
    for name, network in trainer.networks.items():
        names = (name, parent.clip_part) if name == "generator" else (name,)
        known = [path for path in (tensors_path(checkpoint, each) for each in names) if path.exists()]
        if known:
            _load(trainer.accelerator.unwrap_model(network), known[0])
    if trainer.ema is not None:
        _load(trainer.ema, tensors_path(checkpoint, parent.clip_part))


def about_parent(parent: Run) -> dict[str, Any]:
    """What ``run.json`` says of the run that a training begins with, and of that one's own."""
    info = parent.info()
    about = {
        "run": parent.name,
        "recipe": parent.recipe.name,
        "checkpoint": parent.chosen_checkpoint().name,
        # Where it lay is nobody else's business: a run that is shared names its parents, too.
        "corpus": {key: info["corpus"][key] for key in ("hash", "seconds")},
    }
    return about | ({"from": info["from"]} if "from" in info else {})


def _load(network: nn.Module, path: Path) -> None:
    try:
        network.load_state_dict(load(path.read_bytes()))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"--from: {path} cannot be used: {str(error).splitlines()[0]}") from error
