import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.survey.exporting.columns import ANSWER_COLUMNS, SESSION_COLUMNS
from mixdream.survey.exporting.export import FILES, export
from mixdream.survey.exporting.read_rows import read_export, read_rows, read_sessions
from mixdream.survey.exporting.safe_csv import csv_text, guard, unguard
from mixdream.survey.storage.rows import Answer, Heard, Session
from tests.survey.analysis.simulate import simulate
from tests.texts import CHARACTERS

AWKWARD = ["=1+1", "@x", "-3", "'", "''a", "a\r\nb", '"', "\t", "+4.5", "\0"]
AWKWARD += [";=1+1;", "a,-b", "x;'y", '; "=1', "'=1;'", "1|@x", "a\n=1"]
TEXTS = st.text(CHARACTERS, max_size=20) | st.sampled_from(AWKWARD)
NAMES = st.text(CHARACTERS, min_size=1, max_size=12)
SECONDS = st.floats(0, 1e6, allow_nan=False)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
CLIPS = st.builds(Heard, NAMES, TEXTS, TEXTS, st.integers(0, 99), SECONDS, SECONDS, st.booleans())
ANSWERS = st.builds(
    Answer,
    session=NAMES,
    block=TEXTS,
    kind=TEXTS,
    position=st.integers(0, 1000),
    trial=st.integers(-1, 200),
    question=TEXTS,
    value=TEXTS,
    right=st.none() | NAMES,
    clips=st.lists(CLIPS, max_size=3).map(tuple),
    seconds_taken=SECONDS,
    saved=TIMES,
    language=TEXTS,
    app_version=TEXTS,
    design_hash=TEXTS,
)
SESSIONS = st.builds(
    Session,
    NAMES,
    TIMES,
    st.none() | TIMES,
    pages=st.integers(0, 500),
    answered=st.integers(0, 500),
    code=TEXTS,
    screened_out=st.none() | TIMES,
    panel=TEXTS,
)


@given(rows=st.lists(ANSWERS, max_size=8), sessions=st.lists(SESSIONS, max_size=4))
@settings(max_examples=30, deadline=None)
def test_rows_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Answer], sessions: list[Session]
) -> None:
    folder = tmp_path_factory.mktemp("round") / "export"
    assert export(rows, sessions, [], folder) == len(rows)
    for suffix in ("csv", "parquet"):
        assert list(read_rows(folder / f"answers.{suffix}")) == rows
        assert read_sessions(folder / f"sessions.{suffix}") == sessions


@given(TEXTS)
def test_no_cell_is_a_formula(text: str) -> None:
    guarded = guard(text)
    assert unguard(guarded) == text
    # Whatever a spreadsheet takes for the separator.
    for separator in (None, ",", ";", "|", "\t", "\r", "\n"):
        for cell in guarded.split(separator) if separator else [guarded]:
            if cell.lstrip(' "')[:1] in tuple("=+-@＝＋－＠"):
                float(guarded)
    assert guarded[:1] not in tuple("\t\r\n")


def test_a_whole_test_comes_back(tmp_path: Path) -> None:
    whole = simulate(3, np.random.default_rng(1))
    export(iter(whole.rows), whole.sessions, whole.designs, tmp_path / "e")
    back = read_export(tmp_path / "e")
    assert (back.rows, back.sessions, back.designs) == (whole.rows, whole.sessions, whole.designs)
    assert back.designs[0][1].hash == whole.designs[0][0]
    assert {path.name for path in (tmp_path / "e").iterdir()} == FILES


def test_the_data_dictionary_names_every_column(tmp_path: Path) -> None:
    export([], [], [], tmp_path / "e")
    text = (tmp_path / "e" / "README.txt").read_text("utf-8")
    for column in (*ANSWER_COLUMNS, *SESSION_COLUMNS):
        assert f"\n{column.name} " in text
    head = (tmp_path / "e" / "answers.csv").read_text("utf-8").splitlines()[0]
    assert head.split(",") == [column.name for column in ANSWER_COLUMNS]


def test_answers_are_streamed(tmp_path: Path) -> None:
    row = simulate(1, np.random.default_rng(1)).rows[0]
    partial = tmp_path / ".e.partial" / "answers.csv"
    sizes = []

    def rows() -> Iterator[Answer]:
        for i in range(12_000):
            if i % 6000 == 5999:
                sizes.append(partial.stat().st_size)
            yield row

    assert export(rows(), [], [], tmp_path / "e") == 12_000
    assert sizes[0] < sizes[1] and not partial.exists()


def test_a_failed_export_leaves_the_older_one(tmp_path: Path) -> None:
    export([], [], [], tmp_path / "e")

    def broken() -> Iterator[Answer]:
        raise OSError("the database is gone")
        yield

    with pytest.raises(OSError, match="gone"):
        export(broken(), [], [], tmp_path / "e")
    assert [path.name for path in tmp_path.iterdir()] == ["e"]
    assert list(read_rows(tmp_path / "e")) == []


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "music.wav").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"holds music\.wav: an export needs a new folder"):
        export([], [], [], tmp_path)
    assert (tmp_path / "music.wav").read_bytes() == b"mine"


def test_tables_are_plain_csv() -> None:
    text = csv_text(["a", "b"], [["=x", None], ["y, z", 1.5]])
    assert list(csv.reader(text.splitlines())) == [["a", "b"], ["'=x", ""], ["y, z", "1.5"]]


def test_faults_are_named_with_their_line(tmp_path: Path) -> None:
    export(simulate(1, np.random.default_rng(1)).rows[:3], [], [], tmp_path / "e")
    path = tmp_path / "answers.csv"
    good = (tmp_path / "e" / "answers.csv").read_text("utf-8")
    for text, message in (
        (good.replace("2030-05-01T12:02", "yesterday"), r"Row #3: .*invalid value 'yesterday"),
        (good.replace("session,", "who,", 1), r"'session'"),
        (good + "a,b\r\n", r"Row #5: Expected 34 columns, got 2"),
        (good.replace("demographics,1,", "demographics,,", 1), r"row 2: position is empty"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=message):
            list(read_rows(path))
    path.write_bytes(b"session\xff")
    with pytest.raises(InputError, match="damaged or no export"):
        list(read_rows(path))
    (tmp_path / "answers.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(InputError, match="damaged"):
        list(read_rows(tmp_path / "answers.parquet"))
    with pytest.raises(InputError, match="no file"):
        list(read_rows(tmp_path / "e" / "none.csv"))
    with pytest.raises(InputError, match=r"no designs\.json"):
        read_export(tmp_path)
