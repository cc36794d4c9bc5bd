"""What whoever means no good may send: nothing is served, stored or shown that should not be, no 500."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixdream.survey.rendering.clips import read_clips
from mixdream.survey.serving.app import create_app
from mixdream.survey.serving.guard import MAX_BODY
from mixdream.survey.serving.limits import Rate
from tests.survey.example import answers_in, example_design, settings_for, write_rendered
from tests.survey.walk import Seen, answer, consent, seen, submission, walk
from tests.texts import CHARACTERS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rendered(tmp_path, example_design())
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings_for(folder, example_design()))) as opened:
        yield opened


def stored(folder: Path) -> list[Any]:
    with answers_in(folder) as store:
        return list(store.answers())


def at_demographics(client: TestClient) -> Seen:
    client.post("/start", json=consent())
    answer(client)
    page = seen(client.get("/").text)
    assert page is not None
    return page


def test_a_body_within_the_limit_is_read_whole(client: TestClient) -> None:
    page = at_demographics(client)
    padded = json.dumps(submission(page, [])).encode().ljust(MAX_BODY)
    headers = {"Content-Type": "application/json"}
    assert client.post("/answers", content=padded + b" ", headers=headers).status_code == 413
    assert client.post("/answers", content=padded, headers=headers).status_code == 200


def test_clips_of_others_and_of_pages_to_come_are_not_served(client: TestClient, folder: Path) -> None:
    app = create_app(settings_for(folder, example_design()))
    with TestClient(app) as other:
        pages = walk(other)
        client.post("/start", json=consent())
        for page in pages:
            for slot in page.slots:
                assert other.get(f"/clips/{slot}").status_code == 200
                assert client.get(f"/clips/{slot}").status_code == 404
        nobody = TestClient(app)
        assert nobody.get(f"/clips/{pages[0].slots[0]}").status_code == 404
    for clip in read_clips(folder):
        for name in (clip.id, f"{clip.id}.flac"):
            assert client.get(f"/clips/{name}").status_code == 404


def test_no_redirect_leads_to_another_host(client: TestClient) -> None:
    walk(client)
    (token,) = client.cookies.values()
    for path in ("/", "/new/", "/static", "/static/", "/answers/", f"/s/{token}", f"/s/{token}/", "//evil/"):
        response = client.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        assert "evil" not in response.headers.get("location", "")
        assert "evil" not in response.text


def test_a_page_cannot_be_skipped_nor_its_clips_known(client: TestClient, folder: Path) -> None:
    page = at_demographics(client)
    for position in (2, 3, 9, 10, 99_999):
        skipping = submission(page, []) | {"page": position}
        assert client.post("/answers", json=skipping).status_code == 409
    assert stored(folder) == []


def test_forged_tokens_open_nothing(client: TestClient, folder: Path) -> None:
    walk(client)
    (name,) = client.cookies.keys()
    (token,) = client.cookies.values()
    public = stored(folder)[0].session
    for forged in ("", "x", public, token[:-1], token.swapcase(), "' OR 1=1 --", "a" * 3000):
        nobody = TestClient(client.app, headers={"Cookie": f"{name}={forged}"})
        assert "I agree" in nobody.get("/").text
        assert nobody.post("/answers", json=submission(Seen(public, 0, ["x"], {}), [0.5])).status_code == 404
        assert nobody.get(f"/s/{forged or 'x'}").status_code == 404
        assert nobody.post(f"/withdraw/{forged or 'x'}", json={}).status_code == 404
    assert len(stored(folder)) == 12


def test_the_secret_is_nowhere_in_the_database(client: TestClient, folder: Path) -> None:
    walk(client)
    (token,) = client.cookies.values()
    content = b"".join(path.read_bytes() for path in folder.glob("answers.sqlite*"))
    assert stored(folder)[0].session.encode() in content
    for secret in (token, "testclient", "127.0.0.1", "python-httpx"):
        assert secret.encode() not in content


def test_a_replay_in_another_session_is_refused(client: TestClient, folder: Path) -> None:
    page = at_demographics(client)
    content = submission(page, [])
    client.post("/answers", json=content).raise_for_status()
    with TestClient(client.app) as other:
        at_demographics(other)
        refused = other.post("/answers", json=content)
        assert refused.status_code == 409
        said = {"error": "another test was begun in this browser", "other_session": True}
        assert refused.json() == said
    assert {row.session for row in stored(folder)} == {page.session}


def test_an_id_that_is_used_for_two_pages_is_refused(tmp_path: Path) -> None:
    asked = {"kind": "ask", "questions": [{"name": "remark", "ask": "Why?", "kind": "text"}]}
    design = example_design(demographics=[], blocks=[asked | {"name": "one"}, asked | {"name": "two"}])
    write_rendered(tmp_path, design)
    with TestClient(create_app(settings_for(tmp_path, design))) as client:
        page = at_demographics(client)
        content = submission(page, [])
        assert client.post("/answers", json=content).status_code == 200
        assert client.post("/answers", json=content | {"page": 2}).status_code == 409
        assert client.post("/answers", json=content | {"page": 2, "id": "0" * 32}).status_code == 200
    assert [row.position for row in stored(tmp_path)] == [1, 2]


SCRIPT = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}\x00\x1b[31m\u202e"


def test_script_in_a_text_is_text(client: TestClient, folder: Path) -> None:
    page = at_demographics(client)
    content = submission(page, [], lambda _name, values: values[0] if values else SCRIPT)
    client.post("/answers", json=content).raise_for_status()
    (text,) = (row.value for row in stored(folder) if row.question == "instrument")
    assert text == SCRIPT.replace("\x00", "").replace("\x1b", "")
    while answer(client):
        pass
    token = (folder / "progress-token").read_text("utf-8").strip()
    for path in ("/", f"/progress/{token}", f"/progress/{token}/json"):
        assert "alert" not in client.get(path).text


def test_script_in_a_design_is_text_too(tmp_path: Path) -> None:
    design = example_design(title=SCRIPT[:60], consent=SCRIPT[:60], completion={"code": SCRIPT[:60]})
    write_rendered(tmp_path, design)
    with TestClient(create_app(settings_for(tmp_path, design))) as client:
        assert "<script>alert" not in client.get("/").text
        walk(client)
        assert "<script>alert" not in client.get("/").text
        assert "&lt;script&gt;alert" in client.get("/").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver", "Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_other_sites_cannot_post(
    client: TestClient, folder: Path, headers: dict[str, str], status: int
) -> None:
    page = at_demographics(client)
    content = json.dumps(submission(page, [])).encode()
    sent = {"Content-Type": "application/json"} | headers
    response = client.post("/answers", content=content, headers=sent)
    assert response.status_code == status
    assert "content-security-policy" in response.headers
    assert len(stored(folder)) == (2 if status == 200 else 0)


BROKEN = (
    b"",
    b"x",
    b"[]",
    b"null",
    b"{}",
    b"[" * 60_000,
    b'{"id":' * 9000,
    b"\xff\xfe",
    b"1" * 5000,
    b'{"taken_s": 1e999}',
)


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_not_a_submission_is_refused(client: TestClient, folder: Path, body: bytes) -> None:
    at_demographics(client)
    for path in ("/answers", "/start"):
        refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code in (400, 422)
        assert len(refused.content) < 200
    assert stored(folder) == []


@pytest.mark.parametrize(
    "changes",
    [
        '"taken_s": NaN',
        '"taken_s": Infinity',
        '"taken_s": -1',
        '"taken_s": 1e300',
        '"taken_s": "3"',
        '"page": 1.5',
        '"page": "1"',
        '"page": -1',
        f'"page": {"9" * 400}',
        f'"page": {"9" * 5000}',
        '"id": "short"',
        '"id": null',
        '"session": null',
        '"session": "short"',
        '"answers": []',
        '"answers": {"age": ["young"]}',
        '"answers": {"age": "young", "age2": "x"}',
        '"answers": {"age": "YOUNG"}',
        '"answers": {"age": "young", "instrument": "\\ud800"}',
        f'"answers": {{"age": "young", "instrument": "{"x" * 2001}"}}',
        '"heard": [{"plays": 1, "heard_s": NaN, "reached_end": true}]',
        '"heard": [{"plays": true, "heard_s": 1, "reached_end": 1}]',
        '"right": "first"',
        '"__proto__": {}',
    ],
)
def test_numbers_and_values_out_of_bounds_are_refused(client: TestClient, folder: Path, changes: str) -> None:
    page = at_demographics(client)
    content = json.dumps(submission(page, []))
    # Of a key that is there twice, the last counts.
    body = f"{content[:-1]}, {changes}}}".encode()
    refused = client.post("/answers", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code in (400, 422)
    assert stored(folder) == []
    assert client.post("/answers", json=submission(page, [])).status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(CHARACTERS, max_size=20),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text(CHARACTERS, max_size=8), inside, max_size=4)
    ),
    max_leaves=10,
)
KEYS = st.sampled_from(["id", "session", "page", "answers", "heard", "taken_s", "language", "new"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, JSON, max_size=6), st.sampled_from(["/answers", "/start", "/withdraw/x"]))
def test_any_json_is_answered_without_an_error_of_ours(
    client: TestClient, content: dict[str, Any], path: str
) -> None:
    body = json.dumps(content).encode()
    assert client.post(path, content=body, headers={"Content-Type": "application/json"}).status_code < 500


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="?#"), max_size=40),
    st.sampled_from(["/", "/clips/", "/s/", "/withdraw/", "/progress/", "/static/"]),
)
def test_any_path_is_answered_without_an_error_of_ours(client: TestClient, name: str, path: str) -> None:
    from urllib.parse import quote

    assert client.get(path + quote(name, safe="/."), headers={"Accept": "text/html"}).status_code < 500


def test_too_many_requests_are_told_to_wait(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.survey.serving.guard.SESSION", Rate(burst=100, per_s=0.5))
    client.post("/start", json=consent())
    statuses = [client.get("/nowhere").status_code for _ in range(160)]
    assert statuses[:90] == [404] * 90
    assert 429 in statuses
    refused = next(r for r in iter(lambda: client.get("/nowhere"), None) if r.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert "content-security-policy" in refused.headers
    # Of a page that comes again and again no script is missing: it would stand still without a word.
    assert {client.get("/static/survey.js").status_code for _ in range(160)} == {200}
    # Others are not held up by it.
    assert TestClient(client.app).get("/").status_code == 200


def test_ports_in_forwarded_addresses_lift_no_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.survey.serving.guard.STARTS", Rate(burst=2, per_s=1e-3))
    with TestClient(create_app(settings_for(folder, example_design(), proxy=True))) as client:
        heads = [{"X-Forwarded-For": f"203.0.113.9:{port}"} for port in (50_001, 50_002, 50_003)]
        statuses = [client.post("/start", json={}, headers=head).status_code for head in heads]
    assert statuses == [422, 422, 429]


def test_the_last_of_several_forwarded_lines_is_the_proxys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some proxies append a line of their own to what the client made up."""
    monkeypatch.setattr("mixdream.survey.serving.guard.STARTS", Rate(burst=2, per_s=1e-3))
    with TestClient(create_app(settings_for(folder, example_design(), proxy=True))) as client:
        lines = [
            [("X-Forwarded-For", f"198.51.100.{i}"), ("X-Forwarded-For", "203.0.113.9")] for i in range(3)
        ]
        statuses = [client.post("/start", json={}, headers=line).status_code for line in lines]
    assert statuses == [422, 422, 429]


def test_a_body_that_trickles_in_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.pages.serving._BODY_S", 0.05)
    app = create_app(settings_for(folder, example_design()))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/answers",
        "headers": [(b"content-type", b"application/json")],
        "client": ("192.0.2.1", 1),
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408
