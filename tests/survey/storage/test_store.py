import secrets
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from mixdream.survey.design.design import Design
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving import visits
from mixdream.survey.serving.plan import questions_of
from mixdream.survey.serving.progress import progress
from mixdream.survey.serving.submission import HeardReport, Refused, Submission
from mixdream.survey.serving.visits import find, save, score, start
from mixdream.survey.storage import database
from mixdream.survey.storage.store import Store, now
from mixdream.survey.storage.tables import answers, sessions, uses
from tests.survey.example import CONDITIONS, ITEMS, example_design

CLIPS = [Clip(f"{name}-{item}", name, item, 2.0) for name in CONDITIONS for item in ITEMS]
CLIPS += [Clip(f"tones{count}", "attention", str(count), 4.0) for count in range(2, 6)]


def begun(store: Store, design: Design) -> str:
    store.add_design(design)
    token = secrets.token_hex(16)
    start(store, design, CLIPS, "en", token)
    return token


def filled(store: Store, token: str, design: Design, **changes: Any) -> Submission:
    """Right answers where there are any, else the first option."""
    visit = find(store, token)
    assert visit is not None
    page = visit.plan[visit.page]
    values = {
        question.name: page.right or (question.options[0].value if question.options else "4")
        for question in questions_of(design, page)
    }
    heard = [HeardReport(plays=2, heard_s=1.5 * clip.seconds, reached_end=True) for clip in page.clips]
    content: dict[str, Any] = {
        "id": secrets.token_hex(16),
        "session": visit.public,
        "page": visit.page,
        "answers": values,
        "heard": heard,
        "taken_s": 3.25,
    }
    return Submission(**content | changes)


def answer(store: Store, token: str, design: Design, **changes: Any) -> None:
    save(store, token, lambda _: design, filled(store, token, design, **changes))


def finish(store: Store, token: str, design: Design) -> None:
    while (visit := find(store, token)) and visit.finished is None:
        answer(store, token, design)


def test_what_was_answered_comes_back(store: Store) -> None:
    design = example_design()
    before = now()
    token = begun(store, design)
    finish(store, token, design)
    visit = find(store, token)
    assert visit is not None and visit.finished is not None
    rows = list(store.answers())
    expected = [
        (position, page.kind, page.block, page.trial, question.name)
        for position, page in enumerate(visit.plan)
        for question in questions_of(design, page)
    ]
    assert [(row.position, row.kind, row.block, row.trial, row.question) for row in rows] == expected
    for row in rows:
        page = visit.plan[row.position]
        assert row.session == visit.public
        assert row.right == page.right
        assert [(clip.clip, clip.condition, clip.item) for clip in row.clips] == [
            (clip.id, clip.condition, clip.item) for clip in page.clips
        ]
        assert all((clip.plays, clip.heard_s) == (2, 1.5 * clip.seconds) for clip in row.clips)
        assert before <= row.saved <= now()
        assert (row.language, row.design_hash, row.seconds_taken) == ("en", design.hash, 3.25)
    (session,) = store.sessions()
    assert (session.session, session.pages, session.answered) == (visit.public, 10, 10)
    assert session.finished == visit.finished >= session.started >= before
    assert score(store, visit) == (3, 3)
    assert store.designs() == [(design.hash, design)]


def test_an_answer_exists_once_however_often_it_is_sent(store: Store) -> None:
    design = example_design()
    token = begun(store, design)
    answer(store, token, design)
    content = filled(store, token, design)
    saved = save(store, token, lambda _: design, content)
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(lambda _: save(store, token, lambda _: design, content), range(24)))
    assert set(again) == {saved}
    # Another window says the same under another id.
    assert save(store, token, lambda _: design, content.model_copy(update={"id": "f" * 32})) == saved
    assert [row.question for row in store.answers()] == ["age", "instrument"]


def test_a_race_of_the_same_answer_leaves_one(store: Store) -> None:
    design = example_design()
    token = begun(store, design)
    answer(store, token, design)
    contents = [filled(store, token, design) for _ in range(12)]
    together = threading.Barrier(12)

    def send(content: Submission) -> object:
        together.wait()
        return save(store, token, lambda _: design, content)

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(send, contents))) == 1
    assert len(list(store.answers())) == 2
    visit = find(store, token)
    assert visit is not None and visit.page == 2


def test_a_session_is_begun_once_however_often_it_is_asked_for(store: Store) -> None:
    design = example_design()
    token = begun(store, design)
    before = find(store, token)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: start(store, design, CLIPS, "en", token), range(8)))
        together = secrets.token_hex(16)
        list(pool.map(lambda _: start(store, design, CLIPS, "en", together), range(8)))
    assert find(store, token) == before
    assert len(store.sessions()) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answers": {}}, "an answer is missing"),
        ({"answers": {"detect": "third"}}, "not one of those"),
        ({"answers": {"detect": "first", "more": "1"}}, "does not ask"),
        ({"heard": []}, "another number of clips"),
        ({"heard": [HeardReport(plays=1, heard_s=1.0, reached_end=True)] * 2}, "not heard to its end"),
        ({"heard": [HeardReport(plays=1, heard_s=2.0, reached_end=False)] * 2}, "not heard to its end"),
        ({"heard": [HeardReport(plays=0, heard_s=2.0, reached_end=True)] * 2}, "more was heard"),
        ({"heard": [HeardReport(plays=1, heard_s=9.0, reached_end=True)] * 2}, "more was heard"),
    ],
)
def test_what_is_not_an_answer_is_refused_and_nothing_stored(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    design = example_design(demographics=[])
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store:
        token = begun(store, design)
        for _ in range(2):
            answer(store, token, design)
        with pytest.raises(Refused, match=reason) as refusal:
            answer(store, token, design, **changes)
        assert refusal.value.status == 422
        assert list(store.answers()) == []
        answer(store, token, design)
        assert len(list(store.answers())) == 1


def test_without_must_listen_nothing_but_the_volume_has_to_be_heard(tmp_path: Path) -> None:
    block = example_design().blocks[0].model_dump() | {"must_listen": False, "intro": None}
    design = example_design(demographics=[], blocks=[block])
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store:
        token = begun(store, design)
        unheard = HeardReport(plays=0, heard_s=0.0, reached_end=False)
        with pytest.raises(Refused, match="not heard to its end"):
            answer(store, token, design, heard=[unheard])
        answer(store, token, design)
        answer(store, token, design, heard=[unheard] * 2)
        assert [row.kind for row in store.answers()] == ["detect"]


def test_the_time_to_go_on_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    design = example_design(resume_hours=1.0)
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store:
        token = begun(store, design)
        content = filled(store, token, design)
        monkeypatch.setattr(visits, "now", lambda: now() + timedelta(minutes=59))
        save(store, token, lambda _: design, content)
        late = filled(store, token, design)
        monkeypatch.setattr(visits, "now", lambda: now() + timedelta(minutes=121))
        with pytest.raises(Refused, match="time to go on"):
            save(store, token, lambda _: design, late)
        # What was confirmed stays confirmed.
        save(store, token, lambda _: design, content)


def test_deleting_takes_everything_of_a_session_and_nothing_else(store: Store) -> None:
    design = example_design()
    tokens = [begun(store, design) for _ in range(2)]
    for token in tokens:
        finish(store, token, design)
    mine, other = (find(store, token) for token in tokens)
    assert mine is not None and other is not None
    rows = [row for row in store.answers() if row.session == other.public]
    assert store.delete(mine.public) == len(rows)
    assert store.delete(mine.public) is None
    assert find(store, tokens[0]) is None
    assert list(store.answers()) == rows
    assert [session.session for session in store.sessions()] == [other.public]
    with store.reading() as connection:
        for table in (answers, uses):
            ids = connection.execute(sqlalchemy.select(table.c.session_id).distinct()).all()
            assert len(ids) == 1


def test_what_was_deleted_is_not_in_the_file(tmp_path: Path) -> None:
    design = example_design()
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store:
        token = begun(store, design)
        answer(store, token, design)
        content = filled(store, token, design, answers={"age": "young", "instrument": "a hurdy-gurdy"})
        save(store, token, lambda _: design, content)
        files = lambda: b"".join(path.read_bytes() for path in tmp_path.glob("a.sqlite*"))  # noqa: E731
        assert b"hurdy-gurdy" in files()
        visit = find(store, token)
        assert visit is not None
        store.delete(visit.public)
        assert b"hurdy-gurdy" not in files()


def test_deleting_while_somebody_reads_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database._FORGET_TRIES * database._FORGET_WAIT_S < 10  # how long a deletion may try again
    patient_ms = 3_600_000  # whoever waits for the reader is seen to, on any machine
    monkeypatch.setattr(database, "_BUSY_MS", patient_ms)
    design = example_design()
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store, ThreadPoolExecutor(2) as pool:
        token, other = begun(store, design), begun(store, design)
        visit = find(store, token)
        assert visit is not None
        with store.reading() as reader:
            reader.execute(sqlalchemy.select(sessions)).all()
            end = time.monotonic() + 10
            deleting = pool.submit(store.delete, visit.public)
            while find(store, token) is not None:
                time.sleep(0.001)
            pool.submit(finish, store, other, design).result(timeout=end - time.monotonic())
            assert deleting.result(timeout=end - time.monotonic()) == 0
        # Whoever writes next is as patient as before.
        with ExitStack() as stack:
            for _ in range(3):
                connection = stack.enter_context(store.reading())
                assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == patient_ms


def test_answers_are_streamed_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.survey.storage.store._ROWS", 5)
    design, changed = example_design(), example_design(seed=8)
    for served in (design, design, changed):
        finish(store, begun(store, served), served)
    rows = list(store.answers())
    assert [row.saved for row in rows] == sorted(row.saved for row in rows)
    assert Counter(row.design_hash for row in rows) == {design.hash: 24, changed.hash: 12}


def test_the_design_served_last_is_the_newest(store: Store) -> None:
    first, second = example_design(), example_design(seed=8)
    for design in (first, second, first):
        store.add_design(design)
    assert [design for _, design in store.designs()] == [second, first]


def test_starters_at_one_moment_get_different_clips_and_numbers(store: Store) -> None:
    design = example_design(blocks=[example_design().blocks[0].model_dump()])
    store.add_design(design)
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda _: begun(store, design), range(16)))
    plans = [visit.plan for visit in (find(store, token) for token in tokens) if visit]
    pages = [page for plan in plans for page in plan if page.kind == "detect"]
    used = Counter(clip.id for page in pages for clip in page.clips)
    # Two trials of two conditions with four clips each: 64 uses of eight clips.
    assert set(used.values()) == {8}
    with store.reading() as connection:
        numbers = connection.execute(sqlalchemy.select(sessions.c.number)).scalars().all()
    assert sorted(numbers) == list(range(16))


def test_who_dropped_out_long_ago_uses_up_nothing(tmp_path: Path) -> None:
    design = example_design(blocks=[example_design().blocks[0].model_dump()], demographics=[])
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True) as store:
        for number in range(20):
            token = begun(store, design)
            if number % 3:
                finish(store, token, design)
            else:
                with store.writing() as connection:
                    longer_ago = now() - timedelta(hours=2)
                    left = sessions.c.finished.is_(None)
                    connection.execute(sqlalchemy.update(sessions).where(left).values(last_seen=longer_ago))
        used = Counter(clip.clip for row in store.answers() for clip in row.clips)
        assert max(used.values()) - min(used.values()) <= 1
        numbers = progress(store, design, CLIPS)
    listeners = {"started": 20, "finished": 13, "listening": 0, "left": 7, "screened_out": 0}
    assert numbers["listeners"] == listeners
    assert numbers["left_at"] == [{"page": 1, "pages": 4, "listeners": 7}]
    assert [(row["condition"], row["heard"], row["most"] - row["least"]) for row in numbers["clips"]] == [
        (name, 26, 1) for name in sorted(CONDITIONS[:2])
    ]
