"""The page, and the events that keep it up to date."""

from pathlib import Path

import jinja2
from fastapi import APIRouter
from starlette.responses import HTMLResponse, StreamingResponse

from mixdream.files import valid_text
from mixdream.studio.routes.asked import Asked

router = APIRouter()
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True
)


@router.get("/")
def page(studio: Asked) -> HTMLResponse:
    """All views in one page: music plays on while one looks at the training."""
    name = valid_text(studio.project.folder.resolve().name)
    return HTMLResponse(_TEMPLATES.get_template("studio.html").render(project=name))


@router.get("/api/events")
async def events(studio: Asked) -> StreamingResponse:
    """See `mixdream.studio.hub.Hub.events`."""
    return StreamingResponse(studio.hub.events(), media_type="text/event-stream")
