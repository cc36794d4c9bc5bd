"""The key of a clip, or of many of one set: notes in three registers, against what keys sound like."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from mixdream.analysis.key import Key
from mixdream.analysis.notes import LOWEST, note_levels

REGISTERS = ((24, 45), (45, 60), (60, 97))
"""MIDI notes of bass, middle and top, up to the second: what is low says most of the tonic."""

_PROFILES = Path(__file__).with_name("key_profiles.json")
_LEAST_PROBABILITY = 0.3
_SHARPNESS = 2.5
"""What is made up is harder than music: with this, probabilities are as often right as they say of both the
built-in sets and real tracks (docs/loops.md)."""


@dataclass(frozen=True)
class KeyProfiles:
    """What keys sound like, see `KeyProfiles.probabilities`.

    Attributes
    ----------
    weights : numpy.ndarray, shape (2, 3, 12)
        Of major and minor, by register, of the pitch classes from the tonic upward.
    bias : numpy.ndarray, shape (2,)
        Of major and minor.
    """

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    @cache
    def load(cls) -> Self:
        """Those that come with mixdream: fitted to music made up, see ``benchmarks/key_profiles.py``."""
        kept = json.loads(_PROFILES.read_text("utf-8"))
        return cls(np.array(kept["weights"]), np.array(kept["bias"]))

    def probabilities(self, chroma: np.ndarray) -> np.ndarray:
        """Probabilities of the 24 keys, shape (24,), major ones first, of a chroma by register, (3, 12).

        Multinomial logistic regression whose weights turn with the tonic.
        """
        turned = np.stack([np.roll(chroma, -tonic, axis=1) for tonic in range(12)])
        scores = _SHARPNESS * (np.einsum("mrp,trp->mt", self.weights, turned) + self.bias[:, None])
        odds = np.exp(scores - scores.max()).ravel()
        return odds / odds.sum()


def chroma_by_register(levels: np.ndarray) -> np.ndarray:
    """Sum notes, as `note_levels` gives them, to pitch classes, shape (3, 12); each register has length 1."""
    chroma = np.zeros((len(REGISTERS), 12))
    for register, (low, high) in zip(chroma, REGISTERS, strict=True):
        np.add.at(register, np.arange(low, high) % 12, levels[low - LOWEST : high - LOWEST])
    return chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-12)


def find_key(audio: np.ndarray, rate_hz: float, loop: bool = False) -> Key | None:
    """Find the key of a clip, shape (samples,), which a loop is analysed for on a circle.

    None where no key has a probability of 0.3 or more: drums, noise, silence, clips under 0.26 s, and
    notes that fit many keys. Two bars often hold one chord only, so fifths and relative keys are mistaken for
    each other most.
    """
    heard = _hear(audio, rate_hz, loop)
    return None if heard is None else _most_probable(*heard)


def find_main_key(excerpts: Iterable[np.ndarray], rate_hz: float) -> Key | None:
    """Find the key that most of a long recording is in, from excerpts of two bars or so, each (samples,).

    Probabilities are their means over the excerpts in which notes are heard, so they are also the share of
    the time that is in a key: a set through many keys has none that reaches 0.3, and gets None. Tuning is the
    median.
    """
    heard = [each for excerpt in excerpts if (each := _hear(excerpt, rate_hz, loop=False)) is not None]
    if not heard:
        return None
    probabilities, tunings = zip(*heard, strict=True)
    return _most_probable(np.mean(probabilities, axis=0), float(np.median(tunings)))


def _hear(audio: np.ndarray, rate_hz: float, loop: bool) -> tuple[np.ndarray, float] | None:
    """Probabilities of the 24 keys, and tuning in semitones; None where no note is heard."""
    heard = note_levels(audio, rate_hz, loop)
    if heard is None:
        return None
    levels, tuning = heard
    return KeyProfiles.load().probabilities(chroma_by_register(levels)), tuning


def _most_probable(probabilities: np.ndarray, tuning: float) -> Key | None:
    best = int(probabilities.argmax())
    if probabilities[best] < _LEAST_PROBABILITY:
        return None
    return Key(best % 12, best >= 12, float(probabilities[best]), 100 * tuning)
