import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from accelerate import Accelerator
from PIL import Image
from safetensors.torch import load_file

from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError, Interrupted, MixdreamError
from mixdream.runs.checkpoint import KEPT
from mixdream.runs.run import Run
from mixdream.training import dry_run
from mixdream.training.run_folder import only_training, trained_so_far
from mixdream.training.train import train
from tests.conftest import FAST, FEW, TINY, tiny_recipe, write_set
from tests.corpus.small import make_corpus
from tests.training.conftest import EPOCHS, STEPS, losses, weights


def test_a_run_holds_what_the_contract_says(unbroken: Path, corpus: Corpus) -> None:
    info = json.loads((unbroken / "run.json").read_text())
    assert info["status"] == "finished"
    assert (info["seed"], info["steps"], info["epochs"]) == (5, STEPS, 2)
    assert info["corpus"]["hash"] == corpus.hash
    assert info["convergence"]["verdict"]
    assert info["versions"]["torch"]
    assert [line["step"] for line in losses(unbroken)] == list(range(1, STEPS + 1))
    assert {p.name for p in (unbroken / "samples").iterdir()} == {"epoch-0001.png", "epoch-0002.png"}
    pictures = {p.name for p in (unbroken / "figures").iterdir()}
    assert pictures == {"losses.png", "real-and-generated.png", "single.png"}
    for picture in unbroken.rglob("*.png"):
        assert Image.open(picture).size[0] > 200
    checkpoint = Run.open(unbroken).latest_checkpoint()
    assert set(weights(unbroken)) == {
        f"{part}.safetensors"
        for part in (
            "generator",
            "discriminator",
            "ema",
            "optimizer_generator",
            "optimizer_discriminator",
        )
    }
    assert json.loads((checkpoint / "state.json").read_text())["step"] == STEPS
    assert not [p for p in unbroken.rglob("*") if p.suffix in (".pt", ".pth", ".pkl", ".bin")]


HELD = f"""
import time
from mixdream.cli.main import main
from mixdream.training.recorder import Recorder
after_step = Recorder.after_step
def held(recorder, values):
    after_step(recorder, values)
    time.sleep(600 * (recorder.step == {STEPS // 2}))
Recorder.after_step = held
main()
"""
"""The command line, with a training that comes no further than half its steps: a kill is before its end."""


def test_a_killed_process_goes_on_bit_identically(unbroken: Path, corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    overrides = [*TINY["dcgan"], *FAST, *FEW, EPOCHS, "training.checkpoint_minutes=0.0001"]
    options = [part for override in overrides for part in ("--set", override)]
    words = ["train", "cpu-8k", str(corpus.folder), "-o", str(run), "--seed", "5", *options]
    process = subprocess.Popen([sys.executable, "-c", HELD, *words], stderr=subprocess.PIPE, text=True)
    while trained_so_far(run).steps == 0:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=60)
    assert trained_so_far(run).steps < STEPS
    assert len(Run.open(run).checkpoints()) <= KEPT

    train(tiny_recipe("cpu-8k", *FEW, EPOCHS), corpus, run, resume=True)
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)


def test_a_run_that_is_told_of_its_windows_goes_on_bit_identically(corpus: Corpus, tmp_path: Path) -> None:
    """Descriptors are looked at in other batches, and images kept anew."""
    for folder, parts in (("whole", (2,)), ("parts", (1, 2))):
        for epochs in parts:
            recipe = tiny_recipe("cpu-8k", f"training.epochs={epochs}", "model.untold=0.3")
            train(recipe, corpus, tmp_path / folder, resume=epochs == parts[-1] and len(parts) > 1)
    assert weights(tmp_path / "whole") == weights(tmp_path / "parts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_step_and_nothing_is_lost(
    number: signal.Signals, unbroken: Path, corpus: Corpus, tmp_path: Path
) -> None:
    run, handler = tmp_path / "run", signal.getsignal(number)
    recipe = tiny_recipe("cpu-8k", *FEW, EPOCHS)
    with pytest.raises(Interrupted, match=r"stopped at step 1, nothing is lost; .* --resume goes on"):
        train(recipe, corpus, run, seed=5, report=lambda done, note: signal.raise_signal(number))
    assert signal.getsignal(number) is handler
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    steps, seconds = trained_so_far(run)
    assert steps == 1 and seconds > 0
    train(recipe, corpus, run, resume=True)
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)


def test_what_is_trained_already_is_known_before_a_run_is_there(tmp_path: Path) -> None:
    assert trained_so_far(tmp_path / "nowhere") == (0, 0.0)


def test_a_checkpoint_half_written_is_not_seen(unbroken: Path) -> None:
    partial = unbroken / "checkpoints" / ".step-000000099.partial"
    partial.mkdir()
    assert Run.open(unbroken).latest_checkpoint().name == f"step-{STEPS:09d}"
    partial.rmdir()


def test_a_time_limit_stops_and_more_epochs_go_on(corpus: Corpus, tmp_path: Path) -> None:
    info = train(tiny_recipe("thesis-3", EPOCHS), corpus, tmp_path / "run", minutes=1e-6)
    assert info["status"] == "stopped at its time limit"
    assert info["steps"] == 1
    longer = tiny_recipe("thesis-3", "training.epochs=3")
    info = train(longer, corpus, tmp_path / "run", resume=True)
    assert (info["status"], info["steps"]) == ("finished", 18)


def test_a_plan_says_when_it_ends(corpus: Corpus) -> None:
    plan = dry_run.plan_training(tiny_recipe("cpu-8k", EPOCHS), corpus)
    assert plan.steps == 2 * plan.steps_per_epoch and plan.seconds_per_step > 0
    assert plan.seconds_left() == pytest.approx(3600 * plan.hours)
    assert plan.seconds_left(steps_done=plan.steps - 1) == pytest.approx(plan.seconds_per_step)
    assert plan.seconds_left(minutes=1e-6) == pytest.approx(6e-5)
    assert plan.seconds_left(minutes=1e6, steps_done=plan.steps + 1) == 0


def test_a_dry_run_says_that_it_makes_the_copy_of_a_lower_rate(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path, {"a": 20 * 16_000}, rate_hz=16_000)
    notes: list[str] = []
    for _ in range(2):  # it is there the second time
        dry_run.plan_training(tiny_recipe("thesis-3"), corpus, report=lambda _, note: notes.append(note))
    assert notes == ["a at 8000 Hz"]


def test_folders_that_do_not_fit_are_refused_and_left_alone(
    unbroken: Path, corpus: Corpus, tmp_path: Path
) -> None:
    recipe = tiny_recipe("cpu-8k", *FEW, EPOCHS)
    before = weights(unbroken)
    with pytest.raises(InputError, match="is a run already: --resume goes on with it"):
        train(recipe, corpus, unbroken)
    with pytest.raises(InputError, match=r"2\.0 epochs already"):
        train(tiny_recipe("cpu-8k", *FEW, "training.epochs=1"), corpus, unbroken, resume=True)
    with pytest.raises(InputError, match=r"differs in training\.batch"):
        train(tiny_recipe("cpu-8k", *FEW, EPOCHS, "training.batch=8"), corpus, unbroken, resume=True)
    with pytest.raises(InputError, match="seed 5, not 6"):
        train(recipe, corpus, unbroken, seed=6, resume=True)
    with pytest.raises(InputError, match="there is no run"):
        train(recipe, corpus, tmp_path / "nowhere", resume=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").touch()
    for resume in (False, True):
        with pytest.raises(InputError, match="no run of mixdream"):
            train(recipe, corpus, tmp_path / "other", resume=resume)
        with pytest.raises(InputError, match="is a file"):
            train(recipe, corpus, tmp_path / "other" / "thesis.doc", resume=resume)
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["thesis.doc"]
    assert weights(unbroken) == before


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("checkpoints/step-000000012/generator.safetensors", b"junk", "is damaged"),
        ("checkpoints/step-000000012/generator.safetensors", None, "without generator"),
        ("checkpoints/step-000000012/state.json", b"{}", "is damaged"),
        ("checkpoints/step-000000012/state.json", None, "is damaged"),
        ("run.json", b"{", "missing or damaged"),
        ("run.json", None, "missing or damaged"),
        ("recipe.toml", b"[", "not valid TOML"),
    ],
)
def test_a_damaged_run_says_what_is_damaged(
    file: str, content: bytes | None, message: str, unbroken: Path, corpus: Corpus, tmp_path: Path
) -> None:
    run = shutil.copytree(unbroken, tmp_path / "run")
    if content is None:
        (run / file).unlink()
    else:
        (run / file).write_bytes(content)
    with pytest.raises(InputError, match=message):
        train(tiny_recipe("cpu-8k", *FEW, EPOCHS), corpus, run, resume=True)


def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    build_corpus([write_set(tmp_path / "short.wav", 5)], tmp_path / "corpus", jobs=1)
    with pytest.raises(InputError, match="1 windows are too few"):
        train(tiny_recipe("thesis-3", "windows.total=1"), Corpus.open(tmp_path / "corpus"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_training_that_blows_up_is_stopped(corpus: Corpus, tmp_path: Path) -> None:
    recipe = tiny_recipe("cpu-8k", *FEW, EPOCHS)
    broken = recipe.training.model_copy(update={"learning_rate": float("inf")})
    with pytest.raises(MixdreamError, match="not finite"):
        train(recipe.model_copy(update={"training": broken}), corpus, tmp_path / "run")
    for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines():
        assert "NaN" not in line


def test_two_processes_train_one_model(corpus: Corpus, unbroken: Path, tmp_path: Path) -> None:
    """Data-parallel on CPU (gloo) through accelerate's own launcher; two_processes.py is what is run."""
    launch = [
        *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
        *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
        *("--main_process_port", "0"),
    ]
    run = tmp_path / "run"
    done = subprocess.run(
        [*launch, "-m", "tests.training.two_processes", corpus.folder, unbroken, run],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is a run already") == 1
    result = json.loads(done.stdout)
    assert result["refused"] == 2
    # Two processes that see other data take the same step, the one of the mean gradient.
    assert result["largest_difference_between_processes"] == 0
    assert result["largest_difference_from_own_gradient"] > 1e-4
    assert result["largest_difference_from_mean_gradient"] < 1e-6
    assert result["largest_difference_with_penalties"] == 0
    info = result["info"]
    assert (info["status"], info["steps"], info["processes"]) == ("finished", 6, 2)
    assert len(losses(run)) == 6
    generator = load_file(Run.open(run).latest_checkpoint() / "generator.safetensors")
    assert all(value.isfinite().all() for value in generator.values())


def test_a_run_on_beats_keeps_its_scaling_and_tempo(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    info = train(tiny_recipe("loops"), corpus, run, minutes=1e-6)
    assert 115 < info["tempo_bpm"] < 145  # sets of 120 and 140 BPM
    statistics = Run.open(run).statistics()
    assert statistics is not None
    assert set(statistics.reference_db) == {"A", "B"}
    assert len(statistics.mean_db) == 128
    before = (run / "scaling.json").read_bytes()
    train(tiny_recipe("loops"), corpus, run, minutes=1e-6, resume=True)
    assert (run / "scaling.json").read_bytes() == before
    (run / "scaling.json").write_text("{}")
    with pytest.raises(InputError, match=r"scaling.json is damaged.*a run cannot do without it"):
        _ = Run.open(run).scaler


def test_one_training_at_a_time_in_a_run(corpus: Corpus, unbroken: Path) -> None:
    before = (unbroken / "metrics.jsonl").read_bytes()
    with (
        only_training(unbroken, Accelerator(cpu=True)),
        pytest.raises(InputError, match="is being trained by another process"),
    ):
        train(tiny_recipe("cpu-8k", *FEW, "training.epochs=99"), corpus, unbroken, resume=True)
    assert (unbroken / "metrics.jsonl").read_bytes() == before
    with only_training(unbroken, Accelerator(cpu=True)):  # the lock is gone
        pass
    assert unbroken.is_dir()


def test_a_lock_leaves_no_empty_folder(tmp_path: Path) -> None:
    with only_training(tmp_path / "new", Accelerator(cpu=True)):
        assert (tmp_path / "new").is_dir()
    assert not (tmp_path / "new").exists()
