"""Keys: their names, their place on the Camelot wheel, and which of them mix."""

import re
from dataclasses import dataclass, field
from typing import Self

from mixdream.errors import InputError

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""One spelling for all keys, the one of sample libraries."""

_CAMELOT = re.compile(r"(1[0-2]|[1-9])([AB])")
_NAME = re.compile(r"([A-G])([#B]?)(M?)")
_FLATS = {"B": -1, "": 0, "#": 1}


@dataclass(frozen=True)
class Key:
    """A major or minor key.

    Attributes
    ----------
    tonic : int in [0, 11]
        Pitch class; C is 0.
    probability : float in [0, 1]
        That it is this one of the 24 keys, see `mixdream.analysis.key_finder`; 1 where it is given.
    tuning_cents : float in [-50, 50)
        How far the notes lie above equal temperament at A = 440 Hz.
    """

    tonic: int
    minor: bool
    probability: float = field(default=1.0, compare=False)
    tuning_cents: float = field(default=0.0, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name or a Camelot code.

        >>> Key.parse("8A").name, Key.parse("Bbm").name, Key.parse("f#").camelot
        ('Am', 'A#m', '2B')

        Raises
        ------
        InputError
            It is neither.
        """
        word = text.strip().upper()
        if match := _CAMELOT.fullmatch(word):
            minor = match[2] == "A"
            return cls((7 * (int(match[1]) - 8) + (9 if minor else 0)) % 12, minor)
        if match := _NAME.fullmatch(word):
            return cls((PITCH_CLASSES.index(match[1]) + _FLATS[match[2]]) % 12, bool(match[3]))
        raise InputError(
            f"'{text}' is no key: give a name such as Am, F# or Ebm, or a Camelot code, 1A to 12B"
        )

    @property
    def name(self) -> str:
        """Name as in ``Am`` or ``F#``.

        >>> Key(9, True).name, Key(6, False).name
        ('Am', 'F#')
        """
        return PITCH_CLASSES[self.tonic] + ("m" if self.minor else "")

    @property
    def hour(self) -> int:
        """Number on the Camelot wheel, 1 to 12: a fifth up is one more, relative keys share it."""
        return (7 * (self.tonic + (3 if self.minor else 0)) + 7) % 12 + 1

    @property
    def camelot(self) -> str:
        """Code on the Camelot wheel, minor keys with A and major ones with B.

        >>> Key(9, True).camelot, Key(0, False).camelot, Key(4, True).camelot
        ('8A', '8B', '9A')
        """
        return f"{self.hour}{'A' if self.minor else 'B'}"

    def mixes_with(self, other: "Key") -> bool:
        """Whether the other is the same, a neighbour on the wheel (a fifth away, same mode), or the relative.

        >>> [Key.parse("8A").mixes_with(Key.parse(code)) for code in ("8A", "7A", "9A", "8B", "9B", "10A")]
        [True, True, True, True, False, False]
        """
        steps = (self.hour - other.hour) % 12
        return steps == 0 or (self.minor == other.minor and steps in (1, 11))
