"""Pitch of loops: whether it follows their tempo, and how far they are transposed."""

from typing import Literal

from mixdream.analysis.key import PITCH_CLASSES, Key
from mixdream.errors import InputError

Pitch = Literal["keep", "follow"]

FOLLOWS = 0.02
"""Part of a tempo up to which pitch follows it unless something else is wished for: a third of a semitone."""

MOST_SEMITONES = 24

_FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}


def pitch_at(bpm: float, own_bpm: float, wished: Pitch | None = None) -> Pitch:
    """Whether pitch is kept or follows, of music of its own tempo that is to play at another one.

    >>> pitch_at(128, 126), pitch_at(130, 126), pitch_at(130, 126, "follow")
    ('follow', 'keep', 'follow')
    """
    away = round(abs(bpm / own_bpm - 1), 9)  # 98 of 100 is 2 %
    return wished or ("keep" if away > FOLLOWS else "follow")


def check_transposition(semitones: int, key: str | None) -> None:
    """Refuse what cannot be: semitones and a key at once, more than two octaves, a key that is none."""
    if key is None:
        if abs(semitones) > MOST_SEMITONES:
            raise InputError(
                f"{semitones:+d} semitones are not possible: {-MOST_SEMITONES} to +{MOST_SEMITONES} are"
            )
        return
    if semitones:
        raise InputError("both a transposition and a key are asked for: leave one out")
    _read_key(key)


def semitones_to(key: str, found: Key | None) -> int:
    """Semitones, -5 to 6, to the nearest transposition that is in a key.

    Transposing does not change the mode: what is in major comes to the relative major of a minor key, which
    has the same notes, and the other way round. Music without a key stays where it is.

    >>> semitones_to("Am", Key(7, True, 1.0, 0.0)), semitones_to("Am", Key(2, False, 1.0, 0.0))
    (2, -2)
    """
    if found is None:
        return 0
    tonic, minor = _read_key(key)
    relative = 3 * (minor - found.minor)
    return 6 - (6 - (tonic + relative - found.tonic)) % 12


def _read_key(name: str) -> tuple[int, bool]:
    """Pitch class of the tonic, C is 0, and whether it is minor."""
    minor = name.endswith("m")
    tonic = name[:1].upper() + name[1:].removesuffix("m")
    tonic = _FLATS.get(tonic, tonic)
    if tonic not in PITCH_CLASSES:
        raise InputError(f"'{name}' is no key: a key is a note, with 'm' for minor, such as Am, F# or Bbm")
    return PITCH_CLASSES.index(tonic), minor
