import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.corpus.sources import find_sources, safe_name, source_text, unique_names
from mixdream.errors import InputError

FILE_NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=120
)


@given(FILE_NAMES)
def test_any_file_name_gives_a_name_that_file_systems_take(name: str) -> None:
    made = safe_name(Path("/music") / f"{name}.mp3")
    assert made and len(f"{made}.npy".encode()) < 255
    assert not set(made) & set('<>:"/\\|?* \n\t\0') and not made.startswith(".")
    assert made.encode()
    assert made.split(".")[0].lower() not in {"con", "nul", "aux"}


@given(st.lists(FILE_NAMES, max_size=20), st.lists(FILE_NAMES, max_size=5))
def test_names_are_unique_whatever_their_case(names: list[str], taken: list[str]) -> None:
    made = unique_names([Path("/music") / f"{name}.mp3" for name in names], taken)
    folded = [name.casefold() for name in made]
    assert len(set(folded)) == len(folded) and not set(folded) & {name.casefold() for name in taken}


def test_letters_of_any_language_stay() -> None:
    assert safe_name(Path("Сет в клубе 日本.mp3")) == "Сет_в_клубе_日本"
    assert safe_name(Path(os.fsdecode(b"s\xe9t.mp3"))) == r"s_xe9t"
    assert safe_name(Path("con.wav")) == "set_con"
    assert safe_name(Path("....wav")) == "set"


def test_folders_are_searched_to_any_depth_in_order(tmp_path: Path) -> None:
    for name in ("b/2.MP3", "b/1.flac", "a/deep/er/x.ogg", "z.wav", "notes.txt", ".hidden.mp3", ".git/y.mp3"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [str(path.relative_to(tmp_path)) for path in find_sources([tmp_path, tmp_path / "z.wav"])]
    assert found == ["a/deep/er/x.ogg", "b/1.flac", "b/2.MP3", "z.wav"]
    assert find_sources([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]


def test_no_media_at_all_is_refused(tmp_path: Path) -> None:
    for nothing in ([], [tmp_path]):
        with pytest.raises(InputError, match="no audio or video file"):
            find_sources(nothing)


def test_paths_that_are_not_utf8_can_be_written_down() -> None:
    assert source_text(Path(os.fsdecode(b"/m/\xff.mp3"))) == r"/m/\xff.mp3"
