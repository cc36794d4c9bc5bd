"""What a researcher asks the server for: how the test is going, behind a secret link."""

import secrets

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from mixdream.survey.serving.progress import progress
from mixdream.survey.serving.site import Site
from mixdream.survey.serving.views import chrome

router = APIRouter()


@router.get("/progress/{token}")
def progress_page(request: Request, token: str) -> Response:
    """Tables for people."""
    site = _allowed(request, token)
    numbers = progress(site.store, site.design, site.clips)
    content = chrome(site.design, site.design.languages[0], "../")
    return HTMLResponse(site.render("progress.html", numbers=numbers, token=token, **content))


@router.get("/progress/{token}/json")
def progress_json(request: Request, token: str) -> Response:
    """The same for programs."""
    site = _allowed(request, token)
    return JSONResponse(progress(site.store, site.design, site.clips))


def _allowed(request: Request, token: str) -> Site:
    site: Site = request.app.state.site
    if not secrets.compare_digest(token.encode("utf-8", "replace"), site.progress_token.encode()):
        raise HTTPException(404)
    return site
