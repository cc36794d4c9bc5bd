"""Listeners whom a panel sends: what their link says is kept, and they find the way back."""

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from mixdream.survey.design.panel import Panel
from mixdream.survey.serving.app import create_app
from tests.survey.example import answers_in, example_design, settings_for, write_rendered
from tests.survey.walk import answer, consent, seen, submission, walk

Open = Callable[..., TestClient]
BACK = "https://panel.example/done?cc={code}&id={PROLIFIC_PID}"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A browser of its own at a test with this panel."""
    write_rendered(tmp_path, example_design())
    clients = []

    def open_client(completion: dict[str, Any] | None = None, **panel: Any) -> TestClient:
        changes: dict[str, Any] = {"panel": panel} | ({"completion": completion} if completion else {})
        changes["demographics"] = [
            {
                "name": "age",
                "ask": "How old are you?",
                "options": [
                    {"value": "young", "label": "under 18", "screens_out": True},
                    {"value": "older", "label": "from 18"},
                ],
            }
        ]
        design = example_design(**changes)
        clients.append(TestClient(create_app(settings_for(tmp_path, design)), base_url="https://testserver"))
        return clients[-1].__enter__()

    yield open_client
    for client in clients:
        client.__exit__()


def last(_name: str, values: list[str]) -> str:
    return values[-1] if values else "a text"


def test_what_the_design_names_of_a_link_is_kept_and_nothing_else(opened: Open, tmp_path: Path) -> None:
    client = opened(parameters=["PROLIFIC_PID", "STUDY_ID"], return_url=BACK)
    page = client.get('/?PROLIFIC_PID=5f%26"><b>&utm=mail&email=a@b.example').text
    (given,) = re.findall(r'data-panel="([^"]*)"', page)
    panel = json.loads(html.unescape(given))
    assert panel == {"PROLIFIC_PID": '5f&"><b>'} and "<b>" not in page
    assert "PROLIFIC_PID=5f%26%22%3E%3Cb%3E" in page  # in the links to other languages
    sent = consent(panel=panel | {"email": "a@b.example", "STUDY_ID": "x" * 900})
    client.post("/start", json=sent).raise_for_status()
    while answer(client, last):
        pass
    end = html.unescape(client.get("/").text)
    assert 'href="https://panel.example/done?cc=THANKS-42&id=5f%26%22%3E%3Cb%3E"' in end
    with answers_in(tmp_path) as store:
        (session,) = store.sessions()
    assert json.loads(session.panel) == panel | {"STUDY_ID": "x" * 200}
    assert b"a@b.example" not in b"".join(path.read_bytes() for path in tmp_path.glob("answers.sqlite*"))


def test_each_listener_can_have_a_code_of_their_own(opened: Open, tmp_path: Path) -> None:
    completion = {"own_code": True}
    shown = []
    for _ in range(2):
        client = opened(completion, return_url="https://panel.example/{code}")
        walk(client, last)
        end = client.get("/").text
        shown += re.findall(r'class="code">(\w+)<', end)
        assert f"https://panel.example/{shown[-1]}" in end
    with answers_in(tmp_path) as store:
        assert [session.code for session in store.sessions()] == shown and len(set(shown)) == 2


def test_an_answer_can_screen_out(opened: Open, tmp_path: Path) -> None:
    client = opened(screened_out_url="https://panel.example/out", parameters=["PROLIFIC_PID"])
    client.post("/start", json=consent()).raise_for_status()
    answer(client)
    asked = seen(client.get("/").text)
    answer(client)  # too young
    page = client.get("/").text
    assert "for other listeners" in page and 'href="https://panel.example/out"' in page
    assert "withdraw/" in page
    # Neither is there a way on, nor one to begin again in this browser.
    assert asked is not None
    assert client.post("/answers", json=submission(asked, []) | {"page": 2}).status_code == 410
    client.post("/start", json=consent()).raise_for_status()
    assert "for other listeners" in client.get("/").text
    with answers_in(tmp_path) as store:
        (session,) = store.sessions()
        assert [row.value for row in store.answers()] == ["young"]
    assert session.screened_out is not None and session.finished is None and session.answered == 2


def test_a_quota_ends_the_test_and_those_who_were_screened_out_do_not_count(opened: Open) -> None:
    options = {"quota": 2, "full_url": "https://panel.example/full?id={P}", "parameters": ["P"]}
    out = opened(**options)
    out.post("/start", json=consent()).raise_for_status()
    answer(out)
    answer(out)
    for _ in range(2):
        opened(**options).post("/start", json=consent()).raise_for_status()
    late = opened(**options)
    assert late.post("/start", json=consent()).status_code == 410
    page = late.get("/?P=7").text
    assert "The test is full" in page and 'href="https://panel.example/full?id=7"' in page


def test_only_the_sites_that_the_design_names_show_it_in_a_frame(opened: Open) -> None:
    response = opened().get("/")
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-frame-options"] == "DENY"
    client = opened(frames=["https://www.mturk.com", "https://workersandbox.mturk.com"])
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://www.mturk.com https://workersandbox.mturk.com")
    assert "x-frame-options" not in response.headers
    cookie = client.post("/start", json=consent()).headers["set-cookie"]
    assert "SameSite=none" in cookie and "Secure" in cookie


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ({"return_url": "https://x.example/{pid}"}, "{pid} is none of the parameters, nor {code}"),
        ({"return_url": "javascript:alert(1)"}, "pattern"),
        ({"frames": ["https://x.example; script-src *"]}, "pattern"),
        ({"frames": ["*"]}, "pattern"),
        ({"parameters": ["code"]}, "own name"),
        ({"parameters": ["a b"]}, "pattern"),
        ({"quota": 0}, "greater"),
    ],
)
def test_a_wrong_panel_is_refused(panel: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Panel.model_validate(panel)
