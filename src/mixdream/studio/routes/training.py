"""What the page asks of trainings, and of jobs of any kind: starting, stopping, hearing."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import Field
from starlette.responses import FileResponse

from mixdream.studio.routes.asked import Asked, Body, Nothing
from mixdream.studio.training import sample_file

router = APIRouter()


class Minutes(Body):
    """Minutes of training, over all calls."""

    minutes: float = Field(gt=0, le=100_000, allow_inf_nan=False)


@router.post("/api/jobs/training")
def train(studio: Asked, body: Minutes) -> dict[str, Any]:
    """Begin to train, or go on, until so many minutes are over in all."""
    studio.jobs.start("training", body.model_dump())
    return studio.publish_jobs()


@router.post("/api/jobs/{kind}/stop")
def stop(studio: Asked, kind: str, _body: Nothing) -> dict[str, Any]:
    """End a job in a state that can be gone on from."""
    if kind not in studio.jobs.states():
        raise HTTPException(404)
    studio.jobs.stop(kind)
    return studio.publish_jobs()


@router.get("/api/samples/{checkpoint}/{name}")
def sample(studio: Asked, checkpoint: str, name: str) -> FileResponse:
    """A loop that was rendered at a check-up."""
    file = sample_file(studio.project, checkpoint, name)
    if file is None:
        raise HTTPException(404)
    return FileResponse(file, media_type="audio/flac")
