"""Runs that several tests look at; drawing takes longer than a tiny training, so only these draw."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixdream.corpus.store import Corpus
from mixdream.runs.run import Run
from mixdream.training.train import train
from tests.conftest import FEW, nothing_drawn, tiny_recipe

STEPS = 12  # 2 epochs of 24 windows in batches of 4
EPOCHS = "training.epochs=2"


def weights(run: Path) -> dict[str, bytes]:
    checkpoint = Run.open(run).latest_checkpoint()
    return {file.name: file.read_bytes() for file in checkpoint.glob("*.safetensors")}


def losses(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.fixture(scope="session")
def unbroken(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the recipe `cpu-8k` (Adam, averaged weights) that nothing interrupted."""
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    train(tiny_recipe("cpu-8k", *FEW, EPOCHS), corpus, run, seed=5)
    return run


@pytest.fixture(autouse=True)
def no_pictures() -> Iterator[None]:
    with nothing_drawn():
        yield
