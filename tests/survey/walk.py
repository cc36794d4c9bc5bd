"""A listener without a browser: reads a page, fetches its clips, sends answers."""

import html
import io
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import soundfile


class Client(Protocol):
    """What a listener needs of httpx, of either version."""

    def get(self, url: str, /) -> Any:
        """Fetch."""

    def post(self, url: str, /, *, json: Any) -> Any:
        """Send JSON."""


Choose = Callable[[str, list[str]], str]


@dataclass(frozen=True)
class Seen:
    """What a page shows: its place, opaque ids of its clips, questions with the values to choose from."""

    session: str
    position: int
    slots: list[str]
    questions: dict[str, list[str]]


def seen(page: str) -> Seen | None:
    """Read a page; None where it is not one of a session that goes on."""
    if 'data-kind="page"' not in page:
        return None
    (session,) = re.findall(r'data-session="(\w+)"', page)
    (position,) = re.findall(r'data-page="(\d+)"', page)
    questions = {}
    for part in page.split("<fieldset ")[1:]:
        name = part.split('data-question="')[1].split('"')[0]
        body = part.split("</fieldset>")[0]
        kind = part.split('data-kind="')[1].split('"')[0]
        values = [html.unescape(value) for value in re.findall(r'type="radio"[^>]* value="([^"]*)"', body)]
        if kind == "slider":
            values = [re.findall(r'max="(-?\d+)"', body)[0]]
        questions[name] = values
    return Seen(session, int(position), re.findall(r'data-slot="(\w+)"', page), questions)


def first(_name: str, values: list[str]) -> str:
    """Answer with the first option, and with a text where there are none."""
    return values[0] if values else "a text"


def consent(language: str = "en", new: bool = False, panel: dict[str, str] | None = None) -> dict[str, Any]:
    """What a consent page sends."""
    return {"id": secrets.token_hex(16), "language": language, "new": new, "panel": panel or {}}


def submission(page: Seen, seconds: list[float], choose: Choose = first) -> dict[str, Any]:
    """Answers of somebody who heard every clip once, to its end."""
    return {
        "id": secrets.token_hex(16),
        "session": page.session,
        "page": page.position,
        "answers": {name: choose(name, values) for name, values in page.questions.items()},
        "heard": [{"plays": 1, "heard_s": length, "reached_end": True} for length in seconds],
        "taken_s": 4.5,
    }


def listen(client: Client, page: Seen) -> list[float]:
    """Fetch the clips of a page; their lengths in seconds."""
    return [
        soundfile.info(io.BytesIO(client.get(f"clips/{slot}").raise_for_status().content)).duration
        for slot in page.slots
    ]


def answer(client: Client, choose: Choose = first) -> Seen | None:
    """Answer the current page, if there is one left; return it."""
    page = seen(client.get("./").text)
    if page is not None:
        content = submission(page, listen(client, page), choose)
        client.post("answers", json=content).raise_for_status()
    return page


def walk(client: Client, choose: Choose = first) -> list[Seen]:
    """Agree, then answer every page."""
    client.post("start", json=consent()).raise_for_status()
    pages = []
    while page := answer(client, choose):
        pages.append(page)
    return pages


def token_of(client: Any) -> str:
    """The secret of a listener's session, from the only cookie."""
    (token,) = client.cookies.values()
    return str(token)
