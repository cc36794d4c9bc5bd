"""What loops are nearest to in a project's music."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.store import INDEX_NAME, Corpus
from mixdream.evaluation.copies.searched import COPIES_NAME
from mixdream.runs.ask import NOTHING
from mixdream.runs.run import Run
from mixdream.studio.play.likeness import COMPARED_WITH, Likeness
from mixdream.studio.play.maker import BUNDLED, Maker
from mixdream.studio.play.shelf import Made, Shelf
from tests.studio.playing import project_with


class Room:
    """A project with a run, and somebody who waits for what is told."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.project = project_with(folder, run)
        self.shelf = Shelf(self.project)
        self.maker = Maker(self.project, self.shelf)
        self.told = threading.Event()
        self.kept = folder / "kept.json"
        self.likeness = Likeness(self.project, self.shelf, self.maker, self.kept, self.told.set)

    def compared(self, loop_id: str, made: Made | None = None) -> str:
        """Verdict on a loop, once there is one."""
        self.told.clear()
        self.likeness.ask(loop_id, made)
        assert self.told.wait(60)
        return self.verdict(loop_id)

    def verdict(self, loop_id: str) -> str:
        return self.likeness.verdict(loop_id, self.shelf.get(loop_id).about)

    def new(self, model: str | None = None) -> Made:
        made = self.maker.new(model or self.maker.default_model(), NOTHING, [])
        self.shelf.write(made)
        return made


@pytest.fixture
def room(asked_run: Run, tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "project", asked_run)
    yield room
    room.likeness.close()


def with_moment(made: Made, corpus: Corpus, at: int) -> Made:
    """The same where the model made nothing but a moment of the music, at its own tempo."""
    samples = len(made.loop.audio)
    tempo_bpm = made.plan.run.recipe.tempo_bpm
    assert tempo_bpm is not None
    music = corpus.audio("A")[at:][: round(samples * tempo_bpm / 120), 0] / 32768
    audio = np.interp(np.linspace(0, len(music) - 1, samples), np.arange(len(music)), music)
    return replace(made, loop=replace(made.loop, audio=audio.astype(np.float32)))


def test_a_loop_is_compared_and_its_file_says_so(room: Room, corpus: Corpus) -> None:
    made = room.new()
    room.likeness.ask(made.id, made)
    assert room.verdict(made.id) == "Nothing to compare with: no sets yet."
    shutil.copytree(corpus.folder, room.project.corpus)
    assert room.verdict(made.id) == "Being compared with your music."
    file = room.shelf.pads / f"{made.id}.json"
    before = json.loads(file.read_text())
    told = room.compared(made.id)  # made again from what its JSON says
    assert re.fullmatch(r"Nearest: [AB] at 0:\d\d\.\d; not a copy\.", told)
    said = json.loads(file.read_text())
    nearest = said["nearest"]
    judged = {"similarity": said["similarity"], "copy": False, COMPARED_WITH: corpus.hash}
    assert said == before | {"nearest": nearest} | judged
    own_s = len(made.loop.audio) / made.plan.grid.rate_hz
    assert nearest["seconds"] == pytest.approx(own_s * nearest["speed"])
    assert (made.plan.run.folder / COPIES_NAME).exists() and not room.kept.exists()
    copy = room.new()
    told = room.compared(copy.id, with_moment(copy, corpus, 40_000))
    assert re.fullmatch(r"A copy of A at 0:0[45]\.\d\.", told)


def test_other_sets_make_an_old_verdict_void(room: Room, corpus: Corpus) -> None:
    made = room.new()
    nearest = {"set": "sold", "time": "0:00:01.0"}
    room.shelf.note(made.id, {"nearest": nearest, "copy": False, COMPARED_WITH: "another"})
    assert room.verdict(made.id) == "Nearest: sold at 0:01.0; not a copy."  # there are no sets to doubt it
    shutil.copytree(corpus.folder, room.project.corpus)
    assert not room.likeness.is_known(room.shelf.get(made.id).about)
    assert room.verdict(made.id) == "Being compared with your music."
    assert re.match("Nearest: [AB] at ", room.compared(made.id, made))
    assert room.likeness.is_known(room.shelf.get(made.id).about)


def test_loops_of_the_bundled_model_are_compared_too(room: Room, corpus: Corpus) -> None:
    shutil.copytree(corpus.folder, room.project.corpus)
    made = room.new(BUNDLED)
    assert room.compared(made.id, made).startswith("Nearest: ")
    assert room.kept.exists() and not (Run.pretrained().folder / COPIES_NAME).exists()


def test_what_cannot_be_compared_is_tried_again_with_other_music(room: Room, corpus: Corpus) -> None:
    made = room.new()
    room.project.corpus.mkdir()
    index = room.project.corpus / INDEX_NAME
    index.write_text("{")
    assert room.compared(made.id, made).startswith("It cannot be compared: ")
    room.told.clear()
    room.likeness.ask(made.id)
    assert not room.told.wait(0.3)
    shutil.copytree(corpus.folder, room.project.corpus, dirs_exist_ok=True)
    assert room.compared(made.id, made).startswith("Nearest: ")


def test_a_close_ends_what_is_being_compared(room: Room, corpus: Corpus) -> None:
    shutil.copytree(corpus.folder, room.project.corpus)
    made = room.new()
    room.likeness.ask(made.id, made)
    room.likeness.close()
    room.likeness.ask(made.id, made)
    assert "nearest" not in room.shelf.get(made.id).about
