"""Playing: pads, their loops, hearts and the XY pad."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from mixdream.runs.ask import Ask
from mixdream.studio.play.desk import Desk, check_pad
from mixdream.studio.play.maker import Superseded
from mixdream.studio.play.play_state import CORNERS, SCENES, Cut, Launch, Pitch, Scene, Volume, bar_of

router = APIRouter(prefix="/api")

Share = Annotated[float, Field(ge=0, le=1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlayBody(_Body):
    """What of all playing is to change."""

    bpm: float | None = None
    pitch: Pitch | None = None
    launch: Launch | None = None
    model: str | None = None
    scenes: Annotated[list[Scene], Field(min_length=SCENES, max_length=SCENES)] | None = None
    midi: dict[str, Any] | None = None


class PadBody(_Body):
    """What of a pad is to change."""

    volume: Volume | None = None
    low_cut_hz: Cut | None = None
    high_cut_hz: Cut | None = None
    mute: bool | None = None
    solo: bool | None = None


class NewBody(_Body):
    """What a new loop is to be like, and the loops whose keys it is to fit."""

    ask: Ask = Ask()
    fits: list[str] = []
    bars: int | None = None


class VaryBody(_Body):
    """How far from the loop a variation is to be."""

    strength: Share


class LoopBody(_Body):
    """A loop by its id."""

    id: str


class HeartBody(LoopBody):
    """A loop that is loved or no more."""

    on: bool


class CornersBody(_Body):
    """Loops of the XY pad: left to right, then down."""

    ids: Annotated[list[str | None], Field(min_length=CORNERS, max_length=CORNERS)]


class MorphBody(_Body):
    """A place between the corners."""

    x: Share
    y: Share


@router.post("/play")
def play(body: PlayBody, request: Request) -> dict[str, Any]:
    """Change tempo, launching, model, names of scenes, or what MIDI controls do."""
    desk = _desk(request)
    changes = body.model_dump(exclude_none=True, exclude={"bpm", "scenes"})
    if body.bpm is not None:
        changes["bar_samples"] = bar_of(body.bpm)
    if body.model is not None:
        desk.maker.plan(body.model)
    with desk.state.changing() as table:
        for name, value in changes.items():
            setattr(table, name, value)
        if body.scenes is not None:
            table.scenes = body.scenes
    desk.publish()
    return {}


@router.post("/pads/{pad}")
def set_pad(pad: int, body: PadBody, request: Request) -> dict[str, Any]:
    """Set volume, cuts, mute or solo."""
    desk = _desk(request)
    with desk.state.changing() as table:
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(table.pads[check_pad(pad)], name, value)
    desk.publish()
    return {}


@router.post("/pads/{pad}/new")
def new(pad: int, body: NewBody, request: Request) -> dict[str, Any]:
    """Make a loop for a pad; it can be played when this answers."""
    return {"loop": _desk(request).new(check_pad(pad), body.ask, body.fits, body.bars)}


@router.post("/pads/{pad}/vary")
def vary(pad: int, body: VaryBody, request: Request) -> dict[str, Any]:
    """Put a variation of its loop on a pad."""
    return {"loop": _desk(request).vary(check_pad(pad), body.strength)}


@router.post("/pads/{pad}/put")
def put(pad: int, body: LoopBody, request: Request) -> dict[str, Any]:
    """Put a loop on a pad; a morph is kept thereby."""
    return {"loop": _desk(request).put(check_pad(pad), body.id)}


@router.post("/pads/{pad}/{action}")
def step(pad: int, action: Literal["undo", "redo", "clear"], request: Request) -> dict[str, Any]:
    """Go back and forth in the history of a pad, or empty it."""
    desk = _desk(request)
    if action == "clear":
        desk.clear(check_pad(pad))
    else:
        desk.step(check_pad(pad), -1 if action == "undo" else 1)
    return {}


@router.post("/corners")
def corners(body: CornersBody, request: Request) -> dict[str, Any]:
    """Choose the loops of the XY pad."""
    _desk(request).set_corners(body.ids)
    return {}


@router.post("/morph")
def morph(body: MorphBody, request: Request) -> dict[str, Any]:
    """Loop between the corners; 409 where another place was asked for meanwhile."""
    try:
        return {"loop": _desk(request).morph(body.x, body.y)}
    except Superseded:
        raise HTTPException(409, "another place was asked for since") from None


@router.post("/hearts")
def heart(body: HeartBody, request: Request) -> dict[str, Any]:
    """Love a loop, or no more."""
    _desk(request).set_heart(body.id, body.on)
    return {}


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.studio.desk
    return desk
