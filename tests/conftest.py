"""What many tests stand on: a small corpus of music-like audio, made once."""

import gc
import os
import tempfile

# As the command line does; torch reads it when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Tests run side by side, and tiny networks spend more time on handing work to threads than on the work.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browsers import ARGS, CHROMIUM

# The process that hands out the tests reads this file, too, and those that training starts do: what takes
# long to import is imported where it is used.
if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from mixdream.corpus.store import Corpus
    from mixdream.recipes.recipe import Recipe

SHARED = "MIXDREAM_TESTS"
"""Variable of the environment: folder of what the processes of these tests share."""

TINY = {
    "dcgan": (
        "model.latent=8",
        "model.generator=[8,8,8,8,8]",
        "model.discriminator=[4,4,4,4,4]",
    ),
    "flow": ("model.width=64", "model.depth=1", "model.steps=2"),
    "latent-flow": (
        "model.patch=1",
        "model.latent=4",
        "model.encoder=[4,4,4,4,4]",
        "model.decoder=[4,4,4,4,4]",
        "model.crop=32",
        "model.width=64",
        "model.depth=1",
        "model.steps=2",
    ),
    "unet": (
        "model.channels=[8,8]",
        "model.attention_levels=0",
        "model.layers=1",
        "model.steps=2",
    ),
    "wavegan": ("model.latent=8", "model.width=2"),
}
FAST = ("training.batch=4", "training.precision=fp32")
# Windows of seconds instead of beats: 6 steps an epoch.
FEW = ("windows.seconds=4.2", "windows.total=24", "model.conditions=false", "model.untold=0")


def write_set(path: Path, seconds: float, bpm: float = 120.0, seed: int = 0, stereo: bool = False) -> Path:
    """A kick on every beat, a snare on every other, a chord a bar: music enough to have a beat and bars.

    In stereo the noise is another one on each side.
    """
    import soundfile

    rate_hz = 8000
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    beat = t % (60 / bpm)
    kick = np.sin(2 * np.pi * 55 * beat) * np.exp(-beat / 0.08)
    root_hz = np.array([220.0, 146.8, 164.8, 110.0])[(t // (240 / bpm)).astype(int) % 4]
    chord = sum(np.sin(2 * np.pi * ratio * root_hz * t) for ratio in (1, 1.26, 1.5)) / 3
    snare = rng.standard_normal(len(t)) * np.exp(-((t - 60 / bpm) % (120 / bpm)) / 0.05)
    audio = 0.6 * kick + 0.15 * chord + 0.08 * snare + 0.02 * rng.standard_normal(len(t))
    other = 0.05 * rng.standard_normal(len(t))
    soundfile.write(path, np.stack([audio + other, audio - other], 1) if stereo else audio, rate_hz)
    return path


def tiny_recipe(name: str, *overrides: str) -> "Recipe":
    """A built-in recipe at tiny width, with few windows."""
    from mixdream.recipes.load import load_recipe

    recipe = load_recipe(name)
    few = ("windows.total=24",) if recipe.windows.beats is None else ()
    return load_recipe(name, [*TINY[recipe.model.family], *FAST, *few, *overrides])


def pytest_configure(config: pytest.Config) -> None:
    """Make the shared folder, in the first process."""
    if SHARED not in os.environ:
        folder = tempfile.TemporaryDirectory()
        os.environ[SHARED] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import the tests: of what is imported nothing is garbage, so nobody looks for it, now or later."""
    import hypothesis

    # The same examples on every machine, however slow it is.
    hypothesis.settings.register_profile("mixdream", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mixdream")
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


@pytest.fixture(scope="session", autouse=True)
def little_is_drawn_and_measured() -> Iterator[None]:
    """Trainings draw 8 spectrograms instead of 64 and plans measure one step: tiny ones take less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mixdream.training.figures.GRID_OF", 8)
        patch.setattr("mixdream.training.dry_run._MEASURED_S", 0.0)
        yield


@contextmanager
def nothing_drawn() -> Iterator[None]:
    """Trainings draw nothing meanwhile: it takes longer than a tiny training."""
    from mixdream.training import figures

    with pytest.MonkeyPatch.context() as patch:
        for name in ("save_losses", "save_mosaic", "save_real_and_fake", "save_single"):
            patch.setattr(figures, name, lambda *_: None)
        yield


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> "Corpus":
    """Two sets of 20 s at 8 kHz."""
    from mixdream.corpus.build import build_corpus
    from mixdream.corpus.store import Corpus

    folder = tmp_path_factory.mktemp("corpus")
    sets = [write_set(folder / "A.wav", 20, 120, 0), write_set(folder / "B.wav", 20, 140, 1)]
    build_corpus(sets, folder / "built", rate_hz=8000, channels=1, jobs=1)
    return Corpus.open(folder / "built")


@pytest.fixture(scope="session")
def stereo_corpus(tmp_path_factory: pytest.TempPathFactory) -> "Corpus":
    """Two sets of 20 s at 32 kHz, stereo, as corpora are unless told otherwise."""
    from mixdream.corpus.build import build_corpus

    folder = tmp_path_factory.mktemp("stereo")
    sets = [write_set(folder / f"{bpm}.wav", 20, bpm, bpm, stereo=True) for bpm in (120, 140)]
    return build_corpus(sets, folder / "built", jobs=1).corpus


@pytest.fixture(scope="module")  # its event loop must end before other tests begin theirs
def browser() -> "Iterator[Browser]":
    """A browser for the tests of a file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))


@pytest.fixture
def context(browser: "Browser") -> "Iterator[BrowserContext]":
    """A window of its own."""
    opened = browser.new_context(viewport={"width": 1000, "height": 800})
    yield opened
    opened.close()
