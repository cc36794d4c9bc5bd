import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.analysis.key import PITCH_CLASSES, Key
from mixdream.errors import InputError
from tests.texts import CHARACTERS

KEYS = [Key(tonic, minor) for minor in (False, True) for tonic in range(12)]

# The wheel as DJ software prints it.
PRINTED = """
8B=C 9B=G 10B=D 11B=A 12B=E 1B=B 2B=Gb 3B=Db 4B=Ab 5B=Eb 6B=Bb 7B=F
8A=Am 9A=Em 10A=Bm 11A=F#m 12A=C#m 1A=Abm 2A=Ebm 3A=Bbm 4A=Fm 5A=Cm 6A=Gm 7A=Dm
"""
WHEEL = dict(pair.split("=") for pair in PRINTED.split())


def test_the_wheel_is_that_of_dj_software() -> None:
    assert len(WHEEL) == 24
    for code, name in WHEEL.items():
        assert Key.parse(code) == Key.parse(name) == Key.parse(f" {code.lower()} ")
        assert Key.parse(name).camelot == code


@pytest.mark.parametrize("key", KEYS)
def test_each_key_mixes_with_four_that_share_all_notes_but_one(key: Key) -> None:
    mixing = [other for other in KEYS if key.mixes_with(other)]
    assert len(mixing) == 4
    for other in mixing:
        assert other.mixes_with(key)
        assert len(scale(key) ^ scale(other)) <= 2
    assert Key.parse(key.name) == Key.parse(key.camelot) == key


def scale(key: Key) -> set[int]:
    """Pitch classes of the major or natural minor scale."""
    steps = (0, 2, 3, 5, 7, 8, 10) if key.minor else (0, 2, 4, 5, 7, 9, 11)
    return {(key.tonic + step) % 12 for step in steps}


def test_how_sure_a_key_is_does_not_make_it_another() -> None:
    assert Key(9, True, 0.4, 12.0) == Key.parse("Am")


@given(st.text(CHARACTERS, max_size=5))
def test_whatever_is_no_key_is_told_in_one_line(text: str) -> None:
    try:
        key = Key.parse(text)
    except InputError as error:
        assert "give a name such as Am" in str(error)
    else:
        assert key.tonic in range(len(PITCH_CLASSES))
        assert Key.parse(key.name) == key


@pytest.mark.parametrize("text", ["", "H", "13A", "0B", "8C", "Amm", "A minor", "8A8A"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(InputError, match="is no key: give a name such as Am, F# or Ebm"):
        Key.parse(text)
