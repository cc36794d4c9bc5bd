import json
import os
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
from mixdream.runs.run import Run
from mixdream.training.run_folder import only_training
from mixdream.training.train import train
from tests.conftest import FAST, FEW, TINY, tiny_recipe, write_set

STEPS = 18  # 3 epochs of 24 windows in batches of 4
EPOCHS = "training.epochs=3"


def weights(run: Path) -> dict[str, bytes]:
    checkpoint = Run.open(run).latest_checkpoint()
    return {file.name: file.read_bytes() for file in checkpoint.glob("*.safetensors")}


def losses(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.fixture(scope="module")
def unbroken(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the recipe `cpu` (Adam, averaged weights) that nothing interrupted."""
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    train(tiny_recipe("cpu", *FEW, EPOCHS), corpus, run, seed=5)
    return run


def test_a_run_holds_what_the_contract_says(unbroken: Path, corpus: Corpus) -> None:
    info = json.loads((unbroken / "run.json").read_text())
    assert info["status"] == "finished"
    assert (info["seed"], info["steps"], info["epochs"]) == (5, STEPS, 3)
    assert info["corpus"]["hash"] == corpus.hash
    assert info["convergence"]["verdict"]
    assert info["versions"]["torch"]
    assert [line["step"] for line in losses(unbroken)] == list(range(1, STEPS + 1))
    assert {p.name for p in (unbroken / "samples").iterdir()} == {f"epoch-{e:04d}.png" for e in (1, 2, 3)}
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


def command(corpus: Corpus, run: Path, *more: str) -> list[str]:
    overrides = [*TINY["dcgan"], *FAST, *FEW, EPOCHS, "training.checkpoint_minutes=0.0001"]
    options = [part for override in overrides for part in ("--set", override)]
    return [
        sys.executable, "-m", "mixdream", "train", "cpu", str(corpus.folder), "-o", str(run), "--seed", "5",
        *options, *more,
    ]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_process_goes_on_bit_identically(
    number: signal.Signals, unbroken: Path, corpus: Corpus, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(command(corpus, run), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (run / "checkpoints").is_dir() or not Run(run, tiny_recipe("cpu", *FEW)).checkpoints():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(number)
    message = process.communicate(timeout=60)[1]
    if number != signal.SIGKILL:
        assert process.returncode == 1
        assert message.strip().splitlines()[-1].endswith("--resume goes on")
        assert "Traceback" not in message
    done = Run.open(run).latest_checkpoint().name
    assert done < f"step-{STEPS:09d}", "the process was faster than the kill"

    subprocess.run(command(corpus, run, "--resume"), check=True, capture_output=True)
    assert weights(run) == weights(unbroken)
    assert losses(run) == losses(unbroken)


def test_a_checkpoint_half_written_is_not_seen(unbroken: Path) -> None:
    partial = unbroken / "checkpoints" / ".step-000000099.partial"
    partial.mkdir()
    assert Run.open(unbroken).latest_checkpoint().name == f"step-{STEPS:09d}"
    partial.rmdir()


def test_a_time_limit_stops_and_more_epochs_go_on(corpus: Corpus, tmp_path: Path) -> None:
    info = train(tiny_recipe("thesis-3", EPOCHS), corpus, tmp_path / "run", minutes=1e-6)
    assert info["status"] == "stopped at its time limit"
    assert info["steps"] == 1
    longer = tiny_recipe("thesis-3", "training.epochs=4")
    info = train(longer, corpus, tmp_path / "run", resume=True)
    assert (info["status"], info["steps"]) == ("finished", 24)


def test_ctrl_c_says_how_to_go_on(corpus: Corpus, tmp_path: Path) -> None:
    sent: list[bool] = []

    def interrupt(done: float, note: str) -> None:
        if not sent:
            sent.append(True)
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match="stopped at step 2, nothing is lost"):
        train(tiny_recipe("thesis-3", EPOCHS), corpus, tmp_path / "run", report=interrupt)
    assert signal.getsignal(signal.SIGINT) is handler
    assert Run.open(tmp_path / "run").latest_checkpoint().name == "step-000000002"


def test_old_checkpoints_go(corpus: Corpus, tmp_path: Path) -> None:
    train(tiny_recipe("thesis-3", EPOCHS, "training.checkpoint_minutes=1e-6"), corpus, tmp_path / "run")
    kept = [p.name for p in Run.open(tmp_path / "run").checkpoints()]
    assert kept == [f"step-{step:09d}" for step in (STEPS - 1, STEPS)]


def test_folders_that_do_not_fit_are_refused_and_left_alone(
    unbroken: Path, corpus: Corpus, tmp_path: Path
) -> None:
    recipe = tiny_recipe("cpu", *FEW, EPOCHS)
    before = weights(unbroken)
    with pytest.raises(InputError, match="is a run already: --resume goes on with it"):
        train(recipe, corpus, unbroken)
    with pytest.raises(InputError, match=r"3\.0 epochs already"):
        train(tiny_recipe("cpu", *FEW, "training.epochs=1"), corpus, unbroken, resume=True)
    with pytest.raises(InputError, match=r"differs in training\.batch"):
        train(tiny_recipe("cpu", *FEW, EPOCHS, "training.batch=8"), corpus, unbroken, resume=True)
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
        ("checkpoints/step-000000018/generator.safetensors", b"junk", "is damaged"),
        ("checkpoints/step-000000018/generator.safetensors", None, "without generator"),
        ("checkpoints/step-000000018/state.json", b"{}", "is damaged"),
        ("checkpoints/step-000000018/state.json", None, "is damaged"),
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
        train(tiny_recipe("cpu", *FEW, EPOCHS), corpus, run, resume=True)


def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    build_corpus([write_set(tmp_path / "short.wav", 5)], tmp_path / "corpus", jobs=1)
    with pytest.raises(InputError, match="1 windows are too few"):
        train(tiny_recipe("thesis-3", "windows.total=1"), Corpus.open(tmp_path / "corpus"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_training_that_blows_up_is_stopped(corpus: Corpus, tmp_path: Path) -> None:
    recipe = tiny_recipe("cpu", *FEW, EPOCHS)
    broken = recipe.training.model_copy(update={"learning_rate": float("inf")})
    with pytest.raises(MixdreamError, match="not finite"):
        train(recipe.model_copy(update={"training": broken}), corpus, tmp_path / "run")
    for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines():
        assert "NaN" not in line


def test_gradients_are_averaged_over_processes() -> None:
    """Two processes that see other data take the same step, the one of the mean gradient."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launch, "-m", "tests.training.two_processes"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["largest_difference_between_processes"] == 0
    assert result["largest_difference_from_own_gradient"] > 1e-4
    assert result["largest_difference_from_mean_gradient"] < 1e-6
    assert result["largest_difference_with_penalties"] == 0


def test_two_processes_train_one_model(corpus: Corpus, tmp_path: Path) -> None:
    """Data-parallel on CPU (gloo) through accelerate's own launcher."""
    run = tmp_path / "run"
    launch = [
        *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
        *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
        *("--main_process_port", "0"),
    ]
    module = ["-m", "mixdream", *command(corpus, run)[3:], "--json"]
    done = subprocess.run([*launch, *module], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    assert (info["status"], info["steps"], info["processes"]) == ("finished", STEPS, 2)
    assert len(losses(run)) == STEPS
    generator = load_file(Run.open(run).latest_checkpoint() / "generator.safetensors")
    assert all(value.isfinite().all() for value in generator.values())

    wrong = subprocess.run([*launch, *module], capture_output=True, text=True, check=False, timeout=180)
    assert wrong.returncode != 0
    assert wrong.stderr.count("is a run already") == 1


def test_a_run_on_beats_keeps_its_scaling_and_tempo(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    info = train(tiny_recipe("loops", "training.epochs=1"), corpus, run)
    assert 115 < info["tempo_bpm"] < 145  # sets of 120 and 140 BPM
    statistics = Run.open(run).statistics()
    assert statistics is not None
    assert set(statistics.reference_db) == {"A", "B"}
    assert len(statistics.mean_db) == 128
    before = (run / "scaling.json").read_bytes()
    train(tiny_recipe("loops", "training.epochs=2"), corpus, run, resume=True)
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
        train(tiny_recipe("cpu", *FEW, "training.epochs=99"), corpus, unbroken, resume=True)
    assert (unbroken / "metrics.jsonl").read_bytes() == before
    with only_training(unbroken, Accelerator(cpu=True)):  # the lock is gone
        pass
    assert unbroken.is_dir()


def test_a_lock_leaves_no_empty_folder(tmp_path: Path) -> None:
    with only_training(tmp_path / "new", Accelerator(cpu=True)):
        assert (tmp_path / "new").is_dir()
    assert not (tmp_path / "new").exists()
