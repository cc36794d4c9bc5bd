"""The main job as a project: what lies where, what is done again and what is not."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixdream import project as module
from mixdream.errors import InputError
from mixdream.project import Project
from mixdream.recipes.load import load_recipe
from tests.conftest import FAST, TINY, write_set


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    """Their recipe at 8 kHz and tiny width, of one epoch."""
    recipe = load_recipe("cpu-8k", [*TINY["dcgan"], *FAST, "training.epochs=1"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_recipe", lambda name: recipe)
        patch.setattr(module, "LOOPS", 2)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[dict]]:
    """A project of two sets after one step, and its loops."""
    folder = tmp_path_factory.mktemp("made")
    sources = write_set(folder / "A.wav", 20, 120), write_set(folder / "B.wav", 20, 124, seed=1)
    project = Project(folder / "project")
    return project, make(project, 0.001, sources)


@pytest.fixture
def project(made: tuple[Project, list[dict]], tmp_path: Path) -> Project:
    """A copy of it to go on with."""
    return Project(Path(shutil.copytree(made[0].folder, tmp_path / "project")))


def make(project: Project, minutes: float, sources: tuple[Path, ...] = ()) -> list[dict]:
    corpus = project.build(sources).corpus
    run = project.train(corpus, minutes)
    loops = project.make_loops(run, corpus)
    project.write_page(run, corpus, loops)
    return loops


def test_sets_become_loops_on_a_page_and_nothing_is_done_twice(made: tuple[Project, list[dict]]) -> None:
    project, loops = made
    assert {path.name for path in project.folder.iterdir()} == {
        *("corpus", "runs", "loops", "index.html", "project.json")
    }
    assert 1 <= len(loops) <= 2
    for loop in loops:
        assert Path(loop["file"]).parent == project.loops
        assert {"bpm", "key", "bars", "nearest", "copy"} <= loop.keys()
    page = project.page.read_text("utf-8")
    assert page.count("<audio") == len(loops) + 4
    assert "http://" not in page and "https://" not in page
    assert "kHz" in page

    before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*") if path.is_file()}
    assert make(project, 0.001) == loops
    changed = {path.name for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert changed <= {"index.html", ".lock"}


def test_more_minutes_go_on_and_earlier_loops_are_kept(
    made: tuple[Project, list[dict]], project: Project
) -> None:
    first, corpus = made[1], project.build().corpus
    run = project.train(corpus, 1000)  # its only epoch ends sooner
    assert run.info()["steps"] > 1
    second = project.make_loops(run, corpus)
    assert second[0]["checkpoint"] != first[0]["checkpoint"]
    earlier = project.loops / "earlier" / first[0]["checkpoint"]
    assert {path.name for path in earlier.glob("*.wav")} == {Path(loop["file"]).name for loop in first}
    assert all(Path(loop["file"]).is_file() for loop in second)


def test_other_sets_are_another_training(project: Project) -> None:
    another = write_set(project.folder.parent / "C.wav", 20, 122, seed=2)
    run = project.train(project.build((another,)).corpus, 0.001)
    assert run.name == "dream-2"
    assert (project.folder / "runs" / "dream" / "recipe.toml").is_file()


def test_check_ups_are_rendered_to_hear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path / "project")
    monkeypatch.setattr("mixdream.training.doctor.FIRST_S", 0.0)
    monkeypatch.setattr("mixdream.training.doctor.APART", 0.0)
    monkeypatch.setattr("mixdream.training.doctor.EVERY_S", 0.3)
    corpus = project.build([write_set(tmp_path / "long.wav", 60)]).corpus
    run = project.train(corpus, 0.015)
    rendered = sorted((run.folder / "samples").glob("step-*/*.flac"))
    assert len(rendered) >= 2 and len(rendered) % 2 == 0
    about = json.loads(rendered[0].with_suffix(".json").read_text("utf-8"))
    assert about["trained_s"] > 0
    assert [path.name for path in run.small_checkpoints()] == sorted({path.parent.name for path in rendered})
    assert "How it grew" in project.page.read_text("utf-8")


def test_a_project_without_sets_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="knows no sets yet"):
        Project(tmp_path / "new").build()
