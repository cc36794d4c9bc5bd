"""The thesis in one folder: what is made, what is not made again, what is refused, and what the page says."""

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
from mixdream.reproduce.experiments import BESIDE, DATA_FIGURES, EXPERIMENTS
from mixdream.reproduce.page import write_page
from mixdream.reproduce.reproduction import Reproduction
from mixdream.reproduce.schedule import Schedule
from mixdream.runs.run import Run
from mixdream.training.train import train
from tests.conftest import FAST, TINY, tiny_recipe, write_set
from tests.corpus.small import make_corpus

SOME = ("thesis-4", *BESIDE)
SCALE = 1e-5


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every recipe at tiny width, with few clips."""

    def load(name: str, overrides: tuple[str, ...] | list[str] = ()) -> Recipe:
        return load_recipe(name, [*TINY[load_recipe(name).model.family], *FAST, *overrides])

    for where in (module, schedule_module):
        monkeypatch.setattr(where, "load_recipe", load)
    monkeypatch.setattr(module, "CLIPS", 4)
    monkeypatch.setattr(module, "MEASURED", 8)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two sets, one of more than a minute: the least of which real music can be compared."""
    folder = tmp_path_factory.mktemp("reproduce")
    sets = [write_set(folder / f"{bpm}.wav", seconds, bpm, bpm) for bpm, seconds in ((120, 75), (140, 30))]
    return build_corpus(sets, folder / "built", rate_hz=8000, channels=1, jobs=1).corpus


def reproduce(made: Reproduction, corpus: Corpus) -> Path:
    """All steps for some models; with less training, clips of batch-normalised networks are silent."""
    schedule = made.schedule(corpus, SOME, scale=SCALE)
    for name in SOME:
        made.train(name, schedule, corpus)
    made.draw(corpus)
    made.evaluate(corpus)
    made.make_listening_test()
    return write_page(made, schedule, corpus)


def test_the_thesis_is_on_one_page_and_nothing_is_done_twice(tmp_path: Path, corpus: Corpus) -> None:
    made = Reproduction(tmp_path / "thesis")
    page = reproduce(made, made.open_corpus([corpus.folder])).read_text("utf-8")
    assert "http://" not in page and "https://" not in page
    shown = [figure for it in EXPERIMENTS if it.recipe in SOME for figure in it.figures]
    for number, caption in [(figure.number, figure.caption) for figure in shown] + [
        (number, caption) for number, (caption, _) in DATA_FIGURES.items()
    ]:
        assert f"Figure {number}: {caption.replace(chr(39), '&#39;')}" in page
    assert "Figure 4.20" in page and "55" in page and "40.15" in page, "what the thesis's listeners said"
    assert page.count("<audio") == 4 * (1 + len(SOME))
    said = json.loads((made.folder / "report.json").read_text("utf-8"))
    assert {model["name"] for model in said["models"] if model["lines"]} == set(SOME) - {*BESIDE}
    assert [row["name"] for row in said["measured"] if row["name"] in SOME] == list(SOME)
    assert all(row["copies"] == "0 of 8" for row in said["measured"] if row["name"] in SOME)
    assert {row["here"] for row in said["data"]} >= {"2, 0:01:45", "49,958 + 24,694 + 25,035"}
    for table in ("4.3", "4.4"):
        assert all(size["here"] == size["thesis"] for row in said["tables"][table] for size in row["sizes"])
    assert (made.folder / "listening-test" / "survey.yaml").is_file()

    files = [path for path in made.folder.rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    reproduce(Reproduction(made.folder), made.open_corpus([]))
    changed = {path.name for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert changed <= {"index.html", "report.json", "reproduce.json"}

    with pytest.raises(InputError, match=r"was begun at scale .*: leave --scale and --minutes out"):
        made.schedule(corpus, SOME, scale=0.5)
    with pytest.raises(InputError, match="was begun with other music"):
        made.open_corpus([tmp_path])


def test_a_corpus_of_another_rate_is_refused(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", {"a": 50_000}, rate_hz=16_000)
    with pytest.raises(InputError, match=r"has 16000 Hz and 1 channel\(s\), the thesis's 8000 Hz and one"):
        Reproduction(tmp_path / "thesis").open_corpus([corpus.folder])
    assert not (tmp_path / "thesis").exists()


def test_sets_that_were_not_read_to_their_end_are_not_taken_for_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    with pytest.raises(InputError, match="name the same ones again"):
        Reproduction(tmp_path).open_corpus([])


def test_a_training_that_was_stopped_goes_on(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny_recipe("thesis-3", "windows.total=8", "training.epochs=2")
    monkeypatch.setattr(module, "scaled_recipe", lambda *_: recipe)
    made, schedule = Reproduction(tmp_path), Schedule(0.5, {})
    train(recipe, corpus, made.run_folder("thesis-3"), minutes=1e-6)
    assert made.trained() == ["thesis-3"] and not made.is_trained("thesis-3")
    made.train("thesis-3", schedule, corpus)
    assert made.is_trained("thesis-3")
    assert Run.open(made.run_folder("thesis-3")).info()["steps"] == 4
