"""The listening test as a web application: its pages, its answers, its clips, its error pages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from mixdream.pages.serving import RevalidatedFiles
from mixdream.survey.serving import interim, listener, progress
from mixdream.survey.serving.fault_log import LOG, keep_quiet
from mixdream.survey.serving.guard import Guard
from mixdream.survey.serving.settings import Settings
from mixdream.survey.serving.site import Site
from mixdream.survey.serving.submission import Refused
from mixdream.survey.serving.views import chrome, negotiated
from mixdream.survey.storage.database import reason_of


def create_app(settings: Settings) -> ASGIApp:
    """The application of one worker process; workers share nothing but the database."""
    site = Site(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        site.store.close()

    # Redirects to the path with or without a slash would repeat whatever Host a request names.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.site = site
    app.state.interim = interim.Interim()
    app.mount("/static", RevalidatedFiles(directory=Path(__file__).parent / "static"))
    app.include_router(listener.router)
    app.include_router(progress.router)
    app.include_router(interim.router)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _answering(422, "the request is not understood"))
    # An id that a browser used for another page before.
    app.add_exception_handler(IntegrityError, _answering(409, "this answer is another page's"))
    for away in (SQLAlchemyError, OSError):
        app.add_exception_handler(away, _away)
    app.add_exception_handler(Exception, _answering(500, "something went wrong"))
    return Guard(app, site.cookie, settings.proxy, site.design.panel.frames)


def from_environment() -> ASGIApp:
    """What uvicorn's workers call."""
    keep_quiet()
    return create_app(Settings.from_environment())


async def _refused(_request: Request, error: Any) -> Response:
    content = {"error": error.reason} | ({"other_session": True} if error.other_session else {})
    return JSONResponse(content, error.status)


async def _http_error(request: Request, error: Any) -> Response:
    reason = "not found" if error.status_code == 404 else "not possible"
    return _error_page(request, error.status_code, reason)


async def _away(request: Request, error: Exception) -> Response:
    """The database or the disk cannot be used: a line in the log, and browsers try again."""
    reason = reason_of(error) if isinstance(error, DBAPIError) else str(error)
    LOG.error("answers cannot be read or saved (listeners get 503 and try again): %s", reason.strip())
    response = _error_page(request, 503, "the server cannot store anything right now")
    response.headers["Retry-After"] = "1"
    return response


def _answering(status: int, reason: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A handler that gives every error the same answer."""

    async def answer(request: Request, _error: Exception) -> Response:
        return _error_page(request, status, reason)

    return answer


def _error_page(request: Request, status: int, reason: str) -> Response:
    """JSON for scripts, a page for people; neither repeats what was asked."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": reason}, status)
    site: Site = request.app.state.site
    name = "lost" if status < 500 else "failed"
    try:
        design = site.design
    except SQLAlchemyError:
        return HTMLResponse("<!doctype html><title>503</title><p>Try again in a moment.", status)
    language = negotiated(design, None, request.headers.get("accept-language", ""))
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    content = chrome(design, language, "../" * depth or "./")
    return HTMLResponse(site.render("message.html", name=name, withdraw="", onward="", **content), status)
