"""The studio's web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from mixdream.errors import MixdreamError
from mixdream.files import valid_text
from mixdream.pages.serving import RevalidatedFiles
from mixdream.studio.guard import Guard
from mixdream.studio.routes import pads, page, recordings, sets, take, training, uploads
from mixdream.studio.studio import Studio
from mixdream.studio.watch import watching


def create_app(studio: Studio, port: int) -> ASGIApp:
    """The application of the server on a port of this machine."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with watching(studio):
            yield
        await run_in_threadpool(studio.desk.close)
        studio.hub.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.studio = studio
    app.mount("/static", RevalidatedFiles(directory=Path(__file__).parent / "static"))
    for routes in (page, sets, training, uploads, pads, take, recordings):
        app.include_router(routes.router)
    app.add_exception_handler(MixdreamError, _refused)
    app.add_exception_handler(OSError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _not_understood)
    return Guard(app, studio.token(), port)


async def _refused(_request: Request, error: Exception) -> Response:
    """What was wrong, in the line that the command line would print."""
    return JSONResponse({"error": valid_text(" ".join(str(error).split()))}, 400)


async def _http_error(_request: Request, error: Any) -> Response:
    reason = "there is no such thing" if error.status_code == 404 else str(error.detail)
    return JSONResponse({"error": reason}, error.status_code)


async def _not_understood(_request: Request, error: Any) -> Response:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"][1:]))
    return JSONResponse({"error": f"{place}: {first['msg']}"}, 422)
