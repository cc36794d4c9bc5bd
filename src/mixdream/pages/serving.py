"""What all pages that are served have in common: headers, refusals, files, bodies that end."""

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope

POLICY = "Content-Security-Policy"

HEADERS = {
    POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}

_BODY_S = 20  # a body that trickles in more slowly is not waited for


class RevalidatedFiles(StaticFiles):
    """Scripts and styles; browsers ask each time whether they have the newest."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See StaticFiles."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer to what is not done."""
    return JSONResponse({"error": reason}, status, headers)


def refuse_foreign(headers: Headers) -> JSONResponse | None:
    """Refuse what a browser sends for another site's page."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None:
        is_foreign = origin is not None and _host(origin) != headers.get("host")
    else:
        is_foreign = site != "same-origin"
    return refusal(403, "sent from another site") if is_foreign else None


def refuse_other_content(headers: Headers, kind: str) -> JSONResponse | None:
    """Refuse what is not of this content type."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() == kind:
        return None
    return refusal(415, f"content type must be {kind}")


def refuse_length(headers: Headers, most: int) -> JSONResponse | None:
    """Refuse a body that says it has more bytes than are taken."""
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and len(length) <= 9 and int(length) <= most:
        return None
    return _too_large(most)


async def whole_body(headers: Headers, receive: Receive, most: int) -> bytes | JSONResponse:
    """All of a body, however it is sent, or a refusal."""
    if too_large := refuse_length(headers, most):
        return too_large
    body = b""
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > most:
                    return _too_large(most)
                if message["type"] != "http.request" or not message.get("more_body"):
                    return body
    except TimeoutError:
        return refusal(408, "the request took too long", {"Connection": "close"})


def _too_large(most: int) -> JSONResponse:
    return refusal(413, f"larger than {most} bytes", {"Connection": "close"})


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
