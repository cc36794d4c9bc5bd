"""The page, and the events that keep it up to date."""

from pathlib import Path

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, StreamingResponse

from mixdream.files import valid_text
from mixdream.studio.studio import Studio

router = APIRouter()
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True
)


@router.get("/")
def page(request: Request) -> HTMLResponse:
    """All views in one page: music plays on while one looks at the training."""
    studio: Studio = request.app.state.studio
    name = valid_text(studio.project.folder.resolve().name)
    return HTMLResponse(_TEMPLATES.get_template("studio.html").render(project=name))


@router.get("/api/events")
async def events(request: Request) -> StreamingResponse:
    """See `mixdream.studio.hub.Hub.events`."""
    studio: Studio = request.app.state.studio
    return StreamingResponse(studio.hub.events(), media_type="text/event-stream")
