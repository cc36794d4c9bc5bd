"""Playing: pads, their loops, hearts and the XY pad."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.exceptions import HTTPException

from mixdream.runs.ask import Ask
from mixdream.studio.play.desk import check_pad
from mixdream.studio.play.maker import Superseded
from mixdream.studio.play.play_state import CORNERS, SCENES, Cut, Launch, Pitch, Scene, Volume, bar_of
from mixdream.studio.routes.asked import Asked, Body

router = APIRouter(prefix="/api")

Share = Annotated[float, Field(ge=0, le=1)]


class PlayBody(Body):
    """What of all playing is to change."""

    bpm: float | None = None
    pitch: Pitch | None = None
    launch: Launch | None = None
    model: str | None = None
    scenes: Annotated[list[Scene], Field(min_length=SCENES, max_length=SCENES)] | None = None
    midi: dict[str, Any] | None = None


class PadBody(Body):
    """What of a pad is to change."""

    volume: Volume | None = None
    low_cut_hz: Cut | None = None
    high_cut_hz: Cut | None = None
    mute: bool | None = None
    solo: bool | None = None


class NewBody(Body):
    """What a new loop is to be like, and the loops whose keys it is to fit."""

    ask: Ask = Ask()
    fits: tuple[str, ...] = ()
    bars: int | None = None


class VaryBody(Body):
    """How far from the loop a variation is to be."""

    strength: Share


class LoopBody(Body):
    """A loop by its id."""

    id: str


class HeartBody(LoopBody):
    """A loop that is loved or no more."""

    on: bool


class CornersBody(Body):
    """Loops of the XY pad: left to right, then down."""

    ids: Annotated[list[str | None], Field(min_length=CORNERS, max_length=CORNERS)]


class MorphBody(Body):
    """A place between the corners."""

    x: Share
    y: Share


@router.post("/play")
def play(body: PlayBody, studio: Asked) -> dict[str, Any]:
    """Change tempo, launching, model, names of scenes, or what MIDI controls do."""
    desk = studio.desk
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
def set_pad(pad: int, body: PadBody, studio: Asked) -> dict[str, Any]:
    """Set volume, cuts, mute or solo."""
    desk = studio.desk
    with desk.state.changing() as table:
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(table.pads[check_pad(pad)], name, value)
    desk.publish()
    return {}


@router.post("/pads/{pad}/new")
def new(pad: int, body: NewBody, studio: Asked) -> dict[str, Any]:
    """Make a loop for a pad; it can be played when this answers."""
    return {"loop": studio.desk.new(check_pad(pad), body.ask, body.fits, body.bars)}


@router.post("/pads/{pad}/vary")
def vary(pad: int, body: VaryBody, studio: Asked) -> dict[str, Any]:
    """Put a variation of its loop on a pad."""
    return {"loop": studio.desk.vary(check_pad(pad), body.strength)}


@router.post("/pads/{pad}/put")
def put(pad: int, body: LoopBody, studio: Asked) -> dict[str, Any]:
    """Put a loop on a pad; a morph is kept thereby."""
    return {"loop": studio.desk.put(check_pad(pad), body.id)}


@router.post("/pads/{pad}/{action}")
def step(pad: int, action: Literal["undo", "redo", "clear"], studio: Asked) -> dict[str, Any]:
    """Go back and forth in the history of a pad, or empty it."""
    desk = studio.desk
    if action == "clear":
        desk.clear(check_pad(pad))
    else:
        desk.step(check_pad(pad), -1 if action == "undo" else 1)
    return {}


@router.post("/corners")
def corners(body: CornersBody, studio: Asked) -> dict[str, Any]:
    """Choose the loops of the XY pad."""
    studio.desk.set_corners(body.ids)
    return {}


@router.post("/morph")
def morph(body: MorphBody, studio: Asked) -> dict[str, Any]:
    """Loop between the corners; 409 where another place was asked for meanwhile."""
    try:
        return {"loop": studio.desk.morph(body.x, body.y)}
    except Superseded:
        raise HTTPException(409, "another place was asked for since") from None


@router.post("/hearts")
def heart(body: HeartBody, studio: Asked) -> dict[str, Any]:
    """Love a loop, or no more."""
    studio.desk.set_heart(body.id, body.on)
    return {}
