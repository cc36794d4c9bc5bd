from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.survey.analysis.exclude import Excluded, exclude, exclusions_csv, heard_s, read_exclusions
from mixdream.survey.design.design import Exclusions
from mixdream.survey.storage.rows import Heard, Session
from tests.survey.analysis.simulate import START, Listener

TODAY = date(2030, 6, 1)


def listener(name: str, heard_share: float = 1.0, wrong: int = 0) -> Listener:
    person = Listener(name, np.random.default_rng(1), "h", heard_share)
    person.detect(1.0)
    for i in range(2):
        person.attend("detect", i < wrong)
    return person


def session(name: str, finished: bool = True) -> Session:
    return Session(name, START, START if finished else None, 9, 9 if finished else 4)


def test_each_rule_and_no_other() -> None:
    rows = [
        *listener("good").rows,
        *listener("wrong", wrong=1).rows,
        *listener("hasty", heard_share=0.4).rows,
        *listener("left").rows,
        *listener("all", heard_share=0.1, wrong=2).rows,
    ]
    sessions = [
        session(name, name not in ("left", "all")) for name in ("good", "wrong", "hasty", "left", "all")
    ]
    excluded = exclude(rows, sessions, Exclusions(wrong_attention=0, fastest_share=0.5), TODAY)
    assert [(exclusion.session, exclusion.rule) for exclusion in excluded] == [
        ("all", "unfinished"),
        ("all", "wrong_attention"),
        ("all", "heard_too_little"),
        ("hasty", "heard_too_little"),
        ("left", "unfinished"),
        ("wrong", "wrong_attention"),
    ]
    assert {exclusion.date for exclusion in excluded} == {"2030-06-01"}
    assert [exclusion.detail for exclusion in excluded[:3]] == [
        "4 of 9 pages",
        "2 of 2 wrong",
        "heard 3.2 of 32.0 s",
    ]


def test_who_is_not_in_the_list_of_sessions_did_not_finish() -> None:
    (excluded,) = exclude(listener("x").rows, [], Exclusions(), TODAY)
    assert (excluded.rule, excluded.detail) == ("unfinished", "not in the list of sessions")


def test_limits_are_allowed() -> None:
    rows = listener("x", heard_share=0.5, wrong=1).rows
    rules = Exclusions(wrong_attention=1, fastest_share=0.5)
    assert exclude(rows, [session("x")], rules, TODAY) == []


def test_answers_that_come_before_the_clips_could_end_are_a_scripts() -> None:
    rows = []
    for name, pause_s in (("script", 0.27), ("person", 12.0)):
        mine = listener(name).rows
        rows += [replace(row, saved=START + timedelta(seconds=pause_s * i)) for i, row in enumerate(mine, 1)]
    sessions = [session("script"), session("person")]
    (excluded,) = exclude(rows, sessions, Exclusions(), TODAY)
    assert (excluded.session, excluded.rule, excluded.detail) == ("script", "faster_than_sound", "on 5 pages")
    # A person who waits an hour at the first page and runs a script then is found, too.
    late = [replace(row, saved=row.saved + timedelta(hours=1)) for row in rows if row.session == "script"]
    assert exclude(late, sessions, Exclusions(), TODAY)[0].detail == "on 4 pages"


def test_playing_one_clip_twice_is_not_hearing_both() -> None:
    person = Listener("x", np.random.default_rng(1), "h", 1.0)
    twice = Heard("a", "gan", "1", 2, 8.0, 4.0, True)
    never = Heard("b", "gan", "2", 0, 0.0, 4.0, False)
    person.answer("d", "detect", "detect", "both", (twice, never))
    assert heard_s(person.rows) == ({"x": 4.0}, {"x": 8.0})


def test_a_page_with_two_questions_is_heard_once() -> None:
    person = Listener("x", np.random.default_rng(1), "h", 0.5)
    person.rate("gan")
    assert len(person.rows) >= 2
    assert heard_s(person.rows) == ({"x": 2.0}, {"x": 4.0})


def test_who_heard_no_clips_at_all_is_not_hasty() -> None:
    person = Listener("x", np.random.default_rng(1), "h", 1.0)
    person.answer("demographics", "demographics", "age", "old")
    assert exclude(person.rows, [session("x")], Exclusions(), TODAY) == []


def test_a_list_comes_back_and_can_be_a_researchers_own(tmp_path: Path) -> None:
    excluded = [Excluded("s1", "own", "=1+1", "2030-05-02"), Excluded("s2", "knew me", "", "2030-05-03")]
    (tmp_path / "e.csv").write_text(exclusions_csv(excluded), "utf-8", newline="")
    assert read_exclusions(tmp_path / "e.csv") == excluded
    (tmp_path / "o.csv").write_text("session,rule,date\ns9, knew me ,2030-05-03\n\n", "utf-8")
    assert read_exclusions(tmp_path / "o.csv") == [Excluded("s9", "knew me", "", "2030-05-03")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("session,rule\n", "has no column 'date'; its first line must name session, rule, date"),
        ("session,rule,date\na,b,3.5.2030\n", "line 2: date must be like 2030-12-31, got '3.5.2030'"),
        ("session,rule,date\n,b,2030-05-03\n", "line 2: session and rule must both be given"),
        ("session,rule,date\na,b\n", "line 2: date must be like 2030-12-31, got ''"),
        ("session,rule,date\na,b,2030-05-03,c\n", "line 2: more cells than the first line has"),
        ('session,rule,date\n"a', "is no CSV in UTF-8"),
    ],
)
def test_a_wrong_list_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "e.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_exclusions(tmp_path / "e.csv")
