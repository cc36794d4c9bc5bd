"""Scale: how much of the thesis's training is done, and how long that takes on this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from mixdream.corpus.store import Corpus
from mixdream.progress import Report, silent
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.reproduce.experiments import BESIDE
from mixdream.training.dry_run import plan_training

_SMALLEST_BATCH = 10
_HALVINGS = 60  # of the interval in which a scale is looked for


@dataclass(frozen=True)
class Schedule:
    """Trainings of a reproduction.

    Attributes
    ----------
    scale : float
        Share of the images that the thesis's trainings saw, 1 at most; near 0 a batch is left of each.
    image_s : mapping of recipe name to float
        Seconds that a step takes on this machine for each of its images.
    """

    scale: float
    image_s: Mapping[str, float]

    def seconds(self, corpus: Corpus) -> dict[str, float]:
        """Seconds of each training; those of the recipes beside them take as long as the longest."""
        seconds = {}
        for name, image_s in self.image_s.items():
            recipe = scaled_recipe(name, self.scale, corpus)
            seconds[name] = recipe.training.epochs * (recipe.windows.total or 0) * image_s
        return seconds | dict.fromkeys(BESIDE, max(seconds.values())) if seconds else {}


def scaled_recipe(name: str, scale: float, corpus: Corpus) -> Recipe:
    """A recipe of the thesis with its training scaled.

    Epochs and windows are multiplied by the square root of the scale each, so what is seen in all by the
    scale itself; at least an epoch of one batch is left, and a window of every piece of the corpus. Batches
    are multiplied as epochs are, down to 10 windows, else there would be too few steps for the statistics of
    batch normalisation to settle, and the clips silent; so are the steps of a sampler.
    """
    recipe, factor = load_recipe(name), min(1.0, sqrt(scale))
    full, training = recipe.windows.total or 0, recipe.training
    batch = min(training.batch, max(_SMALLEST_BATCH, round(factor * training.batch)))
    pieces = sum(len(record.segments) for record in corpus.sets)
    overrides = [
        f"training.epochs={max(1, round(factor * training.epochs))}",
        f"training.batch={batch}",
        f"windows.total={max(round(factor * full), min(full, max(batch, pieces)))}",
    ]
    if recipe.sampler_steps:
        overrides.append(f"model.steps={max(2, round(factor * recipe.sampler_steps))}")
    return load_recipe(name, overrides)


def measure_images(corpus: Corpus, names: Iterable[str], report: Report = silent) -> dict[str, float]:
    """Seconds that a step of each recipe takes on this machine for each of its images."""
    seconds, names = {}, list(names)
    for done, name in enumerate(names):
        report(done / len(names), f"a step of {name}")
        # With the fewest windows: they are listed sooner, and a step is not cheaper than later.
        least = scaled_recipe(name, 0, corpus)
        seconds[name] = plan_training(least, corpus).seconds_per_step / least.training.batch
    return seconds


def schedule_for(image_s: Mapping[str, float], minutes: float, corpus: Corpus) -> Schedule:
    """Schedule of the largest scale whose trainings take no longer in all; 0 where none is so short."""

    def fits(scale: float) -> bool:
        return sum(Schedule(scale, image_s).seconds(corpus).values()) <= 60 * minutes

    if fits(1.0):
        return Schedule(1.0, image_s)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return Schedule(low, image_s)
