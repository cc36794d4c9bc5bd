"""What the page asks of files that are dropped onto it."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from mixdream.studio.routes.asked import Asked, Body

router = APIRouter()


class Discarded(Body):
    """A file that is not to go on."""

    path: str


@router.put("/api/uploads/{path:path}")
async def upload(
    request: Request, studio: Asked, path: str, offset: int, size: int, modified: int = 0
) -> dict[str, int]:
    """Take the next part of a file; see `mixdream.studio.sets.uploads.Uploads.add`."""
    part = await request.body()  # the guard sees to its size
    return {"bytes": await run_in_threadpool(studio.uploads.add, path, offset, size, part, modified)}


@router.get("/api/uploads/{path:path}")
def uploaded(
    studio: Asked, path: str, size: int | None = None, modified: int | None = None
) -> dict[str, int]:
    """How many bytes are there, to go on behind them."""
    return {"bytes": studio.uploads.have(path, size, modified)}


@router.post("/api/uploads/discard")
def discard(studio: Asked, body: Discarded) -> dict[str, str]:
    """Forget a file that was on its way."""
    studio.uploads.discard(body.path)
    return {"discarded": body.path}
