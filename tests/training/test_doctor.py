import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.copies.verdict import RealNearest
from mixdream.generation.generate import generate
from mixdream.generation.wish import Wish
from mixdream.runs.checkpoint import save_checkpoint
from mixdream.runs.run import Run
from mixdream.training import diagnosis
from mixdream.training import doctor as doctors
from mixdream.training.diagnosis import CheckUp, Diagnosis, best_of
from mixdream.training.recorder import Examined
from mixdream.training.run_folder import trained_so_far
from mixdream.training.stopping import StopWatch
from mixdream.training.train import train
from tests.clock import Clock
from tests.conftest import tiny_recipe
from tests.evaluation.copies.test_watch import batches_of
from tests.evaluation.tunes import tune, tune_corpus
from tests.training.conftest import STEPS, losses, weights


def recipe(epochs: int = 2) -> Any:
    return tiny_recipe("thesis-3", f"training.epochs={epochs}", "training.ema=0.5", "training.optimizer=adam")


def check_ups(run: Path) -> list[CheckUp]:
    return [CheckUp(**each) for each in json.loads((run / "doctor.json").read_text())["history"]]


def always(patch: pytest.MonkeyPatch) -> None:
    """A check-up after every step, and a best one though it is all noise."""
    patch.setattr(diagnosis, "NOTHING", -1.0)
    patch.setattr(diagnosis, "MEMORISED", 1.0)
    for name in ("FIRST_S", "EVERY_S", "EVERY_SHARE"):
        patch.setattr(doctors, name, 0.0)
    patch.setattr(doctors, "APART", -1.0)


HEARD: list[tuple[int, str, torch.Tensor]] = []
CLOCK = Clock()  # of the training
STEP_S, HEARD_S = 3600.0, 7 * 86_400.0  # what a step and a hearing take by it


def hear(examined: Examined) -> None:
    """Make an image of the model as it is on the disk, slowly, and fail at the last step."""
    image = examined.run.load_generator(examined.checkpoint)(torch.ones(1, 8)).detach()
    CLOCK.now_s += HEARD_S
    HEARD.append((examined.check_up.step, examined.checkpoint.name, image))
    if examined.check_up.step == STEPS:
        raise OSError("no space left")


def a_step_is_done(_done: float, _note: str) -> None:
    CLOCK.now_s += STEP_S


@pytest.fixture(scope="module")
def examined(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a check-up after every step, each of which is heard."""
    run = tmp_path_factory.mktemp("runs") / "examined"
    with pytest.MonkeyPatch.context() as patch:
        always(patch)
        patch.setattr("mixdream.training.train.StopWatch", partial(StopWatch, clock=CLOCK))
        train(recipe(), corpus, run, seed=5, report=a_step_is_done, on_checkup=hear)
    return run


def test_check_ups_and_who_hears_them_change_no_weight(
    examined: Path, corpus: Corpus, tmp_path: Path
) -> None:
    train(recipe(), corpus, tmp_path / "run", seed=5)
    assert not (tmp_path / "run" / "doctor.json").exists()
    assert weights(tmp_path / "run") == weights(examined)
    assert losses(tmp_path / "run") == losses(examined)


def test_each_check_up_is_heard_with_its_own_checkpoint_and_an_error_ends_nothing(examined: Path) -> None:
    steps, names, images = zip(*HEARD, strict=True)
    assert steps == tuple(range(1, STEPS + 1))
    assert names == tuple(f"step-{step:09d}" for step in steps)
    assert all(not torch.equal(a, b) for a, b in pairwise(images))
    # Its time is no time of training, not even that of the one with the error.
    info = json.loads((examined / "run.json").read_text())
    trained = [json.loads(line)["seconds"] for line in (examined / "metrics.jsonl").read_text().splitlines()]
    assert [after - before for before, after in pairwise([*trained, info["seconds"]])] == [STEP_S] * STEPS
    assert (info["status"], info["on_checkup_error"]) == ("finished", "OSError: no space left")


def test_only_the_main_thread_takes_over_the_signals() -> None:
    """Python allows it to no other, where a page may start a training."""

    def watch() -> Any:
        with StopWatch(None, Accelerator(cpu=True)):
            return signal.getsignal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    assert watch() is not handler
    with ThreadPoolExecutor() as pool:
        assert pool.submit(watch).result() is handler


def test_a_watch_that_is_paused_counts_no_time() -> None:
    clock = Clock()
    watch = StopWatch(minutes=1, accelerator=Accelerator(cpu=True), clock=clock)
    clock.now_s = 20
    with watch.paused():
        clock.now_s += 300
    assert watch.seconds == 20 and watch.reason() is None
    clock.now_s += 39
    assert watch.seconds == 59 and watch.reason() is None
    clock.now_s += 1
    assert watch.reason() == "time" and watch.share == 1


def test_a_real_run_is_examined_and_its_best_checkpoint_kept(
    examined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch)
    history = check_ups(examined)
    assert [each.step for each in history] == list(range(1, STEPS + 1))
    summary = json.loads((examined / "run.json").read_text())["doctor"]
    assert summary.items() <= json.loads((examined / "doctor.json").read_text()).items()
    assert summary["sentence"].startswith(summary["verdict"])
    assert summary["check_ups"] == STEPS and summary["cost_s"] > 0
    best = best_of(history)
    assert best is not None
    run = Run.open(examined)
    assert run.best_checkpoint() == examined / "checkpoints" / f"step-{best.step:09d}"
    assert run.latest_checkpoint().name == f"step-{STEPS:09d}"
    assert len(run.checkpoints()) <= 3
    clip = generate(run, tmp_path, Wish(count=1))[0]
    assert (clip["checkpoint"], clip["best"]) == (f"step-{best.step:09d}", True)


def test_without_a_best_clips_are_made_with_the_newest(
    examined: Path, corpus: Corpus, tmp_path: Path
) -> None:
    train(recipe(1), corpus, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert run.best_checkpoint() is None
    assert run.chosen_checkpoint() == run.latest_checkpoint()
    assert generate(run, tmp_path / "clips", Wish(count=1))[0]["best"] is False
    (run.folder / "doctor.json").write_text('{"best": "step-000000099"}')
    assert run.chosen_checkpoint() == run.latest_checkpoint()
    (run.folder / "doctor.json").write_text("{")
    with pytest.raises(InputError, match=r"doctor.json is damaged .* delete it to use the newest"):
        run.chosen_checkpoint()
    with pytest.raises(InputError, match=r"doctor.json is damaged .* the doctor begins anew"):
        train(recipe(2), corpus, tmp_path / "run", resume=True)


def test_the_best_checkpoint_is_not_pruned(tmp_path: Path) -> None:
    for step in range(1, 7):
        save_checkpoint(tmp_path, step, {}, {}, best=None if step == 1 else "step-000000002")
    assert [p.name[-1] for p in sorted((tmp_path / "checkpoints").iterdir())] == ["2", "5", "6"]


class Killed(Exception):
    """What a test raises where a process could be killed."""


def test_a_kill_before_doctor_json_is_written_loses_one_check_up_and_no_checkpoint(
    examined: Path, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, at = tmp_path / "run", 3
    always(monkeypatch)
    # Each is the best so far: its checkpoint is written before doctor.json is.
    monkeypatch.setattr(doctors, "best_of", lambda history: history[-1] if history else None)
    write = doctors.write_json

    def killed(path: Path, content: dict[str, Any]) -> None:
        if content["history"][-1]["step"] == at:
            raise Killed
        write(path, content)

    monkeypatch.setattr(doctors, "write_json", killed)
    with pytest.raises(Killed):
        train(recipe(), corpus, run, seed=5)
    assert Run.open(run).best_checkpoint() == run / "checkpoints" / f"step-{at - 1:09d}"
    assert trained_so_far(run).steps == at

    monkeypatch.setattr(doctors, "write_json", write)
    train(recipe(), corpus, run, seed=5, resume=True)
    assert weights(run) == weights(examined)

    def figures(history: list[CheckUp]) -> list[tuple[Any, ...]]:
        return [(c.step, c.kd, c.coverage, c.copies) for c in history if c.step != at]

    assert [c.step for c in check_ups(run)] == [step for step in range(1, STEPS + 1) if step != at]
    assert figures(check_ups(run)) == figures(check_ups(examined))


def test_until_done_stops_by_the_doctor_s_word(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch)
    monkeypatch.setattr(
        doctors,
        "diagnose",
        lambda history: Diagnosis("stop" if len(history) == 4 else "keep going", f"{len(history)}"),
    )
    info = train(recipe(), corpus, tmp_path / "run", until_done=True)
    assert (info["status"], info["steps"]) == ("stopped by the doctor", 4)
    assert info["doctor"]["verdict"] == "stop"
    info = train(recipe(1), corpus, tmp_path / "other")
    assert (info["status"], info["steps"]) == ("finished", 6)


def test_check_ups_keep_their_distance_over_a_resume(examined: Path) -> None:
    """No torch needed: the clock of the run is what counts."""
    doctor = doctors.Doctor(examined, None, None, STEPS)  # type: ignore[arg-type]
    last = doctor.history[-1]
    for seconds, cost_s, between_s in ((100, 0.1, 20), (100, 4, 100), (50_000, 4, 1000)):
        doctor.history[-1] = replace(last, seconds=seconds, cost_s=cost_s)
        assert not doctor.due(seconds + cost_s + between_s - 0.01)
        assert doctor.due(seconds + cost_s + between_s + 0.01)
    cut = doctors.Doctor(examined, None, None, 5)  # type: ignore[arg-type]
    assert [each.step for each in cut.history] == [1, 2, 3, 4, 5]


def test_what_cannot_be_examined_is_trained_all_the_same(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctors, "FIRST_S", 0.0)
    monkeypatch.setattr(doctors, "APART", 0.0)
    few = tiny_recipe("thesis-3", "windows.total=12", "training.epochs=1")
    info = train(few, corpus, tmp_path / "run", until_done=True)
    assert info["status"] == "finished"
    assert info["doctor"]["sentence"].startswith("keep going: no check-up is possible: ")
    assert Run.open(tmp_path / "run").best_checkpoint() is None


def test_slow_samplers_are_first_examined_later(tmp_path: Path) -> None:
    """16 samples in 0.25 s: 256 would take 4 s, which a 25th of the time must not exceed."""
    clock = Clock()

    def slow(count: int) -> Any:
        clock.now_s += count / 64

    doctor = doctors.Doctor(tmp_path, None, slow, 0, clock)  # type: ignore[arg-type]
    assert not doctor.due(59.0)
    assert not doctor.due(99.9)
    assert doctor.due(100.0)


def test_a_training_too_short_for_check_ups_ends_with_one_that_takes_less_than_a_third(
    tmp_path: Path,
) -> None:
    """256 samples take 40 s; where they take none, a minute of training is the least."""
    clock = Clock()

    def slow(count: int) -> Any:
        clock.now_s += count / 6.4

    doctor = doctors.Doctor(tmp_path, None, slow, 0, clock)  # type: ignore[arg-type]
    assert not doctor.due_at_end(119.9) and doctor.due_at_end(120.1)
    quick = doctors.Doctor(tmp_path, None, torch.zeros, 0, clock)  # type: ignore[arg-type]
    assert not quick.due_at_end(59.9) and quick.due_at_end(60.0)


def test_the_best_checkpoint_of_check_ups_that_cannot_be_compared_is_kept(tmp_path: Path) -> None:
    old = {"step": 7, "epoch": 1.0, "seconds": 60.0, "losses": "converged", "kd": 9.0, "coverage": 0.7}
    (tmp_path / "doctor.json").write_text(json.dumps({"best": "step-000000007", "history": [old]}))
    doctor = doctors.Doctor(tmp_path, None, None, 9)  # type: ignore[arg-type]
    assert doctor.best == "step-000000007" and not doctor.history


def test_limits_of_copies_are_measured_by_a_search_before_a_model_is_said_to_memorise(tmp_path: Path) -> None:
    batches = batches_of(tune_corpus(tmp_path / "corpus", {name: tune(ord(name), 30) for name in "ABCDEF"}))
    clock, searches = Clock(), [RealNearest(np.zeros(50), np.zeros(50))]

    def search() -> RealNearest:
        clock.now_s += 100
        return searches.pop()

    def examining(limits: Callable[[], RealNearest] | None) -> doctors.Doctor:
        return doctors.Doctor(tmp_path, batches, windows, 0, clock, limits)

    def windows(count: int) -> torch.Tensor:
        return batches.images(np.arange(count))

    (tmp_path / "metrics.jsonl").touch()
    doctor = examining(search)
    found = [each.check_up(1, 0.1, 60.0, save) for each in (doctor, examining(None), examining(no_search))]
    copies = [None if check_up is None else check_up.copies for check_up in found]
    assert copies == [0, 1, 1], "windows themselves are copies, but where nothing is near enough"
    assert not searches and found[0] is not None and found[0].cost_s == 0
    again = doctor.check_up(2, 0.2, 120.0, save)
    assert again is not None and again.copies == 0


def save() -> None:
    pass


def no_search() -> RealNearest:
    raise InputError("too little music")
