import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from mixdream.survey.rendering.clips import read_clips
from mixdream.survey.storage.store import Store
from tests.survey.example import SECRET_WORDS, answers_in, example_design
from tests.survey.serving.conftest import Open
from tests.survey.walk import answer, consent, seen, submission, token_of, walk


def rows(folder: Path) -> list[Any]:
    with answers_in(folder) as store:
        return list(store.answers())


def test_a_whole_session(open_client: Open, folder: Path) -> None:
    client = open_client()
    pages = walk(client, lambda name, values: values[-1] if values else f"about {name}")
    assert [page.position for page in pages] == list(range(10))
    end = client.get("/").text
    assert "THANKS-42" in end
    assert re.search(r"You were right in [0-3] of 3\.", end)
    answers = rows(folder)
    assert len(answers) == 12
    assert {answer.value for answer in answers if answer.question == "effort"} == {"100"}
    assert {answer.value for answer in answers if answer.question == "remark"} == {"about remark"}


def test_what_is_asked_stands_below_the_clips_it_calls_the_above(open_client: Open) -> None:
    client = open_client()
    client.post("/start", json=consent())
    asked = 0
    while (text := client.get("/").text) and (page := seen(text)):
        for name in page.questions if page.slots else ():
            ask = text.index(f'data-question="{name}"')
            assert text.rindex("data-slot=") < ask < text.index("<legend>", ask)
            asked += 1
        answer(client)
    assert asked >= 6


def test_nothing_that_a_listener_gets_names_a_condition(open_client: Open, folder: Path) -> None:
    client = open_client()
    got = []

    def keep(response: httpx.Response) -> None:
        got.append(f"{response.request.url} {response.headers}".encode() + response.read())

    client.event_hooks["response"].append(keep)
    walk(client)
    for path in ("/", "/nothing", f"/s/{token_of(client)}", f"/withdraw/{token_of(client)}"):
        client.get(path, headers={"Accept": "text/html"})
    ids = [clip.id for clip in read_clips(folder)]
    assert len(got) > 30
    for secret in (*SECRET_WORDS, "attention.flac", *ids):
        assert not [response for response in got if secret.encode() in response.lower()]


def test_a_reload_shows_the_same_page_and_another_device_too(open_client: Open) -> None:
    client, other = open_client(), open_client()
    client.post("/start", json=consent())
    for _ in range(4):
        answer(client)
    page = seen(client.get("/").text)
    assert page is not None and page.position == 4 and len(page.slots) == 2
    assert seen(client.get("/").text) == page
    response = other.get(f"/s/{token_of(client)}")
    assert response.url.path == "/"
    assert seen(response.text) == page
    answer(other)
    after = seen(client.get("/").text)
    assert after is not None and after.position == 5


def test_opening_the_page_begins_no_session(open_client: Open, folder: Path) -> None:
    client = open_client()
    assert "I agree" in client.get("/").text
    assert "I agree" in client.get("/new").text
    assert not client.cookies
    with answers_in(folder) as store:
        assert store.sessions() == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,en;q=0.3,de;q=0.2", "en"),
        ("fr", "en"),
        ("", "en"),
        ("de;q=x,;;q=,en", "en"),
    ],
)
def test_the_language_is_the_browsers(open_client: Open, header: str, language: str) -> None:
    client = open_client()
    assert f'<html lang="{language}">' in client.get("/", headers={"Accept-Language": header}).text
    assert '<html lang="de">' in client.get("/?language=de", headers={"Accept-Language": header}).text


def test_a_session_stays_in_its_language(open_client: Open, folder: Path) -> None:
    client = open_client()
    client.post("/start", json=consent("de"))
    assert "Lautstärke einstellen" in client.get("/").text
    answer(client)
    answer(client)
    assert {row.language for row in rows(folder)} == {"de"}
    assert client.post("/start", json=consent("fr")).status_code == 422


def test_deleting_by_the_listeners_own_link(open_client: Open, folder: Path) -> None:
    client, other = open_client(), open_client()
    walk(client)
    walk(other)
    link = f"/withdraw/{token_of(client)}"
    assert link[1:] in client.get("/").text
    assert "Delete all your answers?" in client.get(link).text
    assert len(rows(folder)) == 24
    assert client.post(link, json={}).json() == {"deleted": True}
    assert not client.cookies
    assert len(rows(folder)) == 12
    assert client.post(link, json={}).status_code == 404
    assert "I agree" in client.get("/").text


def test_answers_are_confirmed_refused_and_settled(open_client: Open, folder: Path) -> None:
    client = open_client()
    assert client.post("/answers", json={}).status_code == 422
    client.post("/start", json=consent())
    answer(client)
    page = seen(client.get("/").text)
    assert page is not None
    content = submission(page, [])
    first, again = (client.post("/answers", json=content) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    other = client.post("/answers", json=content | {"answers": {"age": "older"}, "id": "0" * 32})
    assert (other.status_code, other.json()) == (409, {"error": "this page was answered otherwise"})
    assert [row.value for row in rows(folder)] == ["young", "a text"]


def test_a_clip_must_be_heard_says_the_server_too(open_client: Open, folder: Path) -> None:
    client = open_client()
    client.post("/start", json=consent())
    for _ in range(3):
        answer(client)
    page = seen(client.get("/").text)
    assert page is not None and len(page.slots) == 2
    content = submission(page, [0.5, 0.5])
    content["heard"][1]["reached_end"] = False
    refused = client.post("/answers", json=content)
    assert (refused.status_code, refused.json()) == (422, {"error": "a clip was not heard to its end"})
    assert [row.kind for row in rows(folder)] == ["demographics"] * 2


def test_a_changed_design_is_for_new_listeners(open_client: Open, folder: Path) -> None:
    client = open_client()
    client.post("/start", json=consent())
    answer(client)
    changed = example_design(demographics=[], title="Another one")
    later = open_client(changed)
    walk(later)
    back = open_client(changed)
    back.get(f"/s/{token_of(client)}")
    while answer(back):
        pass
    with answers_in(folder) as store:
        answered = {row.session: row.design_hash for row in store.answers()}
        first, second = store.sessions()
    assert answered == {first.session: example_design().hash, second.session: changed.hash}
    assert (first.pages, second.pages) == (10, 9)


def test_after_a_session_that_ended_consent_begins_another_and_both_can_be_deleted(open_client: Open) -> None:
    client = open_client(example_design(resume_hours=1e-9))
    tokens = set()
    for _ in range(2):
        client.post("/start", json=consent())
        tokens.add(token_of(client))
    assert len(tokens) == 2
    page = client.get("/").text
    assert "This session has ended" in page
    link = re.findall(r'href="(withdraw/[^"]+)"', page)[0]
    assert client.post(f"/{link}", json={}).status_code == 200
    assert "I agree" in client.get("/").text


def test_a_consent_that_is_sent_again_begins_nothing_new(open_client: Open, folder: Path) -> None:
    client = open_client()
    sent = consent()
    pages = []
    for _ in range(2):  # the answer to the first got lost
        client.cookies.clear()
        assert client.post("/start", json=sent).json() == {"started": True}
        pages.append(seen(client.get("/").text))
    # Another window of the first page, where consent was not given yet.
    client.post("/start", json=consent())
    pages.append(seen(client.get("/").text))
    assert len({page.session for page in pages if page}) == 1
    # The next listener at this computer.
    client.post("/start", json=consent(new=True))
    other = seen(client.get("/").text)
    assert other is not None and pages[0] is not None and other.session != pages[0].session
    with answers_in(folder) as store:
        assert len(store.sessions()) == 2
    assert client.post("/start", json=sent | {"id": "x"}).status_code == 422


def test_designs_are_not_looked_up_while_answers_are_saved(
    open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take a second connection while the first is held."""
    client = open_client()
    with monkeypatch.context() as without:
        without.setattr(Store, "designs", None)
        client.post("/start", json=consent())
        assert answer(client) is not None


def test_workers_share_nothing_but_the_database(open_client: Open) -> None:
    """Every request goes to another worker than the one before."""
    first, second = open_client(), open_client()
    first.post("/start", json=consent())
    second.cookies = first.cookies
    workers = [first, second]
    for position in range(10):
        page = seen(workers[0].get("/").text)
        assert page is not None and page.position == position
        assert answer(workers[1]) == page
        workers.reverse()
    assert "THANKS-42" in second.get("/").text


def test_a_database_that_is_away_is_not_an_error_of_ours(open_client: Open, folder: Path) -> None:
    client = open_client()
    client.post("/start", json=consent())
    page = seen(client.get("/").text)
    assert page is not None
    with answers_in(folder) as store, store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE answers RENAME TO hidden")
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO hidden_sessions")
    refused = client.post("/answers", json=submission(page, [0.5]))
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 503
    with answers_in(folder) as store, store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO answers")
        connection.exec_driver_sql("ALTER TABLE hidden_sessions RENAME TO sessions")
    assert client.post("/answers", json=submission(page, [0.5])).status_code == 200
