"""Conditions: what a model was told of each window, and what clips can be asked for by."""

import difflib
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from torch import Tensor

from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.errors import InputError
from mixdream.runs.ask import NOTHING, Ask, Quantile

_STEPS = 64  # between the lowest and the highest value of a scale
_KNOTS = 5  # values that encode a descriptor
_JITTER = 0.1  # of a quantile that a model is told, either way: what is told exactly names a window
_NEAREST = 8  # one in so many windows is near enough to what is asked for to draw the rest from
_TURN = 11400714819323198485  # of 2**64, the golden ratio


class Conditions(BaseModel):
    """Descriptors of the windows of a training, as quantiles of all of them.

    Told are the five descriptors (`mixdream.analysis.descriptors`) and the beat of the bar that a window
    starts on. No set is named, since what names a track is what a model copies by; ``like`` a set are
    descriptors that the set's windows have.

    Encoded for a model a descriptor is five values, hats over quantiles 0, 0.25 and so on, whose sum is 1, or
    0 where it is not told; then comes one value for each beat of a bar, one-hot.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: tuple[str, ...] = Field(min_length=1)
    scales: tuple[tuple[FiniteFloat, ...], ...]  # of each descriptor: its quantiles 0, 1/64, ..., 1
    set_index: tuple[int, ...] = Field(min_length=1)  # of windows spread over all
    places: tuple[tuple[Quantile, ...], ...]  # descriptors of the same windows, as quantiles

    @model_validator(mode="after")
    def _within(self) -> Self:
        if len(self.scales) != len(DESCRIPTORS) or {len(scale) for scale in self.scales} != {_STEPS + 1}:
            raise ValueError(f"{len(DESCRIPTORS)} scales of {_STEPS + 1} values are needed")
        if len(self.places) != len(self.set_index) or {len(place) for place in self.places} != {
            len(DESCRIPTORS)
        }:
            raise ValueError(f"each window needs a set and {len(DESCRIPTORS)} descriptors")
        if not all(0 <= index < len(self.sets) for index in self.set_index):
            raise ValueError("a window is of a set that there is not")
        return self

    @classmethod
    def fit(cls, sets: Sequence[str], set_index: np.ndarray, values: np.ndarray) -> "Conditions":
        """Fit scales to descriptors of windows, shape (windows, 5), of sets, shape (windows,)."""
        scales = np.quantile(values, np.linspace(0, 1, _STEPS + 1), axis=0).T
        places = _quantiles(values, scales).round(3)
        return cls(
            sets=tuple(sets),
            scales=tuple(map(tuple, scales.tolist())),
            set_index=tuple(set_index.tolist()),
            places=tuple(map(tuple, places.tolist())),
        )

    @property
    def width(self) -> int:
        """Values of encoded conditions."""
        return len(DESCRIPTORS) * _KNOTS + BEATS_PER_BAR

    def quantiles(self, values: np.ndarray) -> np.ndarray:
        """Descriptors, shape (windows, 5), as quantiles of the corpus, in [0, 1]."""
        return _quantiles(values, np.array(self.scales))

    def encode(self, quantiles: np.ndarray, beat: np.ndarray | None = None) -> Tensor:
        """Encode descriptors, shape (windows, 5), NaN where not told, and beats, shape (windows,).

        Unless given, windows start on downbeats. Returns shape (windows, width).
        """
        knots = np.linspace(0, 1, _KNOTS)
        hats = np.clip(1 - np.abs(quantiles[..., None] - knots) * (_KNOTS - 1), 0, None)
        beats = np.zeros(len(quantiles), np.int64) if beat is None else beat
        parts = [np.nan_to_num(hats).reshape(len(hats), -1), np.eye(BEATS_PER_BAR)[beats]]
        return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))

    def for_training(
        self, values: np.ndarray, beat: np.ndarray, untold: float, rng: np.random.Generator
    ) -> Tensor:
        """Encode descriptors of windows as a model is told them: a little off, and a share not at all."""
        told = np.clip(self.quantiles(values) + rng.uniform(-_JITTER, _JITTER, values.shape), 0, 1)
        told[rng.random(values.shape) < untold] = np.nan
        return self.encode(told, beat)

    def draw(self, seed: int, ask: Ask = NOTHING) -> np.ndarray:
        """Draw descriptors, shape (5,), quantiles: as asked for, the rest as in a window that is near to it.

        So clips of many seeds are distributed as the music is; seeds that follow each other are spread evenly
        over the windows, by ``seed * golden ratio`` modulo 1.

        Raises
        ------
        InputError
            An unknown set.
        """
        places = np.array(self.places)
        if ask.like is not None:
            places = places[np.array(self.set_index) == self._index_of(ask.like)]
        asked = ask.descriptors
        columns = [DESCRIPTORS.index(name) for name in asked]
        wanted = np.array(list(asked.values()))
        if asked:
            away = np.abs(places[:, columns] - wanted).max(axis=1)
            places = places[np.sort(np.argsort(away, kind="stable")[: -(-len(places) // _NEAREST)])]
        drawn = places[(seed * _TURN % 2**64) * len(places) >> 64].copy()
        drawn[columns] = wanted
        return drawn

    def for_continuation(self, before: np.ndarray, ask: Ask) -> np.ndarray:
        """Descriptors of music that goes on from other music, shape (5,), quantiles.

        They are those of the music before, shape (5,), from a downbeat on, or of the set that is asked
        for, but for those that are asked for themselves.
        """
        if ask.like is not None:
            return self.draw(0, ask)
        told = self.quantiles(before[None])[0]
        for name, value in ask.descriptors.items():
            told[DESCRIPTORS.index(name)] = value
        return told

    def anonymous(self) -> "Conditions":
        """Return the same with numbers in the place of the sets' names, from 1."""
        return self.model_copy(update={"sets": tuple(str(i + 1) for i in range(len(self.sets)))})

    def _index_of(self, like: str) -> int:
        known = sorted({self.sets[index] for index in self.set_index})
        if like not in known:
            near = difflib.get_close_matches(like, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise InputError(f"the run learnt from no windows of a set called '{like}'; {hint}")
        return self.sets.index(like)


def no_conditions() -> InputError:
    """Error of a run that nothing can be asked of."""
    return InputError(
        "the run has learnt no conditions, so nothing can be asked for: train a recipe with "
        "model.conditions, such as 'cpu', or a flow with --set model.conditions=true, or leave --like and "
        "descriptors out"
    )


def _quantiles(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, 1, _STEPS + 1)
    each = zip(values.T, scales, strict=True)
    return np.stack([np.interp(column, scale, steps) for column, scale in each], 1)
