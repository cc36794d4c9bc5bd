"""Runs on disk: the folder that a training writes and everything else reads."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from mixdream.corpus.sources import source_text
from mixdream.errors import InputError
from mixdream.recipes.load import load_resolved
from mixdream.recipes.recipe import Recipe
from mixdream.runs.checkpoint import checkpoint_path, checkpoints_of, tensors_path
from mixdream.runs.conditions import Conditions
from mixdream.runs.generator import new_generator
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import LogStatistics

RECIPE_NAME = "recipe.toml"
INFO_NAME = "run.json"
METRICS_NAME = "metrics.jsonl"
FIGURES_FOLDER = "figures"
SAMPLES_FOLDER = "samples"
SMALL_FOLDER = "small"
SCALING_NAME = "scaling.json"
CONDITIONS_NAME = "conditions.json"
DOCTOR_NAME = "doctor.json"

_PRETRAINED = Path(__file__).parents[1] / "pretrained" / "mixdream"
_NEEDED = "a run cannot do without it"

Content = TypeVar("Content")


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run: a training writes its recipe last."""
    return (folder / RECIPE_NAME).is_file()


@dataclass(frozen=True)
class Run:
    """A run folder: ``recipe.toml``, ``run.json``, ``metrics.jsonl``, ``checkpoints/step-*/``.

    What `mixdream.runs.small_checkpoint` keeps of check-ups is in ``small/step-*/``.
    Where there were check-ups, their history and the best checkpoint are in ``doctor.json``. Where the
    scaling has statistics of the training windows, they are in ``scaling.json``; what clips can be asked for
    by is in ``conditions.json``. ``recipe`` is the one that was resolved when the training began.
    """

    folder: Path
    recipe: Recipe

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Open a run folder; InputError where it is none."""
        if not is_run(folder):
            raise InputError(
                f"{folder} is no run: it has no {RECIPE_NAME}; 'mixdream train RECIPE CORPUS -o RUN' makes "
                "one"
            )
        return cls(folder, load_resolved(folder / RECIPE_NAME))

    @classmethod
    def pretrained(cls) -> "Run":
        """Open the model that comes with mixdream."""
        return cls.open(_PRETRAINED)

    @property
    def name(self) -> str:
        """Name of the folder, part of the names of its clips; printable, whatever the folder's is."""
        return source_text(Path(self.folder.resolve().name))

    def info(self) -> dict[str, Any]:
        """What ``run.json`` says: seed, versions, corpus, machine, times."""
        try:
            return json.loads((self.folder / INFO_NAME).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{self.folder / INFO_NAME} is missing or damaged: {error}") from error

    def statistics(self) -> LogStatistics | None:
        """Statistics of the training windows, where the recipe's scaling has them."""
        if self.recipe.grid.scaling != "log-standard":
            return None
        statistics = self._read(SCALING_NAME, LogStatistics.model_validate_json, _NEEDED)
        if not len(statistics.mean_db) == len(statistics.std_db) == self.recipe.grid.bins:
            raise InputError(f"{self.folder / SCALING_NAME} does not fit the grid of the run's recipe.toml")
        return statistics

    @cached_property
    def scaler(self) -> Scaler:
        """Scaling between magnitudes and the values of the model."""
        return Scaler(self.recipe.grid.scaling, self.statistics())

    @cached_property
    def conditions(self) -> Conditions | None:
        """Conditions that clips can be asked for by, where the recipe has them."""
        if not self.recipe.has_conditions:
            return None
        return self._read(CONDITIONS_NAME, Conditions.model_validate_json, _NEEDED)

    def checkpoints(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        return checkpoints_of(self.folder)

    def small_checkpoints(self) -> list[Path]:
        """Checkpoints with no more than clips are made with, oldest first, see `runs.small_checkpoint`."""
        return sorted((self.folder / SMALL_FOLDER).glob("step-*"), key=lambda path: path.name)

    def playable_checkpoints(self) -> list[Path]:
        """All that clips can be made with, oldest first: small ones where there is no complete one."""
        found = {path.name: path for path in (*self.small_checkpoints(), *self.checkpoints())}
        return [found[name] for name in sorted(found)]

    def latest_checkpoint(self) -> Path:
        """Return the newest checkpoint; InputError where there is none yet."""
        checkpoints = self.checkpoints()
        if not checkpoints:
            raise InputError(f"{self.folder} has no checkpoint yet: let 'mixdream train' write one first")
        return checkpoints[-1]

    def best_checkpoint(self) -> Path | None:
        """Return the checkpoint that the doctor named best, see `mixdream.training.doctor`, if any."""
        if not (self.folder / DOCTOR_NAME).exists():
            return None
        best = self._read(
            DOCTOR_NAME, lambda content: json.loads(content)["best"], "delete it to use the newest checkpoint"
        )
        path = checkpoint_path(self.folder, str(best))
        return path if best and path.is_dir() else None

    def chosen_checkpoint(self) -> Path:
        """Return the checkpoint that clips are made with: the best, or the newest where there is no best."""
        return self.best_checkpoint() or self.latest_checkpoint()

    def with_steps(self, steps: int) -> "Run":
        """Return the same run with so many steps of its sampler; InputError where it has none."""
        if self.recipe.sampler_steps is None:
            raise InputError(f"{self.folder} has no sampler: its model makes clips in one step")
        recipe = self.recipe.model_dump()
        recipe["model"]["steps"] = steps
        try:
            return Run(self.folder, Recipe.model_validate(recipe))
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise InputError(f"--sampler-steps {steps}: {reason}") from error

    def about(self, checkpoint: Path) -> dict[str, Any]:
        """What the JSON beside a clip says of its run; ``run_folder`` is None for mixdream's own model."""
        folder = self.folder.resolve()
        about = {
            "run": self.name,
            "run_folder": None if folder == _PRETRAINED.resolve() else str(folder),
            "recipe": self.recipe.name,
            "checkpoint": checkpoint.name,
            "best": checkpoint == self.best_checkpoint(),
        }
        steps = self.recipe.sampler_steps
        return about if steps is None else about | {"sampler_steps": steps}

    @property
    def clip_part(self) -> str:
        """Part of a checkpoint that clips are made with: the averaged generator where the recipe has one."""
        return "generator" if self.recipe.training.ema is None else "ema"

    def load_generator(self, checkpoint: Path) -> nn.Module:
        """Return the network that makes images from noise, see `clip_part`."""
        generator = new_generator(self.recipe, self.conditions)
        path = tensors_path(checkpoint, self.clip_part)
        try:
            generator.load_state_dict(load(path.read_bytes()))  # load_file takes no name that is not UTF-8
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"checkpoint {path} cannot be used: {reason}") from error
        return generator.eval()

    def _read(self, name: str, parse: Callable[[bytes], Content], remedy: str) -> Content:
        """Read a file of the run; InputError with the remedy where it is missing or damaged."""
        path = self.folder / name
        try:
            return parse(path.read_bytes())
        except FileNotFoundError:
            raise InputError(f"{path} is missing: {remedy}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is damaged ({str(error).splitlines()[0]}): {remedy}") from error
