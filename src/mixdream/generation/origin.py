"""Origins: what a clip is made from: a seed, a variation of another origin, or a step between two.

An origin is all that a generator needs to make a clip again, and what the clip's JSON says of it.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from mixdream import HIGHEST_SEED
from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.recipes.recipe import Recipe
from mixdream.runs.ask import Ask
from mixdream.runs.conditions import Conditions, no_conditions
from mixdream.runs.noise import draw_noise, encode_told, morph_noise, noise_of_seed, vary_noise

_LONGEST_NAME = 120  # bytes in the name of a file, which may be 255 with run, tempo and key
_UNSAFE = re.compile(r"[^\w. ]")  # quoted in names: what paths and other origins are told apart by

Seed = Annotated[int, Field(strict=True, ge=0, le=HIGHEST_SEED)]
Share = Annotated[float, Field(ge=0, le=1)]


class ConditionedSeed(Ask):
    """A clip from a seed, of music that was asked for; ``wish`` in JSON."""

    seed: Seed


class Variation(BaseModel):
    """A clip near to another; ``variation`` in JSON.

    Each number goes its own way, the same one at every strength.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: "Origin"
    number: int = Field(ge=1)
    strength: Share  # 0 is the other clip itself, 1 is unrelated to it


class Morph(BaseModel):
    """A clip on the way from one to another; ``morph`` in JSON, with ``from`` and ``to``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    start: "Origin" = Field(alias="from")
    end: "Origin" = Field(alias="to")
    number: int = Field(ge=1)  # of the step
    position: Share  # 0 is the start, 1 the end


Origin = Seed | ConditionedSeed | Variation | Morph
Variation.model_rebuild()
Morph.model_rebuild()

_KEYS = {ConditionedSeed: "wish", Variation: "variation", Morph: "morph"}


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
        Music is asked for that the run cannot make; ``conditions`` are those that it learnt, if any.
    """
    if isinstance(origin, Variation):
        # The name says the way but not how far, so that strength alone moves a clip on its way.
        way = hashlib.sha256(f"variation {name_of(origin)}".encode()).digest()
        other = draw_noise(recipe, int.from_bytes(way[:6], "big"))
        return vary_noise(recipe, noise_of(recipe, origin.of, conditions), other, origin.strength)
    if isinstance(origin, Morph):
        start, end = (noise_of(recipe, side, conditions) for side in (origin.start, origin.end))
        return morph_noise(recipe, start, end, origin.position)
    if isinstance(origin, ConditionedSeed):
        if conditions is None:
            raise no_conditions()
        told = _drawn(origin, conditions)
        return draw_noise(recipe, origin.seed, encode_told(recipe, conditions, told, origin))
    return noise_of_seed(recipe, origin, conditions)


def seed_of(origin: Origin) -> int:
    """Seed for the phases of a clip: that of what it varies, or of where its morph starts."""
    while isinstance(origin, Variation | Morph):
        origin = origin.of if isinstance(origin, Variation) else origin.start
    return origin.seed if isinstance(origin, ConditionedSeed) else origin


def name_of(origin: Origin) -> str:
    """Part of the name of a clip.

    >>> name_of(Variation(of=Variation(of=7, number=2, strength=0.5), number=1, strength=0.5))
    '7~2~1'
    >>> name_of(Morph(start=7, end=Variation(of=9, number=3, strength=0.5), number=4, position=0.5))
    '7-(9~3)~4'
    >>> name_of(ConditionedSeed(seed=7, like="Mix/2", energy=0.9, busyness=0.25))
    '7(Mix%2F2)energy0.9busyness0.25'
    """
    if isinstance(origin, ConditionedSeed):
        asked = "".join(f"{key}{value:g}" for key, value in origin.descriptors.items())
        if origin.like is None:
            return f"{origin.seed}{asked}"
        like = _UNSAFE.sub(lambda match: quote(match[0], safe="", errors="surrogateescape"), origin.like)
        return f"{origin.seed}({like}){asked}"
    if isinstance(origin, Variation):
        return f"{name_of(origin.of)}~{origin.number}"
    if isinstance(origin, Morph):
        ends = (
            name_of(end) if isinstance(end, int) else f"({name_of(end)})"
            for end in (origin.start, origin.end)
        )
        return f"{'-'.join(ends)}~{origin.number}"
    return str(origin)


def file_name_of(origin: Origin) -> str:
    """Name of a clip as the name of a file holds it: of one that is too long, its seed and a checksum.

    >>> file_name_of(Variation(of=7, number=2, strength=0.5))
    '7~2'
    """
    name = name_of(origin)
    if len(name.encode(errors="surrogateescape")) <= _LONGEST_NAME:
        return name
    return f"{seed_of(origin)}~{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:12]}"


def about_origin(origin: Origin, conditions: Conditions | None = None) -> dict[str, Any]:
    """Say in a clip's JSON where it comes from.

    ``seed``, and ``wish``, ``variation`` or ``morph`` if it is one; ``descriptors``, what the model was told,
    where the run has conditions, but not between two clips.
    """
    about: dict[str, Any] = {"seed": seed_of(origin)}
    if not isinstance(origin, int):
        about[_KEYS[type(origin)]] = origin.model_dump(mode="json", exclude_none=True)
    while isinstance(origin, Variation):
        origin = origin.of
    if conditions is not None and not isinstance(origin, Morph):
        told = _drawn(origin, conditions).round(3).tolist()
        about["descriptors"] = dict(zip(DESCRIPTORS, told, strict=True))
    return about


def _drawn(origin: int | ConditionedSeed, conditions: Conditions) -> np.ndarray:
    """Descriptors of a clip from a seed, shape (5,): as asked for, what is left open as it is drawn."""
    if isinstance(origin, ConditionedSeed):
        return conditions.draw(origin.seed, origin)
    return conditions.draw(origin)
