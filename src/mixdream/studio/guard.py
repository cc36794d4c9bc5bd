"""What stands before the studio: only its owner's own pages may ask anything of it."""

import secrets
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixdream.pages.serving import (
    HEADERS,
    POLICY,
    refusal,
    refuse_foreign,
    refuse_length,
    refuse_other_content,
    whole_body,
)

MOST_JSON = 1 << 20
"""Bytes of a request with JSON."""

MOST_RECORDING = 64 << 20
"""Bytes of what was played in a recording: hours of turned knobs."""

MOST_UPLOAD = 16 << 20
"""Bytes of one part of a file that is uploaded."""

_HEADERS = HEADERS | {
    POLICY: HEADERS[POLICY]
    .replace("img-src 'self'", "img-src 'self' data: blob:")
    .replace("media-src 'self'", "media-src 'self' blob:"),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), midi=(self)",
}
_READING = ("GET", "HEAD")


class Guard:
    """ASGI application around another one, for a server on a port of this machine.

    Whoever opens the link with the token gets a cookie; nothing is answered without it, nor under another
    host's name (DNS rebinding), nor to another site's page. What changes anything must name its origin.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self._token = app, token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"mixdream-studio-{port}"  # cookies know no ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent[name] = value
                sent.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refused = self._refuse(scope, headers)
        if refused is None and scope["method"] == "POST":
            most = MOST_RECORDING if scope["path"] == "/api/recordings" else MOST_JSON
            body = await whole_body(headers, receive, most)
            if isinstance(body, Response):
                refused = body
            else:
                receive = _receive_again(body, receive)
        elif refused is None and scope["method"] not in _READING:
            receive = _receive_at_most(MOST_UPLOAD, receive)
        await (refused or self.app)(scope, receive, send_with_headers)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        """Refuse who may not ask, let in who has the link."""
        if headers.get("host") not in self._hosts:
            return refusal(403, "this is no name of the studio")
        reads = scope["method"] in _READING
        if reads and scope["path"] == "/" and self._is_token(_token_in(scope)):
            return self._let_in(headers)
        if not self._is_token(cookie_parser(headers.get("cookie", "")).get(self._cookie, "")):
            return PlainTextResponse("Open the link that 'mixdream studio' printed.", 403)
        if reads:
            # Typed into the address bar, or from the studio's own pages.
            return None if headers.get("sec-fetch-site") == "none" else refuse_foreign(headers)
        if headers.get("origin") not in {f"http://{host}" for host in self._hosts}:
            return refusal(403, "sent from another site")
        if scope["method"] == "POST":
            return refuse_foreign(headers) or refuse_other_content(headers, "application/json")
        return (
            refuse_foreign(headers)
            or refuse_other_content(headers, "application/octet-stream")
            or refuse_length(headers, MOST_UPLOAD)
        )

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode("utf-8", "replace"), self._token.encode())

    def _let_in(self, headers: Headers) -> Response:
        """Keep the token where scripts, histories and bookmarks cannot see it."""
        # After a link in a file, browsers would send no cookie where a redirect leads.
        from_file = headers.get("sec-fetch-site") == "cross-site"
        response = HTMLResponse(leading_to("/")) if from_file else RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, max_age=365 * 86_400, httponly=True, samesite="strict")
        return response


def leading_to(url: str) -> str:
    """Page that leads to an address by itself."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>mixdream studio</title>'
        f'<meta http-equiv="refresh" content="0; url={url}"><p><a href="{url}">To the studio</a></p></html>\n'
    )


def _token_in(scope: Scope) -> str:
    query = scope["query_string"].decode("ascii", "replace")
    return parse_qs(query).get("token", [""])[0]


def _receive_again(body: bytes, receive: Receive) -> Receive:
    unread: list[Message] = [{"type": "http.request", "body": body}]

    async def receive_body() -> Message:
        return unread.pop() if unread else await receive()

    return receive_body


def _receive_at_most(most: int, receive: Receive) -> Receive:
    """Pass on a body as it comes; whoever sends more than was allowed has gone, as far as anyone sees."""
    left = most

    async def receive_part() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receive_part
