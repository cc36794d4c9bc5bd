"""Desk: what is done with loops: made, put on pads, kept, played and told to the pages."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from mixdream.corpus.store import INDEX_NAME
from mixdream.errors import InputError, MixdreamError
from mixdream.project_folder import ProjectFolder
from mixdream.runs.ask import Ask
from mixdream.runs.run import DOCTOR_NAME, SMALL_FOLDER
from mixdream.studio.hub import Hub
from mixdream.studio.play.likeness import Likeness
from mixdream.studio.play.maker import Maker
from mixdream.studio.play.play_state import PADS, PlayState, bar_of, bpm_of
from mixdream.studio.play.played import Played
from mixdream.studio.play.shelf import Made, Shelf, Shelved
from mixdream.studio.sets.sources import changed

_NO_LOOP: dict[str, Any] = {
    "version": "",
    "bpm": None,
    "bars": 1,
    "key": None,
    "camelot": None,
    "seed": None,
    "run": None,
    "checkpoint": None,
    "compared": False,
    "nearest": None,
    "similarity": None,
    "copy": None,
}


class Desk:
    """All of playing; what changes is told as topic ``play``."""

    def __init__(self, project: ProjectFolder, hub: Hub, own_folder: Path) -> None:
        self._project, self._hub = project, hub
        self._telling = threading.Lock()
        self.shelf = Shelf(project)
        self.maker = Maker(project, self.shelf)
        self.played = Played(self.shelf)
        self.likeness = Likeness(project, self.shelf, self.maker, own_folder / "copies.json", self.publish)
        self.state = PlayState(project.folder / "studio.json")

    def stamp(self) -> object:
        """What changes when others change what there is to play."""
        project = self._project
        runs = [
            run / name
            for run in project.runs.glob("*")
            for name in (DOCTOR_NAME, "checkpoints", SMALL_FOLDER)
        ]
        return changed(project.loops, self.shelf.pads, project.corpus / INDEX_NAME, *sorted(runs))

    def refresh(self) -> None:
        """Take in what others changed, and tell the pages.

        A new table begins at the tempo of the model; pads that never had a loop get the project's pack.
        """
        if self.state.is_new:
            self.state.begin(bar_of(self.maker.plan(self.maker.default_model()).bpm))
        if all(pad.history == [None] for pad in self.state.table.pads) and (pack := self.shelf.pack()):
            kept = [self.shelf.keep(loop_id) for loop_id in pack[:PADS]]
            with self.state.changing() as table:
                table.bar_samples = bar_of(self.shelf.get(kept[0]).facts.bpm)
                for pad, loop_id in zip(table.pads, kept, strict=False):
                    pad.history = [loop_id]
        self.publish()

    def warm_up(self) -> None:
        """Make a loop for nobody, so that the first one comes as fast as the next."""
        with suppress(MixdreamError):  # whoever asks for a loop is told why there is none
            self.maker.warm_up(self.model())

    def close(self) -> None:
        """Begin nothing new in the background."""
        self.likeness.close()

    def model(self) -> str:
        """Id of the model that new loops are made with: the one that was chosen, as long as it is there."""
        chosen = self.state.table.model
        if chosen is not None:
            try:
                self.maker.plan(chosen)
            except InputError:
                return self.maker.default_model()
            return chosen
        return self.maker.default_model()

    def new(self, pad: int, ask: Ask, fits: Sequence[str], bars: int | None) -> dict[str, Any]:
        """Make a loop for a pad, see `Maker.new`."""
        return self._written(pad, self.maker.new(self.model(), ask, fits, bars))

    def vary(self, pad: int, strength: float) -> dict[str, Any]:
        """Put a variation of its loop on a pad."""
        loop_id = self.state.table.pads[pad].loop
        if loop_id is None:
            raise InputError("the pad is empty: put a loop on it before you vary it")
        return self._written(pad, self.maker.vary(self.shelf.get(loop_id), strength))

    def put(self, pad: int, loop_id: str) -> dict[str, Any]:
        """Put a loop that there is on a pad."""
        kept = self.shelf.keep(loop_id)
        with self.state.changing() as table:
            table.pads[pad].put(kept)
        return self._told(kept)

    def clear(self, pad: int) -> None:
        """Empty a pad."""
        with self.state.changing() as table:
            table.pads[pad].put(None)
        self.publish()

    def step(self, pad: int, by: Literal[-1, 1]) -> None:
        """Undo or redo."""
        with self.state.changing() as table:
            table.pads[pad].step(by)
        self.publish()

    def set_corners(self, ids: Sequence[str | None]) -> None:
        """Choose the four loops of the XY pad."""
        kept = [loop_id and self.shelf.keep(loop_id) for loop_id in ids]
        with self.state.changing() as table:
            table.corners = kept
        self.publish()

    def morph(self, x: float, y: float) -> dict[str, Any]:
        """Loop at a place between the corners, see `Maker.morph`."""
        ids = [loop_id for loop_id in self.state.table.corners if loop_id is not None]
        if len(ids) < len(self.state.table.corners):
            raise InputError("the XY pad needs a loop in each of its four corners")
        made = self.maker.morph([self.shelf.get(loop_id) for loop_id in ids], x, y)
        return self.describe(made if isinstance(made, str) else made.id)

    def set_heart(self, loop_id: str, on: bool) -> None:
        """Love a loop, or no more; what is loved stays."""
        kept = self.shelf.keep(loop_id) if on else self._kept_id(loop_id)
        with self.state.changing() as table:
            others = [heart for heart in table.hearts if heart != kept]
            table.hearts = [*others, kept] if on else others
        self.publish()

    def publish(self) -> None:
        """Tell all pages, and have compared what they see and was not yet."""
        with self._telling:  # so that what was read first is told first
            content = self.content()
            self._hub.publish("play", content)
        shown = [*(pad["loop"] for pad in content["pads"]), *content["hearts"]]
        for loop in shown:
            if loop and not loop["gone"] and not loop["compared"]:
                self.likeness.ask(loop["id"])

    def content(self) -> dict[str, Any]:
        """What pages are told."""
        table = self.state.table
        return {
            "bpm": bpm_of(table.bar_samples),
            "bar_samples": table.bar_samples,
            "pitch": table.pitch,
            "launch": table.launch,
            "model": self.model(),
            "note": self.state.note,
            "pads": [
                {
                    "loop": self._maybe(pad.loop),
                    **pad.model_dump(exclude={"history", "at"}),
                    "undo": pad.undo,
                    "redo": pad.redo,
                }
                for pad in table.pads
            ],
            "scenes": [scene.model_dump() for scene in table.scenes],
            "hearts": [self.describe(loop_id) for loop_id in table.hearts],
            "corners": [self._maybe(loop_id) for loop_id in table.corners],
            "pack": [self.describe(loop_id) for loop_id in self.shelf.pack()],
            "midi": table.midi,
        }

    def describe(self, loop_id: str) -> dict[str, Any]:
        """What pages are told of a loop; ``gone`` where it is not there any more."""
        shelved = self.shelf.find(loop_id)
        heart = self._is_heart(shelved) if shelved else loop_id in self.state.table.hearts
        if shelved is None:
            sentence = "Its file is gone from the folder loops/pads."
            return {"id": loop_id, **_NO_LOOP, "heart": heart, "gone": True, "verdict": sentence}
        about, facts = shelved.about, shelved.facts
        compared = self.likeness.is_known(about)
        likeness = about if compared else {}  # of other sets it says nothing of these
        nearest = likeness.get("nearest")
        if isinstance(nearest, dict):  # loops of older versions do not say how long the moment is
            nearest = {"seconds": facts.seconds} | nearest
        return {
            "id": loop_id,
            **facts.model_dump(exclude={"run_folder", "transpose", "pitch", "seconds"}),
            "version": shelved.version,
            "heart": heart,
            "gone": False,
            "compared": compared,
            "nearest": nearest,
            "similarity": likeness.get("similarity"),
            "copy": likeness.get("copy"),
            "verdict": self.likeness.verdict(loop_id, about),
        }

    def _written(self, pad: int, made: Made) -> dict[str, Any]:
        """Write a loop that was made, put it on a pad, and have it compared once it can be heard."""
        loop_id = self.shelf.write(made)
        with self.state.changing() as table:
            table.pads[pad].put(loop_id)
        self.likeness.ask(loop_id, made)
        return self._told(loop_id)

    def _told(self, loop_id: str) -> dict[str, Any]:
        self.publish()
        return self.describe(loop_id)

    def _maybe(self, loop_id: str | None) -> dict[str, Any] | None:
        return None if loop_id is None else self.describe(loop_id)

    def _kept_id(self, loop_id: str) -> str:
        """Id of a loop among those that are kept, whether it is there or not."""
        shelved = self.shelf.find(loop_id)
        return loop_id if shelved is None else self.shelf.kept_id(shelved)

    def _is_heart(self, shelved: Shelved) -> bool:
        return self.shelf.kept_id(shelved) in self.state.table.hearts


def check_pad(pad: int) -> int:
    """Refuse the number of a pad that there is not."""
    if not 0 <= pad < PADS:
        raise InputError(f"there is no pad {pad}: 0 to {PADS - 1} are")
    return pad
