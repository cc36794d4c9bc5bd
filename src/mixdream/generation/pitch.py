"""Pitch of loops: whether it follows their tempo, and how far they are transposed."""

from typing import Any, Literal

from mixdream.analysis.key import Key
from mixdream.errors import InputError

Pitch = Literal["keep", "follow"]

FOLLOWS = 0.02
"""Part of a tempo up to which pitch follows it unless something else is wished for: a third of a semitone."""

MOST_SEMITONES = 24


def pitch_at(bpm: float, own_bpm: float, wished: Pitch | None = None) -> Pitch:
    """Whether pitch is kept or follows, of music of its own tempo that is to play at another one.

    >>> pitch_at(128, 126), pitch_at(130, 126), pitch_at(130, 126, "follow")
    ('follow', 'keep', 'follow')
    """
    away = round(abs(bpm / own_bpm - 1), 9)  # 98 of 100 is 2 %
    return wished or ("keep" if away > FOLLOWS else "follow")


def check_transposition(semitones: int, key: Key | None) -> None:
    """Refuse what cannot be: semitones and a key at once, or more than two octaves."""
    if abs(semitones) > MOST_SEMITONES:
        raise InputError(
            f"{semitones:+d} semitones are not possible: {-MOST_SEMITONES} to +{MOST_SEMITONES} are"
        )
    if semitones and key is not None:
        raise InputError("both a transposition and a key are asked for: leave one out")


def say_tempo_and_key(
    bpm: float, pitch: Pitch, semitones: int, key: Key | None
) -> tuple[dict[str, Any], str]:
    """What a loop's JSON says of its tempo, pitch and key, that once it is transposed, and its name's end.

    >>> say_tempo_and_key(126.0, "keep", 2, Key.parse("Am"))[1]
    '126bpm_Am_8A'
    """
    about = {
        "bpm": bpm,
        "pitch": pitch,
        "transpose": semitones,
        "key": key.name if key else None,
        "camelot": key.camelot if key else None,
        "key_probability": key.probability if key else None,
    }
    return about, "_".join([f"{bpm:g}bpm", *([key.name, key.camelot] if key else [])])


def semitones_to(key: Key, found: Key | None) -> int:
    """Semitones, -5 to 6, to the nearest transposition that is in a key.

    Transposing does not change the mode: what is in major comes to the relative major of a minor key, which
    has the same notes, and the other way round. Music without a key stays where it is.

    >>> a_minor = Key.parse("Am")
    >>> semitones_to(a_minor, Key.parse("Gm")), semitones_to(a_minor, Key.parse("D"))
    (2, -2)
    """
    if found is None:
        return 0
    relative = 3 * (key.minor - found.minor)
    return 6 - (6 - (key.tonic + relative - found.tonic)) % 12
