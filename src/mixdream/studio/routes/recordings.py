"""Recordings and mixes: what was played, kept and rendered, and mixes of loops."""

import time
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from mixdream.errors import InputError
from mixdream.studio.play.play_state import bpm_of
from mixdream.studio.studio import Studio
from mixdream.studio.takes.performance import Performance
from mixdream.studio.takes.recordings import to_render

router = APIRouter(prefix="/api")

_LOOK_EVERY_S = 0.5  # whether what is rendered is done


class RecordingBody(Performance):
    """What was played, and what it is to be called."""

    name: str | None = None


class MixBody(BaseModel):
    """How long a mix is to be, and whether it is of loved loops alone."""

    model_config = ConfigDict(extra="forbid")

    minutes: Annotated[float, Field(gt=0, le=1440)]
    hearts: bool = False


@router.post("/recordings")
def record(body: RecordingBody, request: Request, after: BackgroundTasks) -> dict[str, Any]:
    """Keep what was played, and render it, after what is being rendered."""
    studio = _studio(request)
    performance = Performance.model_validate(body.model_dump(include=set(Performance.model_fields)))
    name = studio.recordings.save(performance, body.name)
    after.add_task(_render, studio, name)
    return {"name": name}


@router.get("/recordings/{name}")
def recording_file(name: str, request: Request) -> FileResponse:
    """A file of a recording or mix."""
    file = _studio(request).recordings.file(name)
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, filename=name)


@router.post("/mix")
def mix(body: MixBody, request: Request) -> dict[str, Any]:
    """Make a mix at the tempo that is played at."""
    studio = _studio(request)
    table = studio.desk.state.table
    name = studio.recordings.free_name(None, "mix")
    studio.jobs.start(
        "mix",
        {
            "name": name,
            "minutes": body.minutes,
            "bpm": bpm_of(table.bar_samples),
            "pitch": table.pitch,
            "model": studio.desk.model(),
            "hearts": table.hearts if body.hearts else None,
        },
    )
    return {"name": name}


def _render(studio: Studio, name: str) -> None:
    """Have a recording rendered; one that is being rendered may be too near its end to take this one up."""
    while studio.jobs.is_running("recording"):
        time.sleep(_LOOK_EVERY_S)
    if name in to_render(studio.project):
        with suppress(InputError):  # another page was quicker: its job takes this one up
            studio.jobs.start("recording", {})


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio
