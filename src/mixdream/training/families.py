"""Which trainer a recipe's model takes."""

from accelerate import Accelerator

from mixdream.recipes.recipe import Recipe
from mixdream.runs.conditions import Conditions
from mixdream.training.flow import FlowTrainer
from mixdream.training.gan import GanTrainer
from mixdream.training.trainer import Trainer


def new_trainer(
    recipe: Recipe, seed: int, accelerator: Accelerator, conditions: Conditions | None = None
) -> Trainer:
    """Return an untrained trainer; see `Trainer` for the parameters."""
    if recipe.model.family == "unet":
        from mixdream.training.diffusion import DiffusionTrainer  # here: diffusers takes its time to import

        return DiffusionTrainer(recipe, seed, accelerator, conditions)
    trainer = FlowTrainer if recipe.model.family == "flow" else GanTrainer
    return trainer(recipe, seed, accelerator, conditions)
