import threading
import time
from pathlib import Path

import numpy as np
import pytest

from mixdream.errors import InputError
from mixdream.generation.loops import make_loop
from mixdream.generation.origin import Morph
from mixdream.project import Project
from mixdream.runs.ask import NOTHING
from mixdream.runs.run import Run
from mixdream.studio.play.maker import BUNDLED, Maker, Superseded
from mixdream.studio.play.shelf import IN_MEMORY, Made, Shelf, Shelved
from tests.studio.playing import project_with


@pytest.fixture
def maker(asked_run: Run, tmp_path: Path) -> Maker:
    project = project_with(tmp_path / "project", asked_run)
    return Maker(project, Shelf(project))


def shelved(maker: Maker, count: int) -> list[Shelved]:
    """New loops of a bar, written."""
    shelf, model = maker.shelf, maker.default_model()
    return [shelf.get(shelf.write(maker.new(model, NOTHING, [], bars=1))) for _ in range(count)]


def test_the_newest_run_that_makes_loops_is_the_model(maker: Maker, tmp_path: Path) -> None:
    model = maker.default_model()
    assert model.startswith("dream/step-") and maker.plan(model).run.name == "dream"
    assert Maker(Project(tmp_path / "empty"), maker.shelf).default_model() == BUNDLED
    (tmp_path / "project" / "runs" / "dream-2").mkdir()  # a training that has only just begun
    (tmp_path / "project" / "runs" / "dream-3").mkdir()
    (tmp_path / "project" / "runs" / "dream-3" / "recipe.toml").write_text("damaged")
    assert maker.default_model() == model
    for gone in ("dream", "dream/", "dream/step-9", "../dream", "dream-3/step-1", "", "bundled/.."):
        with pytest.raises(InputError, match="is gone"):
            maker.plan(gone)


def test_a_morph_is_on_the_sphere_between_its_corners(maker: Maker) -> None:
    corners = shelved(maker, 4)
    made = maker.morph(corners, 0.25, 0.5)
    assert isinstance(made, Made)
    origin = made.loop.origin
    assert isinstance(origin, Morph) and origin.position == 0.5
    for row, (start, end) in zip((origin.start, origin.end), (corners[:2], corners[2:]), strict=True):
        assert isinstance(row, Morph) and row.position == 0.25
        assert (row.start, row.end) == (start.facts.seed, end.facts.seed)
    again = make_loop(made.plan, origin)
    assert np.array_equal(again.audio, made.loop.audio)
    on_the_edge = maker.morph(corners, 1.0, 0.5)
    assert isinstance(on_the_edge, Made) and isinstance(on_the_edge.loop.origin, Morph)
    assert on_the_edge.loop.origin.start == corners[1].facts.seed


def test_a_place_that_was_left_before_its_turn_is_not_rendered(maker: Maker) -> None:
    corners = shelved(maker, 4)
    made: dict[float, object] = {}

    def move(x: float) -> None:
        try:
            made[x] = maker.morph(corners, x, 0.5)
        except Superseded as left:
            made[x] = left

    with maker.rendering:
        threads = []
        for x in (0.2, 0.4, 0.6):
            threads.append(threading.Thread(target=move, args=(x,)))
            threads[-1].start()
            while maker.newest_morph < len(threads):
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert isinstance(made[0.2], Superseded) and isinstance(made[0.4], Superseded)
    assert isinstance(made[0.6], Made)


def test_a_morph_that_was_forgotten_is_made_again(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixdream.studio.play.shelf.IN_MEMORY", 2)
    corners = shelved(maker, 4)
    first, *_ = [maker.morph(corners, x, 0.5) for x in (0.1, 0.2, 0.3)]
    assert isinstance(first, Made) and IN_MEMORY > 2
    assert first.plan.checkpoint.name in first.id  # other checkpoints have other loops between these seeds
    with pytest.raises(InputError, match="is forgotten by now"):
        maker.shelf.audio(first.id)
    assert maker.shelf.get(first.id).about == first.finished.about
    again = maker.again(maker.shelf.get(first.id))
    assert again.id == first.id and np.array_equal(again.finished.audio, first.finished.audio)
    assert isinstance(maker.morph(corners, 0.1, 0.5), Made) and maker.shelf.audio(first.id)


def test_of_morphs_that_were_left_long_ago_nothing_is_known(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("shelf", "maker"):
        monkeypatch.setattr(f"mixdream.studio.play.{module}.MORPHS", 2)
    corners = shelved(maker, 4)
    made = [maker.morph(corners, x, 0.5) for x in (0.1, 0.2, 0.3)]
    known = [isinstance(one, Made) and maker.shelf.find(one.id) is not None for one in made]
    assert known == [False, True, True] and len(maker._morphs) == 2


def test_names_stay_short_however_deep_morphs_of_morphs_are(maker: Maker) -> None:
    corners = shelved(maker, 4)
    for step in range(4):
        made = maker.morph(corners, 0.3 + step / 10, 0.5)
        assert isinstance(made, Made)
        corners[step] = maker.shelf.get(maker.shelf.write(made))
        assert len(made.id.encode()) < 200
    assert maker.again(corners[3]).id == corners[3].id


def test_a_loop_whose_model_is_gone_is_not_varied(maker: Maker) -> None:
    (loop,) = shelved(maker, 1)
    other = Shelved(loop.id, loop.about, loop.facts.model_copy(update={"checkpoint": "step-9"}), loop.file)
    with pytest.raises(
        InputError, match="can be played, but no others made of it: the model 'dream/step-9' is"
    ):
        maker.vary(other, 0.5)


def test_what_was_transposed_stays_so_when_it_is_made_again_or_varied(maker: Maker) -> None:
    (loop,) = shelved(maker, 1)
    higher = Shelved(loop.id, loop.about, loop.facts.model_copy(update={"transpose": 3}), loop.file)
    plain, again, varied = maker.again(loop), maker.again(higher), maker.vary(higher, 0.0)
    assert (plain.finished.about["transpose"], again.finished.about["transpose"]) == (0, 3)
    assert np.array_equal(plain.loop.audio, again.loop.audio)
    assert not np.array_equal(plain.finished.audio, again.finished.audio)
    assert np.array_equal(varied.finished.audio, again.finished.audio)


def test_two_variations_that_are_not_written_yet_have_names_of_their_own(maker: Maker) -> None:
    (loop,) = shelved(maker, 1)
    assert maker.vary(loop, 0.2).id != maker.vary(loop, 0.8).id
