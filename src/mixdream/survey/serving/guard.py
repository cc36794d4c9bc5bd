"""What stands before the pages: size and rate limits, no posts from other sites, strict headers."""

import asyncio
import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixdream.survey.serving.limits import ADDRESS, SESSION, STARTS, Buckets, network_of

MAX_BODY = 64 * 1024
"""Bytes of a request."""

_BODY_S = 20  # a body that trickles in more slowly is not waited for

_POLICY = "Content-Security-Policy"

HEADERS = {
    _POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}


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
        self._headers = HEADERS | {_POLICY: HEADERS[_POLICY] + (" ".join(frames) or "'none'")}
        if not frames:
            self._headers |= {"X-Frame-Options": "DENY"}  # it knows no list

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
        refusal = self._too_many(scope, headers) or _foreign(scope, headers)
        if refusal is None and scope["method"] == "POST":
            body = await _body(headers, receive)
            if isinstance(body, JSONResponse):
                refusal = body
            else:
                unread = [{"type": "http.request", "body": body}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await (refusal or self.app)(scope, receive_again, send_with_headers)

    def _too_many(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        address = network_of((scope.get("client") or ("unknown",))[0])
        wait_s = self.buckets.wait_s("address", address, ADDRESS)
        if token := cookie_parser(headers.get("cookie", "")).get(self.cookie):
            wait_s = max(wait_s, self.buckets.wait_s("session", token, SESSION))
        if scope["method"] == "POST" and scope["path"].endswith("/start"):
            wait_s = max(wait_s, self.buckets.wait_s("start", address, STARTS))
        if wait_s == 0:
            return None
        return _refusal(429, "too many requests", {"Retry-After": str(math.ceil(wait_s))})


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
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None:
        is_foreign = origin is not None and _host(origin) != headers.get("host")
    else:
        is_foreign = site != "same-origin"
    if is_foreign:
        return _refusal(403, "sent from another site")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refusal(415, "content type must be application/json")
    return None


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


async def _body(headers: Headers, receive: Receive) -> bytes | JSONResponse:
    """The whole body, however it is sent, or a refusal."""
    too_large = _refusal(413, f"larger than {MAX_BODY} bytes", {"Connection": "close"})
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > MAX_BODY:
        return too_large
    body = b""
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    return too_large
                if message["type"] != "http.request" or not message.get("more_body"):
                    return body
    except TimeoutError:
        return _refusal(408, "the request took too long", {"Connection": "close"})


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": reason}, status, headers)
