"""Conditions: what a model can be asked for: music like a set, of low or high energy."""

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Literal, Self, get_args

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from torch import Tensor

from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.errors import InputError

Energy = Literal["low", "middle", "high"]
ENERGIES: tuple[Energy, ...] = get_args(Energy)

_TURN = 11400714819323198485  # of 2**64, the golden ratio


class Conditions(BaseModel):
    """Sets and energies of the windows of a training, and how many windows there are of each kind.

    Energy is the mean of a scaled spectrogram: how full it is, relative to its set's loudest cell and to
    what is usual in each bin. Its thirds over all windows are low, middle and high. The third condition is
    the beat of the bar that a window starts on.

    Encoded for a model they are one-hot: a value for each set, then one for each energy, then one for each
    beat of a bar.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: tuple[str, ...] = Field(min_length=1)
    edges: tuple[FiniteFloat, FiniteFloat]  # energies that the thirds meet at
    kinds: tuple[tuple[int, int, int], ...] = Field(min_length=1)  # set, energy, windows of them (counted)

    @model_validator(mode="after")
    def _within(self) -> Self:
        if any(
            not (0 <= index < len(self.sets) and 0 <= third < len(ENERGIES) and number > 0)
            for index, third, number in self.kinds
        ):
            raise ValueError("a kind names a set or an energy that there is not")
        return self

    @classmethod
    def fit(cls, sets: Sequence[str], set_index: np.ndarray, energies: np.ndarray) -> "Conditions":
        """Count windows by kind, from the set and the energy (`energy_of`) of each, shape (windows,)."""
        low, high = np.quantile(energies, (1 / 3, 2 / 3)).tolist()
        thirds = np.searchsorted((low, high), energies)
        counts = Counter(zip(set_index.tolist(), thirds.tolist(), strict=True))
        return cls(
            sets=tuple(sets), edges=(low, high), kinds=tuple((*kind, n) for kind, n in sorted(counts.items()))
        )

    @property
    def width(self) -> int:
        """Values of encoded conditions."""
        return len(self.sets) + len(ENERGIES) + BEATS_PER_BAR

    def encode(self, set_index: np.ndarray, energy: np.ndarray, beat: np.ndarray) -> Tensor:
        """One-hot conditions of windows, shape (windows, width), from their numbers, shape (windows,)."""
        encoded = torch.zeros(len(set_index), self.width)
        rows = np.arange(len(set_index))
        encoded[rows, set_index] = 1
        encoded[rows, len(self.sets) + energy] = 1
        encoded[rows, len(self.sets) + len(ENERGIES) + beat] = 1
        return encoded

    def of_images(self, images: Tensor, set_index: np.ndarray, beat: np.ndarray) -> Tensor:
        """Encode the conditions of scaled spectrograms, shape (windows, 1, bins, frames)."""
        return self.encode(set_index, np.searchsorted(self.edges, energy_of(images)), beat)

    def without_sets(self, encoded: Tensor, dropped: Tensor) -> Tensor:
        """Encoded conditions, shape (windows, width), without the sets of those windows that are dropped."""
        is_set = torch.arange(self.width, device=encoded.device) < len(self.sets)
        return encoded * ~(dropped[:, None] & is_set)

    def draw(self, seed: int, like: str | None = None, energy: Energy | None = None) -> tuple[str, Energy]:
        """Draw what is left open as often as it is among the windows.

        So clips of many seeds are distributed as the music is; a model needs no training without conditions.
        Seeds that follow each other are spread evenly over all kinds, by ``seed * golden ratio`` modulo 1.

        Raises
        ------
        InputError
            An unknown set, or one that is never of this energy.
        """
        known = sorted({self.sets[index] for index, _, _ in self.kinds})
        if like is not None and like not in known:
            near = difflib.get_close_matches(like, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise InputError(f"the run learnt from no windows of a set called '{like}'; {hint}")
        fitting = [
            (index, third, number)
            for index, third, number in self.kinds
            if like in (None, self.sets[index]) and energy in (None, ENERGIES[third])
        ]
        if not fitting:
            had = sorted({third for index, third, _ in self.kinds if like in (None, self.sets[index])})
            raise InputError(
                f"nothing in {like or 'the corpus'} is of {energy} energy, only of "
                f"{' and '.join(ENERGIES[i] for i in had)}"
            )
        numbers = np.array([number for _, _, number in fitting])
        window = (seed * _TURN % 2**64) * int(numbers.sum()) >> 64
        index, third, _ = fitting[int(np.searchsorted(numbers.cumsum(), window, "right"))]
        return self.sets[index], ENERGIES[third]

    def for_clip(self, like: str | None, energy: Energy) -> Tensor:
        """Encode the conditions of a clip that starts on a downbeat, shape (1, width); None is no set."""
        numbers = (0 if like is None else self.sets.index(like), ENERGIES.index(energy), 0)
        encoded = self.encode(*(np.array([number]) for number in numbers))
        return self.without_sets(encoded, torch.tensor([like is None]))

    def for_continuation(self, before: Tensor, like: str | None, energy: Energy | None) -> Tensor:
        """Encode the conditions of music that goes on from other music, shape (1, width).

        The energy is that of the music before, a scaled spectrogram, shape (1, 1, bins, frames), from a
        downbeat on, unless another one is asked for; a set is only given where one is asked for. What cannot
        be asked for, see `draw`, is an InputError.
        """
        if like is not None or energy is not None:
            self.draw(0, like, energy)
        third = int(np.searchsorted(self.edges, energy_of(before)).item())
        return self.for_clip(like, energy or ENERGIES[third])

    def anonymous(self) -> "Conditions":
        """Return the same with numbers in the place of the sets' names, from 1."""
        return self.model_copy(update={"sets": tuple(str(i + 1) for i in range(len(self.sets)))})


def no_conditions() -> InputError:
    """Error of a run that clips cannot be asked of by set or energy."""
    return InputError(
        "the run has learnt no conditions, so nothing can be asked for: train a recipe with "
        "model.conditions, such as 'cpu', or a flow with --set model.conditions=true, or leave --like and "
        "--energy out"
    )


def energy_of(images: Tensor) -> np.ndarray:
    """Energies of scaled spectrograms, shape (windows, 1, bins, frames): their means."""
    return images.float().mean((1, 2, 3)).cpu().numpy()
