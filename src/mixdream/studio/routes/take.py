"""Taking away: loops as files, as they are played and as pictures; hearts as a pack."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse

from mixdream.pages.media import spectrogram_png
from mixdream.studio.play.hearts import zipped
from mixdream.studio.play.play_state import Pitch, check_bar
from mixdream.studio.play.shelf import Shelved
from mixdream.studio.routes.asked import Asked
from mixdream.studio.studio import Studio

router = APIRouter(prefix="/api")

_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_HIGHEST_HZ = 16_000.0  # of pictures


@router.get("/loops/{loop_id}.wav")
def loop_file(loop_id: str, studio: Asked) -> Response:
    """The file of a loop, to keep."""
    shelved = _shelved(studio, loop_id)
    if shelved.file is None:
        raise HTTPException(404)
    return FileResponse(shelved.file, media_type="audio/wav", filename=f"{loop_id}.wav")


@router.get("/loops/{loop_id}/played.wav")
def played(
    loop_id: str, bar_samples: int, studio: Asked, pitch: Annotated[Pitch, Query()] = "keep"
) -> Response:
    """A loop as it is played, see `mixdream.studio.play.played`."""
    check_bar(bar_samples)
    _shelved(studio, loop_id)
    content = studio.desk.played.wav(loop_id, bar_samples, pitch)
    return Response(content, media_type="audio/wav", headers=_FOREVER)


@router.get("/loops/{loop_id}/picture.png")
def picture(loop_id: str, studio: Asked) -> Response:
    """Spectrogram of a loop, to see."""
    _shelved(studio, loop_id)
    audio, rate_hz = studio.desk.shelf.audio(loop_id)
    png = spectrogram_png(audio.mean(axis=0), rate_hz, min(_HIGHEST_HZ, rate_hz / 2), loop=True)
    return Response(png, media_type="image/png", headers=_FOREVER)


@router.get("/hearts.zip")
def hearts(studio: Asked) -> StreamingResponse:
    """Loved loops with their JSON, as a pack."""
    desk = studio.desk
    loops = [found for loop_id in desk.state.table.hearts if (found := desk.shelf.find(loop_id))]
    return StreamingResponse(zipped(loops), media_type="application/zip", headers=_attached("hearts.zip"))


def _shelved(studio: Studio, loop_id: str) -> Shelved:
    found = studio.desk.shelf.find(loop_id)
    if found is None:
        raise HTTPException(404)
    return found


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
