"""What stands before the pages: size and rate limits, no posts from other sites, strict headers."""

import math
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixdream.pages.serving import (
    HEADERS,
    POLICY,
    refusal,
    refuse_foreign,
    refuse_other_content,
    whole_body,
)
from mixdream.survey.serving.limits import ADDRESS, SESSION, STARTS, Buckets, network_of

MAX_BODY = 64 * 1024
"""Bytes of a request."""


class Guard:
    """ASGI application around another one.

    ``cookie`` is the name of the one that holds the secret of a session. ``proxy`` says whether the last
    entries of ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are to be believed. ``frames`` are the sites that
    may show the pages in a frame.
    """

    def __init__(self, app: ASGIApp, cookie: str, proxy: bool, frames: Sequence[str] = ()) -> None:
        self.app = app
        self.cookie = cookie
        self.proxy = proxy
        self.buckets = Buckets()
        self._headers = dict(HEADERS)
        if frames:
            self._headers[POLICY] = HEADERS[POLICY].replace(
                "ancestors 'none'", f"ancestors {' '.join(frames)}"
            )
            del self._headers["X-Frame-Options"]  # it knows no list

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self.proxy:
            scope = {**scope, **_forwarded(headers)}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    sent[name] = value
                sent.setdefault("Cache-Control", "no-store")
            await send(message)

        unread: list[Message] = []
        refused = self._too_many(scope, headers) or _foreign(scope, headers)
        if refused is None and scope["method"] == "POST":
            body = await whole_body(headers, receive, MAX_BODY)
            if isinstance(body, JSONResponse):
                refused = body
            else:
                unread = [{"type": "http.request", "body": body}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await (refused or self.app)(scope, receive_again, send_with_headers)

    def _too_many(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        address = network_of((scope.get("client") or ("unknown",))[0])
        wait_s = self.buckets.wait_s("address", address, ADDRESS)
        token = cookie_parser(headers.get("cookie", "")).get(self.cookie)
        # A page without one of its scripts would stand still: scripts count for the address alone.
        if token and not scope["path"].startswith("/static/"):
            wait_s = max(wait_s, self.buckets.wait_s("session", token, SESSION))
        if scope["method"] == "POST" and scope["path"].endswith("/start"):
            wait_s = max(wait_s, self.buckets.wait_s("start", address, STARTS))
        if wait_s == 0:
            return None
        return refusal(429, "too many requests", {"Retry-After": str(math.ceil(wait_s))})


def _forwarded(headers: Headers) -> Scope:
    """What the proxy says of its client; it appends to what the client itself may have made up."""
    changes: Scope = {}
    if address := _last(headers, "x-forwarded-for"):
        changes["client"] = (address, 0)
    if (scheme := _last(headers, "x-forwarded-proto")) in ("http", "https"):
        changes["scheme"] = scheme
    return changes


def _last(headers: Headers, name: str) -> str:
    """Last entry of a header, which may be on several lines."""
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()


def _foreign(scope: Scope, headers: Headers) -> JSONResponse | None:
    """Refuse what another site makes a listener's browser send, and what is not JSON."""
    if scope["method"] != "POST":
        return None
    return refuse_foreign(headers) or refuse_other_content(headers, "application/json")
