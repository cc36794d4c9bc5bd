"""Scale: how much of the thesis's training is done, and how long that takes on this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, sqrt

from mixdream.corpus.store import Corpus
from mixdream.progress import Report, silent
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.reproduce.experiments import BESIDE
from mixdream.training.dry_run import plan_training

_HALVINGS = 60  # of the interval in which a scale is looked for


@dataclass(frozen=True)
class Schedule:
    """Trainings of a reproduction.

    Attributes
    ----------
    scale : float
        Share of the steps that the thesis took, 1 at most; near 0 an epoch of one batch is left of each.
    step_s : mapping of recipe name to float
        Seconds that a step of each takes on this machine.
    """

    scale: float
    step_s: Mapping[str, float]

    def seconds(self, corpus: Corpus) -> dict[str, float]:
        """Seconds of each training; that of the recipe beside them takes as long as the longest."""
        seconds = {}
        for name, step_s in self.step_s.items():
            recipe = scaled_recipe(name, self.scale, corpus)
            steps = recipe.training.epochs * ceil((recipe.windows.total or 0) / recipe.training.batch)
            seconds[name] = steps * step_s
        return seconds | {BESIDE: max(seconds.values())} if seconds else {}


def scaled_recipe(name: str, scale: float, corpus: Corpus) -> Recipe:
    """A recipe of the thesis with its training scaled.

    Epochs and windows are multiplied by the square root of the scale each, so the steps by the scale itself;
    at least an epoch of one batch is left, and a window of every piece of the corpus. Steps of a sampler are
    multiplied as epochs are.
    """
    recipe, factor = load_recipe(name), min(1.0, sqrt(scale))
    full = recipe.windows.total or 0
    pieces = sum(len(record.segments) for record in corpus.sets)
    total = max(round(factor * full), min(full, max(recipe.training.batch, pieces)))
    overrides = [
        f"windows.total={total}",
        f"training.epochs={max(1, round(factor * recipe.training.epochs))}",
    ]
    if recipe.sampler_steps:
        overrides.append(f"model.steps={max(2, round(factor * recipe.sampler_steps))}")
    return load_recipe(name, overrides)


def measure_steps(corpus: Corpus, names: Iterable[str], report: Report = silent) -> dict[str, float]:
    """Seconds of a step of each recipe on this machine."""
    seconds, names = {}, list(names)
    for done, name in enumerate(names):
        report(done / len(names), f"a step of {name}")
        # With the fewest windows: a step is the same, and they are listed sooner.
        seconds[name] = plan_training(scaled_recipe(name, 0, corpus), corpus).seconds_per_step
    return seconds


def schedule_for(step_s: Mapping[str, float], minutes: float, corpus: Corpus) -> Schedule:
    """Schedule of the largest scale whose trainings take no longer in all; 0 where none is so short."""

    def fits(scale: float) -> bool:
        return sum(Schedule(scale, step_s).seconds(corpus).values()) <= 60 * minutes

    if fits(1.0):
        return Schedule(1.0, step_s)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return Schedule(low, step_s)
