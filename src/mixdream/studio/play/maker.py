"""Maker: new loops, variations and morphs of the models that a project has, kept warm."""

import itertools
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mixdream.analysis.key import Key
from mixdream.errors import InputError
from mixdream.generation.loops import LoopPlan, finish_loop, key_of, make_loop, plan_loops
from mixdream.generation.origin import ConditionedSeed, Morph, Origin, Variation, file_name_of
from mixdream.generation.pitch import MOST_SEMITONES
from mixdream.generation.read_origins import origin_of
from mixdream.generation.wish import Wish
from mixdream.project_folder import ProjectFolder
from mixdream.runs.ask import Ask
from mixdream.runs.run import Run, is_run
from mixdream.studio.play.shelf import MORPHS, Facts, Made, Shelf, Shelved, named_with_checkpoint

BUNDLED = "bundled"
"""Id of the model that comes with mixdream; those of the project are ``RUN/CHECKPOINT``."""

MORPH_STEPS = 100  # from one edge of the XY pad to the other
_SEEDS = 10**6  # new ones are drawn from so many: names of files stay short
_TRIES = 8  # at a loop that is not silent
_PLANS = 4  # models that are kept loaded


class Superseded(Exception):
    """A morph that nobody waits for any more: another position was asked for since."""


class Maker:
    """Makes one loop at a time; what it makes can be made again with the command line."""

    def __init__(self, project: ProjectFolder, shelf: Shelf) -> None:
        self._project, self.shelf = project, shelf
        self.rendering = threading.Lock()
        self._load = lru_cache(_PLANS)(plan_loops)
        self._numbering = threading.Lock()
        self._given: set[str] = set()  # beginnings of names of variations that may not be written yet
        self._morphing = itertools.count(1)
        self.newest_morph = 0
        self._morphs: OrderedDict[tuple[Any, ...], str] = OrderedDict()

    def default_model(self) -> str:
        """Id of the project's newest model that makes loops, or of the bundled one."""
        newest, model = 0, BUNDLED
        for run in self._runs():
            try:
                checkpoint = run.chosen_checkpoint()
                changed = checkpoint.stat().st_mtime_ns
            except (InputError, OSError):
                continue  # it has none yet
            if run.recipe.windows.beats is not None and changed > newest:
                newest, model = changed, f"{run.name}/{checkpoint.name}"
        return model

    def plan(self, model: str, bars: int | None = None) -> LoopPlan:
        """Load a model, or take it as it was loaded.

        Raises
        ------
        InputError
            No such model, or one that cannot make loops or none of so many bars.
        """
        if model == BUNDLED:
            return self._load(_pretrained(), Wish(bars=bars))
        for run in self._runs():
            for checkpoint in run.playable_checkpoints():
                if model == f"{run.name}/{checkpoint.name}":
                    return self._load(run, Wish(bars=bars), checkpoint)
        raise InputError(f"the model '{model}' is gone: choose another one")

    def new(self, model: str, ask: Ask, fits: Sequence[str], bars: int | None = None) -> Made:
        """Make a loop of a new seed, in a key that mixes with those of other loops.

        Raises
        ------
        InputError
            What `plan` refuses, music that the model cannot be asked for, or only silence.
        """
        plan = self.plan(model, bars)
        keys = [key for loop_id in fits if (key := _key(self.shelf.get(loop_id).facts))]
        with self.rendering:
            for _ in range(_TRIES):
                loop = make_loop(plan, self._new_origin(plan, ask))
                if not loop.silent:
                    break
            else:
                raise InputError(f"{_TRIES} loops of {plan.run.name} were silent: train it for longer")
            found = key_of(plan, loop)
            plan = _transposed(plan, semitones_between(found, keys))
            return Made(plan, loop, finish_loop(plan, loop, found))

    def vary(self, shelved: Shelved, strength: float) -> Made:
        """Make a variation of a loop with the model that made it, transposed as it is."""
        origin = origin_of(shelved.about)
        plan = self.plan_of(shelved)
        numbers = itertools.count(1)
        with self._numbering:
            way = next(
                varied
                for number in numbers
                if not self._is_taken(plan, varied := Variation(of=origin, number=number, strength=strength))
            )
            self._given.add(_start(plan, way))
        return self._made(plan, way)

    def morph(self, corners: Sequence[Shelved], x: float, y: float) -> Made | str:
        """Make the loop at a place between four, or return the id of one that was made there before.

        Corners are given as pads are read: left to right, then down; x and y are shares of the way. Along
        great circles: first from left to right, then down.

        Raises
        ------
        InputError
            Corners of several models.
        Superseded
            Another place was asked for while this one waited.
        """
        models = {corner.facts.model for corner in corners}
        if len(models) > 1:
            raise InputError(
                f"the corners were made by {' and '.join(sorted(models))}: there is nothing between loops of "
                "several models, so fill them with loops of one"
            )
        right, down = round(x * MORPH_STEPS), round(y * MORPH_STEPS)
        if right in (0, MORPH_STEPS) and down in (0, MORPH_STEPS):
            return corners[2 * (down > 0) + (right > 0)].id
        place = (*(corner.id for corner in corners), right, down)
        mine = self.newest_morph = next(self._morphing)
        with self.rendering:
            if mine != self.newest_morph:
                raise Superseded
            if (known := self._morphs.get(place)) and self.shelf.is_at_hand(known):
                return known
            a, b, c, d = (origin_of(corner.about) for corner in corners)
            top, bottom = _between(a, b, right), _between(c, d, right)
            nearest = corners[2 * (2 * down > MORPH_STEPS) + (2 * right > MORPH_STEPS)]
            made = self._finished(self.plan_of(nearest), _between(top, bottom, down))
            self.shelf.remember(made)
            self._morphs[place] = made.id
            while len(self._morphs) > MORPHS:
                self._morphs.popitem(last=False)
            return made

    def again(self, shelved: Shelved) -> Made:
        """Make a loop again from what its JSON says."""
        return self._made(self.plan_of(shelved), origin_of(shelved.about))

    def warm_up(self, model: str) -> None:
        """Load a model and make a loop: the first takes seconds, for what is loaded and compiled."""
        self._made(self.plan(model), 0)

    def _made(self, plan: LoopPlan, origin: Origin) -> Made:
        with self.rendering:
            return self._finished(plan, origin)

    def _finished(self, plan: LoopPlan, origin: Origin) -> Made:
        loop = make_loop(plan, origin)
        finished = finish_loop(plan, loop, key_of(plan, loop))
        if isinstance(origin, Morph):  # between the same seeds every checkpoint has another loop
            name = named_with_checkpoint(finished.name, plan.run.name, plan.checkpoint.name)
            finished = replace(finished, name=name)
        return Made(plan, loop, finished)

    def plan_of(self, shelved: Shelved) -> LoopPlan:
        """Plan by which a loop was made."""
        facts = shelved.facts
        try:
            plan = self.plan(facts.model, facts.bars)
            if plan.checkpoint.name != facts.checkpoint:
                raise InputError("mixdream's own model is another one by now")
        except InputError as error:
            raise InputError(f"the loop can be played, but no others made of it: {error}") from None
        if abs(facts.transpose) > MOST_SEMITONES:
            raise InputError(f"the JSON of '{shelved.id}' is damaged: it is transposed too far")
        return _transposed(plan, facts.transpose)

    def _new_origin(self, plan: LoopPlan, ask: Ask) -> Origin:
        """Draw a seed that no loop has yet."""
        while True:
            seed = secrets.randbelow(_SEEDS)
            origin = seed if ask.is_open else ConditionedSeed(seed=seed, **ask.model_dump())
            if not self.shelf.is_taken(f"{plan.run.name}_{seed}_") and not self._is_taken(plan, origin):
                return origin

    def _is_taken(self, plan: LoopPlan, origin: Origin) -> bool:
        start = _start(plan, origin)
        return start in self._given or self.shelf.is_taken(start)

    def _runs(self) -> Iterator[Run]:
        """Runs of the project that can be read."""
        for path in sorted(self._project.runs.glob("*")):
            if is_run(path):
                try:
                    yield _open(path)
                except InputError:
                    continue  # damaged: no reason to play nothing


def semitones_between(found: Key | None, others: Sequence[Key]) -> int:
    """Fewest semitones that bring a key to one which mixes with as many of the others as possible.

    >>> semitones_between(Key.parse("Am"), [Key.parse("F#m")]), semitones_between(Key.parse("Am"), [])
    (2, 0)
    """
    if found is None:
        return 0

    def mixing(semitones: int) -> int:
        return sum(found.transposed(semitones).mixes_with(other) for other in others)

    return min(range(-5, 7), key=lambda semitones: (-mixing(semitones), abs(semitones)))


def _start(plan: LoopPlan, origin: Origin) -> str:
    """What the name of a loop begins with."""
    return f"{plan.run.name}_{file_name_of(origin)}_"


def _between(start: Origin, end: Origin, step: int) -> Origin:
    if step in (0, MORPH_STEPS):
        return end if step else start
    return Morph(start=start, end=end, number=step, position=step / MORPH_STEPS)


def _key(facts: Facts) -> Key | None:
    try:
        return Key.parse(facts.key) if facts.key else None
    except InputError:
        return None


def _transposed(plan: LoopPlan, semitones: int) -> LoopPlan:
    return replace(plan, wish=replace(plan.wish, transpose=semitones))


@lru_cache(1)
def _pretrained() -> Run:
    return Run.pretrained()


@lru_cache(16)
def _open(folder: Path) -> Run:
    return Run.open(folder)
