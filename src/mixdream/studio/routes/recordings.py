"""Recordings and mixes: what was played, kept and rendered, and mixes of loops."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from mixdream.studio.play.play_state import bpm_of
from mixdream.studio.studio import Studio
from mixdream.studio.takes.performance import Performance

router = APIRouter(prefix="/api")


class RecordingBody(Performance):
    """What was played, and what it is to be called."""

    name: str | None = None
    seconds: float | None = None
    bpm: float | None = None


class MixBody(BaseModel):
    """How long a mix is to be, and whether it is of loved loops alone."""

    model_config = ConfigDict(extra="forbid")

    minutes: Annotated[float, Field(gt=0, le=1440)]
    hearts: bool = False


@router.post("/recordings")
def record(body: RecordingBody, request: Request) -> dict[str, Any]:
    """Keep what was played, and render it, after what is being rendered."""
    studio = _studio(request)
    performance = Performance.model_validate(body.model_dump(include=set(Performance.model_fields)))
    name = studio.recordings.save(performance, body.name)
    if not studio.jobs.is_running("recording"):
        studio.jobs.start("recording", {})
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


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio
