"""Recordings and mixes: what was played, kept and rendered, and mixes of loops."""

import time
from contextlib import suppress
from typing import Annotated, Any, Self

from fastapi import APIRouter, BackgroundTasks
from pydantic import Field, model_validator
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from mixdream.errors import InputError
from mixdream.studio.play.play_state import bpm_of
from mixdream.studio.routes.asked import Asked, Body, Nothing
from mixdream.studio.studio import Studio
from mixdream.studio.takes.performance import Performance
from mixdream.studio.takes.recordings import to_render

router = APIRouter(prefix="/api")

_LOOK_EVERY_S = 0.5  # whether what is rendered is done


class RecordingBody(Performance):
    """What was played, and what it is to be called."""

    name: str | None = None


class MixBody(Body):
    """How long a mix is to be, and whether it is of loved loops alone; or the recording that it is of."""

    minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    hearts: bool = False
    recording: str | None = None

    @model_validator(mode="after")
    def _of_a_length(self) -> Self:
        if (self.minutes is None) == (self.recording is None):
            raise ValueError("a mix is of so many minutes, or of a recording, as long as its loops last")
        return self


@router.post("/recordings")
def record(body: RecordingBody, studio: Asked, after: BackgroundTasks) -> dict[str, Any]:
    """Keep what was played, and render it, after what is being rendered."""
    performance = Performance.model_validate(body.model_dump(include=set(Performance.model_fields)))
    name = studio.recordings.save(performance, body.name)
    after.add_task(_render, studio, name)
    return {"name": name}


@router.post("/jobs/recording")
def render(studio: Asked, _body: Nothing) -> dict[str, Any]:
    """Render what was not rendered: because it was stopped, or failed."""
    studio.jobs.start("recording", {})
    return studio.publish_jobs()


@router.get("/recordings/{name}")
def recording_file(name: str, studio: Asked) -> FileResponse:
    """A file of a recording or mix."""
    file = studio.recordings.file(name)
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, filename=name)


@router.post("/mix")
def mix(body: MixBody, studio: Asked) -> dict[str, Any]:
    """Make a mix at the tempo that is played at, or at that of a recording."""
    table = studio.desk.state.table
    if body.recording is not None and studio.recordings.file(f"{body.recording}.json") is None:
        raise HTTPException(404)
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
            "recording": body.recording,
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
