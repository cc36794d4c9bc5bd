"""What the page asks of trainings, and of jobs of any kind: starting, stopping, hearing."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from mixdream.studio.routes.sets import Nothing
from mixdream.studio.studio import Studio
from mixdream.studio.training import sample_file

router = APIRouter()


class Minutes(BaseModel):
    """Minutes of training, over all calls."""

    model_config = ConfigDict(extra="forbid")

    minutes: float = Field(gt=0, le=100_000, allow_inf_nan=False)


@router.post("/api/jobs/training")
def train(request: Request, body: Minutes) -> dict[str, Any]:
    """Begin to train, or go on, until so many minutes are over in all."""
    studio: Studio = request.app.state.studio
    studio.jobs.start("training", body.model_dump())
    return studio.publish_jobs()


@router.post("/api/jobs/{kind}/stop")
def stop(request: Request, kind: str, _body: Nothing) -> dict[str, Any]:
    """End a job in a state that can be gone on from."""
    studio: Studio = request.app.state.studio
    if kind not in studio.jobs.states():
        raise HTTPException(404)
    studio.jobs.stop(kind)
    return studio.publish_jobs()


@router.get("/api/samples/{checkpoint}/{name}")
def sample(request: Request, checkpoint: str, name: str) -> FileResponse:
    """A loop that was rendered at a check-up."""
    studio: Studio = request.app.state.studio
    file = sample_file(studio.project, checkpoint, name)
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, media_type="audio/flac")
