"""Origins: what a clip is made from: a seed, a wish, a variation of another origin, or a place between two.

An origin is all that a generator needs to make a clip again, and what the clip's JSON says of it.
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from mixdream.errors import InputError
from mixdream.recipes.recipe import Recipe
from mixdream.runs.conditions import Conditions, Energy, no_conditions
from mixdream.runs.noise import draw_noise, morph_noise, vary_noise
from mixdream.runs.run import Run

HIGHEST_SEED = 2**53

_UNSAFE = re.compile(r"[^\w. ]")  # quoted in names: what paths and other origins are told apart by

Seed = Annotated[int, Field(strict=True, ge=0, le=HIGHEST_SEED)]
Share = Annotated[float, Field(ge=0, le=1)]


class Wish(BaseModel):
    """A clip from a seed, of music that was asked for.

    Parameters
    ----------
    seed : int
    like : str, optional
        Set that it is to be like.
    energy : {"low", "middle", "high"}, optional
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Seed
    like: str | None = None
    energy: Energy | None = None


class Variation(BaseModel):
    """A clip near to another.

    Parameters
    ----------
    of : Origin
    number : int
        From 1; each goes its own way, the same one at every strength.
    strength : float in [0, 1]
        How far: 0 is the other clip itself, 1 is unrelated to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: "Origin"
    number: int = Field(ge=1)
    strength: Share


class Morph(BaseModel):
    """A clip on the way from one to another; JSON has ``from`` and ``to``.

    Parameters
    ----------
    start, end : Origin
    number : int
        Of the step, from 1.
    position : float in [0, 1]
        0 is the start, 1 the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    start: "Origin" = Field(alias="from")
    end: "Origin" = Field(alias="to")
    number: int = Field(ge=1)
    position: Share


Origin = Seed | Wish | Variation | Morph
Variation.model_rebuild()
Morph.model_rebuild()


class _Clip(BaseModel):
    """What is read of a clip's JSON; a run's name need not be valid Unicode."""

    run: object
    checkpoint: object
    sampler_steps: int | None = None
    seed: Seed
    wish: Wish | None = None
    variation: Variation | None = None
    morph: Morph | None = None


def wish(seed: int, like: str | None, energy: Energy | None) -> Iterator[Wish]:
    """Wish for the same from a seed and those behind it, without end."""
    return (Wish(seed=one, like=like, energy=energy) for one in itertools.count(seed))


def vary(origin: Origin, strength: float) -> Iterator[Variation]:
    """Variations 1, 2, 3 and so on, without end."""
    return (Variation(of=origin, number=number, strength=strength) for number in itertools.count(1))


def morph(start: Origin, end: Origin, steps: int) -> list[Morph]:
    """Go from one clip to another in two or more equal steps, both ends included."""
    return [
        Morph(start=start, end=end, number=step + 1, position=step / (steps - 1)) for step in range(steps)
    ]


def noise_of(recipe: Recipe, origin: Origin, conditions: Conditions | None = None) -> Tensor:
    """Noise that a generator makes a clip from, shape (1, ...).

    Raises
    ------
    InputError
        A wish that the run cannot fulfil; ``conditions`` are those that it learnt, if any.
    """
    if isinstance(origin, Variation):
        # The name says the way but not how far, so that strength alone moves a clip on its way.
        way = hashlib.sha256(f"variation {name_of(origin)}".encode()).digest()
        other = draw_noise(recipe, int.from_bytes(way[:6], "big"))
        return vary_noise(recipe, noise_of(recipe, origin.of, conditions), other, origin.strength)
    if isinstance(origin, Morph):
        start, end = (noise_of(recipe, one, conditions) for one in (origin.start, origin.end))
        return morph_noise(recipe, start, end, origin.position)
    told = told_of(origin, conditions)
    if told is None or conditions is None:
        return draw_noise(recipe, seed_of(origin))
    return draw_noise(recipe, seed_of(origin), conditions.tell(*told))


def told_of(origin: Origin, conditions: Conditions | None) -> tuple[str, Energy] | None:
    """Set and energy that a clip is made by; None between two clips, or where a run has no conditions.

    Raises
    ------
    InputError
        A wish that the run cannot fulfil.
    """
    while isinstance(origin, Variation):
        origin = origin.of
    if isinstance(origin, Wish):
        if conditions is None:
            raise no_conditions()
        return conditions.draw(origin.seed, origin.like, origin.energy)
    return None if conditions is None or isinstance(origin, Morph) else conditions.draw(origin)


def seed_of(origin: Origin) -> int:
    """Seed for the phases of a clip: that of what it varies, or of where its morph starts."""
    while isinstance(origin, Variation | Morph):
        origin = origin.of if isinstance(origin, Variation) else origin.start
    return origin.seed if isinstance(origin, Wish) else origin


def name_of(origin: Origin) -> str:
    """Part of the name of a clip.

    >>> name_of(Variation(of=Variation(of=7, number=2, strength=0.5), number=1, strength=0.5))
    '7~2~1'
    >>> name_of(Morph(start=7, end=Variation(of=9, number=3, strength=0.5), number=4, position=0.5))
    '7-(9~3)~4'
    >>> name_of(Wish(seed=7, like="Mix/2", energy="high"))
    '7(Mix%2F2)high'
    """
    if isinstance(origin, Wish):
        like = _UNSAFE.sub(
            lambda found: quote(found[0], safe="", errors="surrogateescape"), origin.like or ""
        )
        return f"{origin.seed}({like}){origin.energy or ''}"
    if isinstance(origin, Variation):
        return f"{name_of(origin.of)}~{origin.number}"
    if isinstance(origin, Morph):
        ends = (
            name_of(end) if isinstance(end, int) else f"({name_of(end)})"
            for end in (origin.start, origin.end)
        )
        return f"{'-'.join(ends)}~{origin.number}"
    return str(origin)


def about_origin(origin: Origin, conditions: Conditions | None = None) -> dict[str, Any]:
    """Say in a clip's JSON where it comes from.

    ``seed``, and ``wish``, ``variation`` or ``morph`` if it is one; ``like`` and ``energy`` where the run has
    conditions.
    """
    about: dict[str, Any] = {"seed": seed_of(origin)}
    if not isinstance(origin, int):
        about[type(origin).__name__.lower()] = origin.model_dump(mode="json", exclude_none=True)
    if told := told_of(origin, conditions):
        about["like"], about["energy"] = told
    return about


def read_origin(wish: str, run: Run) -> Origin:
    """Read a seed, or the origin of a clip from the JSON beside it.

    Parameters
    ----------
    wish : str
        A whole number, or the path of a clip that the run made with the checkpoint that it uses now.
    run : Run

    Raises
    ------
    InputError
        Neither of both; no JSON beside the clip; another run or checkpoint.
    """
    if wish.isascii() and wish.isdigit():
        if len(wish) > len(str(HIGHEST_SEED)) or int(wish) > HIGHEST_SEED:
            raise InputError(f"seed {wish} is not possible: 0 to {HIGHEST_SEED} are")
        return int(wish)
    path = Path(wish)
    if not path.is_file():
        raise InputError(f"'{wish}' is neither a clip nor a seed: there is no such file")
    beside = path.with_suffix(".json")
    try:
        clip = _Clip.model_validate(json.loads(beside.read_bytes()))
    except FileNotFoundError:
        raise InputError(
            f"'{path}' has no {beside.name} beside it that says how it was made: keep them together, or give "
            "its seed"
        ) from None
    except (ValueError, RecursionError) as error:
        reason = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            reason = ": ".join([*map(str, first["loc"][-1:]), first["msg"]])
        raise InputError(
            f"'{beside}' does not say how 'mixdream generate' made the clip: {reason}"
        ) from error
    if clip.run != run.name:
        raise InputError(f"'{path}' was made by the run {clip.run}, not by {run.name}: give that run")
    if clip.checkpoint != (used := run.chosen_checkpoint().name):
        raise InputError(
            f"'{path}' was made with {clip.checkpoint}, {run.name} uses {used} now, which makes something "
            "else of it: generate it anew"
        )
    if clip.sampler_steps != (steps := run.recipe.sampler_steps):
        raise InputError(
            f"'{path}' was made in {clip.sampler_steps} steps of the sampler, {steps} would make something "
            f"else of it: give --sampler-steps {clip.sampler_steps}"
        )
    return clip.variation or clip.morph or clip.wish or clip.seed
