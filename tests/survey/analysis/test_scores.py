import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.survey.analysis.score_tables import score_sections, score_sentence
from mixdream.survey.analysis.scores import CHOICES, Counts, QuestionCounts, count_answers, read_counts
from mixdream.survey.analysis.tables import Table
from tests.texts import CHARACTERS

# Thesis, figures 4.20, 4.22, 4.24 and 4.25, with its two cut digits (49.63 and 7.80) rounded.
QUESTIONS = (
    ("55 40.15 31.94 48.35", "14 10.22 5.15 15.29", "68 49.64 41.26 58.01"),
    ("55 40.15 31.94 48.35", "6 4.38 0.95 7.81", "76 55.47 47.15 63.80"),
    ("11 8.03 3.48 12.58", "112 81.75 75.28 88.22", "14 10.22 5.15 15.29"),
)
TOTALS = (
    "1 0.73 0 2.16",
    "32 23.36 16.27 30.44",
    "11 8.03 3.48 12.58",
    "32 23.36 16.27 30.44",
    "13 9.49 4.58 14.40",
    "43 31.39 23.62 39.16",
    "5 3.65 0.51 6.79",
)


def as_printed(table: Table) -> tuple[str, ...]:
    rows = table.cells()
    return tuple(f"{row['n']} {row['percent']} {row['wald'].replace(' to ', ' ')}" for row in rows)


def test_the_tables_of_the_thesis() -> None:
    counts = read_counts("thesis")
    sections = score_sections(counts, "t")
    assert tuple(as_printed(section.tables[1]) for section in sections[:3]) == QUESTIONS
    assert as_printed(sections[3].tables[0]) == TOTALS


def test_the_thesis_prints_two_digits_less() -> None:
    q1, q2 = read_counts("thesis").questions[:2]
    assert f"{100 * q1.by_score[2] / 137:.3f}" == "49.635"
    upper = score_sections(read_counts("thesis"), "t")[1].tables[1].rows[1]["wald"].high
    assert f"{upper:.3f}" == "7.806" and q2.by_score[1] == 6
    assert "49.63" in read_counts("thesis").notes[0] and "7.80" in read_counts("thesis").notes[0]


def test_no_listeners_give_all_tables_of_the_thesis() -> None:
    counts = read_counts("thesis")
    assert "447 points and the questions to 448" in counts.contradiction
    mended = counts.model_copy(update={"totals": (0, 33, 11, 32, 13, 43, 5)})
    assert mended.contradiction == ""


def test_six_in_ten_found_the_generated_clip() -> None:
    # Figures 4.19 and 4.21: "about 60 % managed to find the right answer", alone or not.
    for section in score_sections(read_counts("thesis"), "t")[:2]:
        last = section.tables[0].rows[-1]
        assert last["label"].endswith("alone or not") and f"{last['percent']:.2f}" == "59.85"


def test_the_headline_says_what_guessing_gives() -> None:
    text = score_sentence(read_counts("thesis"))
    assert text.startswith("137 listeners reached 3.26 (2.98 to 3.54) of 6 points on average")
    assert text.endswith("gets 2.50.")


ROWS = st.lists(st.tuples(*[st.sampled_from(CHOICES)] * 3), max_size=30)


@settings(max_examples=25)
@given(ROWS)
def test_rows_give_tables_that_agree(rows: list[tuple[str, str, str]]) -> None:
    rights = ("first", "second", "both")
    names = {i: f"Question {i + 1}" for i in range(3)}
    answers = [
        (str(name), i, value, rights[i]) for name, row in enumerate(rows) for i, value in enumerate(row)
    ]
    if not rows:
        return
    counts = count_answers("t", names, answers)  # type: ignore[arg-type]
    assert counts.listeners == len(rows) and counts.contradiction == ""
    assert counts.totals is not None and sum(counts.totals) == len(rows)
    for trial, question in enumerate(counts.questions):
        chosen = [row[trial] for row in rows]
        assert question.choices == {choice: chosen.count(choice) for choice in CHOICES}
    # The same tables whether choices or scores are known.
    again = Counts.model_validate(
        counts.model_dump()
        | {"questions": [{"name": q.name, "right": q.right, "scores": q.by_score} for q in counts.questions]}
    )
    for section, other in zip(score_sections(counts, "t"), score_sections(again, "t"), strict=True):
        assert section.tables[-1].rows == other.tables[-1].rows


def test_totals_are_of_listeners_who_answered_all() -> None:
    counts = count_answers(
        "t",
        {0: "a", 1: "b"},
        [("x", 0, "first", "first"), ("x", 1, "none", "both"), ("y", 0, "both", "first")],
    )
    assert counts.totals == (0, 0, 1, 0, 0) and counts.listeners == 2
    assert [question.answers for question in counts.questions] == [2, 1]
    assert score_sentence(counts).startswith("1 listener of 2, who answered all, reached 2.00 of 4 points")


def test_choices_make_all_bars() -> None:
    counts = Counts(
        title="t",
        listeners=10,
        questions=(
            QuestionCounts(name="q", right="first", choices={"first": 4, "second": 3, "none": 2, "both": 1}),
        ),
    )
    (section,) = score_sections(counts, "t")
    rows = {row["label"]: row["n"] for row in section.tables[0].rows}
    assert rows == {
        "Option 1": 4,
        "Option 2": 3,
        "None": 2,
        "Both": 1,
        "Option 1, alone or not": 5,
        "Option 2, alone or not": 4,
    }
    assert score_sentence(counts) == "10 listeners; exactly the generated clips were named by 40 % in q."


GOOD = "title: t\nlisteners: 3\nquestions: [{name: q, right: first, scores: [1, 1, 1]}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("3", "2", 1), r"q has 3 answers of 2 listeners"),
        (GOOD + "totals: [1, 2]", r"totals needs 3 counts, of 0 to 2 points in 1 questions; got 2"),
        (GOOD + "totals: [1, 2, 3]", r"totals has 6 of 3 listeners"),
        (GOOD.replace("first", "left"), r"questions\.0\.right: .*got 'left'"),
        (GOOD.replace("scores: [1, 1, 1]", "choices: {first: 1}"), r"choices needs all of first, second"),
        (GOOD.replace(", scores: [1, 1, 1]", ""), r"give either choices or scores"),
        (GOOD.replace("[1, 1, 1]", "[1, 1, -1]"), r"questions\.0\.scores\.2: .*got -1"),
        (GOOD + "total: 3", r"total: extra inputs are not permitted"),
        ("title: [", "line 1: not valid YAML"),
        ("3", "counts"),
    ],
)
def test_wrong_counts_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "counts.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as error:
        read_counts(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_file_of_counts_is_named() -> None:
    with pytest.raises(InputError, match="no file thesys; --counts takes 'thesis' or a YAML file"):
        read_counts("thesys")


@settings(max_examples=40)
@given(text=st.text(CHARACTERS, max_size=60))
def test_any_file_is_counts_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("counts") / "c.yaml"
    path.write_text(GOOD + text, "utf-8")
    with contextlib.suppress(InputError):
        assert read_counts(str(path)).listeners == 3
