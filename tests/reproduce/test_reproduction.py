"""The thesis in one folder: what is made, resumed, refused, and what the report says."""

import json
from pathlib import Path

import pytest

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.recipes.load import load_recipe
from mixdream.recipes.recipe import Recipe
from mixdream.reproduce import reproduction as module
from mixdream.reproduce import schedule as schedule_module
from mixdream.reproduce.experiments import BESIDE, DATA_FIGURES, EXPERIMENTS, NAMES
from mixdream.reproduce.findings import nearest
from mixdream.reproduce.page import write_page
from mixdream.reproduce.reproduction import Reproduction
from mixdream.training import dry_run, figures
from tests.conftest import FAST, TINY, write_set


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every recipe at tiny width, with few clips."""

    def load(name: str, overrides: tuple[str, ...] | list[str] = ()) -> Recipe:
        return load_recipe(name, [*TINY[load_recipe(name).model.family], *FAST, *overrides])

    for where in (module, schedule_module):
        monkeypatch.setattr(where, "load_recipe", load)
    monkeypatch.setattr(module, "CLIPS", 3)
    monkeypatch.setattr(module, "MEASURED", 8)
    monkeypatch.setattr(figures, "GRID_OF", 4)
    monkeypatch.setattr(dry_run, "_MEASURED_S", 0.0)


SOME = ("thesis-4", BESIDE)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two sets, one of more than a minute: the least of which real music can be compared."""
    folder = tmp_path_factory.mktemp("reproduce")
    sets = [write_set(folder / f"{bpm}.wav", seconds, bpm, bpm) for bpm, seconds in ((120, 75), (140, 30))]
    return build_corpus(sets, folder / "built", rate_hz=8000, channels=1, jobs=1).corpus


def reproduce(folder: Path, corpus: Corpus, names: tuple[str, ...] = SOME) -> Path:
    """All steps at the least scale."""
    made = Reproduction(folder)
    schedule = made.schedule(made.open_corpus([corpus.folder]), names, minutes=0)
    for name in names:
        made.train(name, schedule, corpus)
    made.draw(corpus)
    made.evaluate(corpus)
    if best := nearest(made):
        made.make_listening_test(best)
    return write_page(made, schedule, corpus)


def test_everything_of_the_thesis_is_on_one_page_and_nothing_is_done_twice(
    tmp_path: Path, corpus: Corpus
) -> None:
    page = reproduce(tmp_path / "r", corpus)
    text = page.read_text("utf-8")
    said = json.loads((tmp_path / "r" / "report.json").read_text("utf-8"))
    assert {model["name"] for model in said["models"] if model["lines"]} == set(SOME) - {BESIDE}
