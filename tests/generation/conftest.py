"""Tiny runs that the tests of a session share: trained once, for an epoch, and never written to."""

from pathlib import Path

import pytest

from mixdream.corpus.store import Corpus
from mixdream.runs.run import Run
from mixdream.training.train import train
from tests.conftest import FEW, nothing_drawn, tiny_recipe


def trained(folder: Path, corpus: Corpus, recipe: str, *overrides: str) -> Run:
    with nothing_drawn():
        train(tiny_recipe(recipe, "training.epochs=1", *overrides), corpus, folder)
    return Run.open(folder)


@pytest.fixture(scope="session")
def bars_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two bars, no conditions."""
    return trained(tmp_path_factory.mktemp("runs") / "bars", corpus, "loops")


@pytest.fixture(scope="session")
def asked_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two bars and conditions."""
    return trained(tmp_path_factory.mktemp("runs") / "asked", corpus, "cpu-8k")


@pytest.fixture(scope="session")
def seconds_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Windows of seconds."""
    return trained(tmp_path_factory.mktemp("runs") / "seconds", corpus, "cpu-8k", *FEW)


@pytest.fixture(scope="session")
def flow_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A flow in eight steps, with conditions."""
    conditions = ("model.conditions=true", "model.untold=0.3")
    return trained(tmp_path_factory.mktemp("runs") / "flow", corpus, "flow-8k", "model.steps=8", *conditions)
