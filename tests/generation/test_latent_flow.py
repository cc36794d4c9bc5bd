"""The main job with a latent flow: loops, variations, what is asked for, a share, and going on from it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from mixdream.corpus.store import Corpus
from mixdream.generation.continuation import continue_file
from mixdream.generation.generate import generate
from mixdream.generation.loops import make_loop, plan_loops
from mixdream.generation.origin import ConditionedSeed, Variation
from mixdream.generation.wish import Wish
from mixdream.runs.checkpoint import tensors_path
from mixdream.runs.run import Run
from mixdream.runs.share import share_run
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.train import train
from tests.conftest import tiny_recipe, write_set
from tests.generation.conftest import trained
from tests.generation.test_stereo import SMALL

OVERRIDES = ("grid.rate_hz=8000", "model.steps=4", *SMALL)


@pytest.fixture(scope="module")
def run(stereo_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs") / "latent", stereo_corpus, "cpu", *OVERRIDES)


def test_loops_are_functions_of_their_origins(run: Run) -> None:
    plan = plan_loops(run, Wish())
    seed, same, other = (make_loop(plan, number) for number in (3, 3, 4))
    assert np.array_equal(seed.channels, same.channels) and not np.allclose(seed.audio, other.audio)
    little, much = (make_loop(plan, Variation(of=3, number=1, strength=s)) for s in (0.05, 1.0))
    far = [np.abs(each.audio - seed.audio).mean() for each in (little, much)]
    assert 0 < far[0] < far[1]
    asked = make_loop(plan, ConditionedSeed(seed=3, brightness=0.9))
    assert not np.allclose(asked.audio, seed.audio)


def test_the_texture_of_a_loop_has_no_seam(run: Run) -> None:
    """Noise is that of a loop: another start is the same music, so the seam is no place of its own."""
    loops = [make_loop(plan_loops(run, Wish()), seed) for seed in range(4)]
    assert np.mean([loop.seam.ratio for loop in loops]) < 1.5


def test_a_shared_run_makes_the_same_loops_and_can_be_gone_on_from(
    run: Run, stereo_corpus: Corpus, tmp_path: Path
) -> None:
    shared = Run.open(share_run(run, tmp_path / "handed-on"))
    wish = Wish(inversion="random-phase")  # others make much of little
    ours, theirs = (make_loop(plan_loops(one, wish), 5).audio for one in (run, shared))
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(ours).max()
    recipe = tiny_recipe("cpu", "training.epochs=1", "training.learning_rate=1e-9", *OVERRIDES)
    train(recipe, stereo_corpus, tmp_path / "on", parent=shared)
    on = Run.open(tmp_path / "on")
    weights, known = (load_file(tensors_path(one.chosen_checkpoint(), "ema")) for one in (on, shared))
    seen = "running_mean", "running_var", "errors", "told"  # of batches, whatever the rate
    for name, value in known.items():
        if value.is_floating_point() and not name.endswith(seen):
            torch.testing.assert_close(weights[name], value, rtol=0, atol=1e-4, check_dtype=False)


def test_fewer_steps_of_the_sampler_are_other_loops(run: Run, tmp_path: Path) -> None:
    few = plan_loops(run.with_steps(1), Wish())
    assert not np.allclose(make_loop(few, 3).audio, make_loop(plan_loops(run, Wish()), 3).audio)
    (made,) = generate(run.with_steps(2), tmp_path, Wish(count=1))
    assert made["sampler_steps"] == 2


def test_a_file_is_gone_on_from_in_stereo(run: Run, tmp_path: Path) -> None:
    """At the model's own tempo and rate, so that nothing is resampled; one bar of two."""
    bpm = run.recipe.tempo_bpm
    assert bpm is not None
    path = write_set(tmp_path / "mine.wav", 16 * 60 / bpm, bpm, seed=9, stereo=True)
    clips = continue_file(run, path, tmp_path / "out", Wish(count=2, seed=3, bpm=bpm, rate_hz=8000))
    half = run.recipe.grid.clip_samples // 2
    end = soundfile.read(path)[0][-half:]
    first, second = (soundfile.read(clip["file"])[0] for clip in clips)
    assert first.shape == (2 * half, 2)
    grid = run.recipe.grid.model_copy(update={"frames": half // run.recipe.grid.hop - 3})
    middles = torch.from_numpy(np.stack([part.mean(1) for part in (end, first[:half], second[:half])]))
    rows = grid.bins - grid.overlap  # the highest are in no band
    levels = magnitudes(middles.float(), grid)[:, :rows].clamp(min=1e-4).log().flatten(1)
    assert torch.corrcoef(levels).min() > 0.9
    assert np.corrcoef(first[half:, 0], second[half:, 0])[0, 1] < 0.5, "other seeds go on in other ways"
