"""The documented launch on two machines, as two processes of one that meet over loopback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixdream.corpus.store import Corpus
from mixdream.runs.run import Run
from mixdream.training.run_folder import trained_so_far
from tests.cli.test_main import mixdream
from tests.conftest import FAST, FEW, TINY
from tests.training.conftest import losses, weights

OVERRIDES = [word for override in (*TINY["dcgan"], *FAST, *FEW) for word in ("--set", override)]


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def launch(machine: int, port: int, folder: Path, *words: str) -> subprocess.Popen[str]:
    """What docs/commands.md says to type on each machine, in a folder of its own."""
    folder.mkdir()
    torchrun = [
        *(sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"),
        *("--node-rank", str(machine), "--master-addr", "127.0.0.1", "--master-port", str(port)),
    ]
    return subprocess.Popen(
        [*torchrun, "-m", "mixdream", *words],
        cwd=folder,
        env={**os.environ, "GLOO_SOCKET_IFNAME": "lo"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_machines_train_one_run_and_one_goes_on_with_it(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", "cpu-8k", str(corpus.folder), "-o", "run", *OVERRIDES, "--set", "training.epochs=1"]
    port = free_port()
    machines = [launch(i, port, tmp_path / f"machine-{i}", *words) for i in (0, 1)]
    said = [machine.communicate(timeout=300) for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], said
    assert said[0][0].startswith("run: finished after 6 steps") and said[1][0] == ""

    # The first machine writes; the other one's disk stays as it was.
    run = tmp_path / "machine-0" / "run"
    assert not list((tmp_path / "machine-1").iterdir())
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-000000006"]
    assert len(losses(run)) == 6
    before = json.loads((run / "run.json").read_text())
    assert before["processes"] == 2 and "not_identical" not in before

    first = weights(run)
    done = mixdream(
        "train", "cpu-8k", corpus.folder, "-o", run, *OVERRIDES, "--set", "training.epochs=2", "--resume"
    )
    assert done.returncode == 0, done.stderr
    note = done.stdout.splitlines()[0]
    assert note.startswith("note: from step 6 on trained by 1 process(es), before by 2: ")
    assert "not bit-identical" in note
    info = json.loads((run / "run.json").read_text())
    assert (info["steps"], info["processes"]) == (12, 1) and info["not_identical"] in note
    assert [line["step"] for line in losses(run)] == list(range(1, 13))
    assert trained_so_far(run).steps == 12 and weights(run) != first
    assert np.isfinite([line["loss_d"] for line in losses(run)]).all()
    assert Run.open(run).latest_checkpoint().name == "step-000000012"


def test_what_is_wrong_on_a_machine_is_said_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = ("train", "cpu-8k", tmp_path / "not-mounted", "-o", tmp_path / "run")
    for rank, local, lines in (("1", "0", 1), ("1", "1", 0), ("0", "0", 1)):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("LOCAL_RANK", local)
        done = mixdream(*words)
        assert done.returncode == 2 and done.stdout == ""
        assert len(done.stderr.splitlines()) == lines
