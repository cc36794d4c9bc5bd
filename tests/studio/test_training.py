"""Trainings as the page is told of them; one that is stopped, killed and gone on with for real."""

import io
import shutil
from collections.abc import Iterator

import pytest
import soundfile
from starlette.testclient import TestClient

from mixdream import project as module
from mixdream.analysis.descriptors import DESCRIPTORS
from mixdream.project import Project
from mixdream.recipes.load import load_recipe
from mixdream.runs.run import Run
from mixdream.studio.jobs.training import work
from mixdream.studio.jobs.worker import run_job
from mixdream.studio.sets.sets import describe_sets
from mixdream.studio.studio import Studio
from mixdream.studio.training import describe_training
from mixdream.training.run_folder import trained_so_far
from tests.conftest import FAST, TINY, write_set
from tests.studio.made import state_of, wait_until


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose tiny model was examined more than once, at 8 kHz."""
    recipe = load_recipe("cpu-8k", [*TINY["dcgan"], *FAST, "training.checkpoint_minutes=0.001"])
    project = Project(tmp_path_factory.mktemp("trained"))
    project.sets.mkdir()
    write_set(project.sets / "A.wav", 60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_recipe", lambda _name: recipe)
        for constant, value in (("FIRST_S", 0.0), ("APART", 0.0), ("EVERY_S", 0.0), ("EVERY_SHARE", 0.0)):
            patch.setattr(f"mixdream.training.doctor.{constant}", value)
        corpus = project.build().corpus
        run = project.train(corpus, 0.001)
        project.train(
            corpus, trained_so_far(run.folder).seconds / 60 + 0.001
        )  # each call ends with a check-up
    yield project


@pytest.fixture
def theirs(trained: Project, studio: Studio) -> Studio:
    """A studio of a copy of that project."""
    shutil.copytree(trained.folder, studio.project.folder, copy_function=shutil.copy2, dirs_exist_ok=True)
    return studio


def test_before_a_training_there_is_mixdreams_own_model(studio: Studio) -> None:
    content = describe_training(studio)
    assert content["run"] is None and content["check_ups"] == []
    (own,) = content["models"]
    assert own["id"] == "bundled" and own["descriptors"] == list(DESCRIPTORS) and own["like"] == []


def test_check_ups_are_told_with_four_seeds_to_hear(theirs: Studio, client: TestClient) -> None:
    content = describe_training(theirs)
    theirs.hub.publish("training", content)
    run = Run.open(theirs.project.runs / "dream")
    info = run.info()
    assert (content["run"], content["current"], content["steps"]) == ("dream", True, info["steps"])
    assert content["status"] == info["status"] == "stopped at its time limit"
    assert content["sentence"] == info["doctor"]["sentence"]
    check_ups = content["check_ups"]
    assert len(check_ups) == info["doctor"]["check_ups"] >= 2
    assert [each["step"] for each in check_ups] == sorted(each["step"] for each in check_ups)
    assert all(each["kept"] for each in check_ups)
    assert sum(each["best"] for each in check_ups) == (run.best_checkpoint() is not None)
    for check_up in check_ups:
        assert [loop["seed"] for loop in check_up["loops"]] == [0, 1, 2, 3]
        assert 0 <= check_up["coverage"] <= 1
    heard = client.get(check_ups[-1]["loops"][3]["audio"])
    assert heard.headers["content-type"] == "audio/flac"
    audio, rate_hz = soundfile.read(io.BytesIO(heard.content))
    assert len(audio) == pytest.approx(8 * 60 / 120 * rate_hz, rel=0.02)
    part = client.get(check_ups[-1]["loops"][3]["audio"], headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"fLaC")
    assert "How it grew" in theirs.project.page.read_text("utf-8")
    assert theirs.project.page.read_text("utf-8").count("<audio") == 2 * min(4, len(check_ups))


def test_each_check_up_is_a_model_to_play_with(theirs: Studio, client: TestClient) -> None:
    run = Run.open(theirs.project.runs / "dream")
    first, *_ = [each["checkpoint"] for each in describe_training(theirs)["check_ups"]]
    for complete in run.checkpoints():
        if complete.name == first:
            shutil.rmtree(complete)  # as a training does after two more
    assert client.post("/api/play", json={"model": f"dream/{first}"}).status_code == 200
    made = client.post("/api/pads/0/new", json={}).json()["loop"]
    assert (made["run"], made["checkpoint"]) == ("dream", first)
    assert client.post("/api/pads/0/vary", json={"strength": 0.2}).status_code == 200
    models = describe_training(theirs)["models"]
    assert [model["id"] for model in models[1:]] == [
        f"dream/{path.name}" for path in reversed(run.playable_checkpoints())
    ]
    assert all(model["like"] == ["A"] for model in models[1:])
    assert sum("the best" in model["title"] for model in models) == (run.best_checkpoint() is not None)


def test_a_damaged_run_does_not_hide_the_others(theirs: Studio) -> None:
    damaged = theirs.project.runs / "dream-2"
    shutil.copytree(theirs.project.runs / "dream", damaged)
    (damaged / "run.json").write_text("{")
    kept = Run.open(theirs.project.runs / "dream").playable_checkpoints()
    (kept[0] / "state.json").unlink()  # which a training is just deleting
    content = describe_training(theirs)
    assert content["run"] == "dream"
    assert [model["id"] for model in content["models"][1:]] == [f"dream/{path.name}" for path in kept[:0:-1]]
    assert describe_sets(theirs)["expect"]


def test_what_it_took_is_part_of_what_to_expect(theirs: Studio) -> None:
    sentences = describe_sets(theirs)["expect"]
    assert any(sentence.startswith("A step took ") for sentence in sentences)
    assert not any("have changed" in sentence for sentence in sentences)
    write_set(theirs.project.sets / "B.wav", 20, 130)
    theirs.project.build()
    assert "The sets have changed since the last training" in describe_sets(theirs)["expect"][-1]
    content = describe_training(theirs)
    assert (content["run"], content["current"]) == ("dream", False)  # until another one has begun


@pytest.mark.parametrize(
    "path", ["step-1/x.flac", "..%2F..%2Frun.json/x", "step-000000001/..%2F..%2Frun.json", "x/y", "%00/%00"]
)
def test_nothing_but_samples_is_heard(path: str, theirs: Studio, client: TestClient) -> None:
    assert client.get(f"/api/samples/{path}").status_code == 404


def test_minutes_must_be_possible(client: TestClient) -> None:
    for minutes in (0, -1, "x", 1e9, None):
        assert client.post("/api/jobs/training", json={"minutes": minutes}).status_code == 422
    assert client.post("/api/jobs/training", content=b'{"minutes": NaN}').status_code in (415, 422)


def test_a_training_is_stopped_killed_and_gone_on_with(
    theirs: Studio, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = theirs.project.runs / "dream"
    jobs = theirs.jobs

    def begin() -> None:
        assert client.post("/api/jobs/training", json={"minutes": 600}).status_code == 200
        before = describe_training(theirs)["steps"]
        wait_until(lambda: describe_training(theirs)["steps"] > before)

    first = trained_so_far(folder)
    begin()
    told = jobs.states()["training"]
    assert (told["state"], told["step"], told["minutes"]) == ("running", "Training", 600)
    assert told["left_s"] == pytest.approx(600 * 60, rel=0.02)
    assert describe_training(theirs)["status"] == "running"
    refused = client.post("/api/sets/remove", json={"name": "A"})
    assert "a training learns from these sets" in refused.json()["error"]
    assert client.post("/api/jobs/training/stop", json={}).status_code == 200
    wait_until(lambda: state_of(jobs, "training") == "stopped")
    stopped = trained_so_far(folder)
    assert stopped.steps > first.steps and Run.open(folder).info()["status"] == "interrupted"

    begin()
    process = jobs._started["training"]
    process.kill()
    process.wait()
    kept = trained_so_far(folder)
    assert kept.steps > stopped.steps
    assert state_of(jobs, "training") == "lost"
    assert describe_training(theirs)["status"] == "interrupted"
    assert describe_training(theirs)["steps"] >= kept.steps

    # Fewer minutes than are over: it has but to make the loops.
    monkeypatch.setattr(module, "LOOPS", 2)
    run_job(theirs.project.folder, "training", {"minutes": 0.001}, work)
    told = Studio(theirs.project).jobs.states()["training"]
    assert told["state"] == "done", told
    assert told["result"]["run"] == "dream" and told["result"]["steps"] == kept.steps
    assert len(list(theirs.project.loops.glob("*.wav"))) == told["result"]["loops"] > 0
    assert "<audio" in theirs.project.page.read_text("utf-8")
