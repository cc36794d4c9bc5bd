"""What is made with a model of waveforms: its samples as they are, and what it cannot do in one line."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mixdream.analysis.seam import seam_score
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.ceiling import measure_ceiling
from mixdream.evaluation.collection import sample_run
from mixdream.generation.continuation import continue_file
from mixdream.generation.generate import generate
from mixdream.generation.loops import make_loop, plan_loops
from mixdream.generation.origin import Variation
from mixdream.generation.wish import Wish
from mixdream.recipes.windows import training_windows
from mixdream.runs.ask import Ask
from mixdream.runs.noise import draw_noise
from mixdream.runs.run import Run
from mixdream.runs.share import share_run
from tests.conftest import write_set
from tests.generation.conftest import trained


@pytest.fixture(scope="module")
def run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("runs") / "waves", corpus, "wavegan")


def waveform(run: Run, seed: int) -> np.ndarray:
    generator = run.load_generator(run.chosen_checkpoint())
    with torch.no_grad():
        return generator(draw_noise(run.recipe, seed))[0, 0, 0].numpy()


def test_a_loop_is_what_the_generator_makes(run: Run) -> None:
    loop = make_loop(plan_loops(run, Wish()), 7)
    assert np.array_equal(loop.audio, waveform(run, 7))
    assert loop.seam == seam_score(loop.audio, run.recipe.grid.rate_hz)
    bar = make_loop(plan_loops(run, Wish(bars=1)), 7)
    assert np.array_equal(bar.audio, loop.audio[: len(loop.audio) // 2])


def test_loops_and_variations_are_written(run: Run, tmp_path: Path) -> None:
    (made,) = generate(run, tmp_path, Wish(count=1))
    assert made["inversion"] == "none" and made["bars"] == 2 and made["seam"]["ratio"] > 0
    plan = plan_loops(run, Wish())
    seed = make_loop(plan, 3)
    little, much = (make_loop(plan, Variation(of=3, number=1, strength=s)) for s in (0.02, 1.0))
    far = [np.abs(each.audio - seed.audio).mean() for each in (little, much)]
    assert 0 < far[0] < far[1]


def test_a_shared_run_makes_the_same_loops(run: Run, tmp_path: Path) -> None:
    shared = Run.open(share_run(run, tmp_path / "handed-on"))
    ours, theirs = waveform(run, 5), waveform(shared, 5)
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(ours).max()


def test_what_it_cannot_do_is_refused_in_a_line(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="makes waveforms, which take no inversion: leave --inversion pghi"):
        generate(run, tmp_path, Wish(count=1, inversion="pghi"))
    with pytest.raises(InputError, match="learnt no conditions"):
        generate(run, tmp_path, Wish(count=1, ask=Ask(brightness=0.5)))
    with pytest.raises(InputError, match="has no sampler"):
        run.with_steps(4)
    with pytest.raises(InputError, match="cannot go on from a file"):
        continue_file(run, write_set(tmp_path / "mine.wav", 8), tmp_path, Wish(bpm=120))
    with pytest.raises(InputError, match="wavegan is of waveforms, which lose nothing"):
        measure_ceiling(corpus, tmp_path, {"wavegan": run.recipe.grid})


def test_evaluation_hears_the_samples_and_takes_nothing_from_music(run: Run, corpus: Corpus) -> None:
    sampled = sample_run(run, 3, 5)
    np.testing.assert_allclose(sampled.audio[0, :, 0], waveform(run, 5), atol=1e-5)
    assert sampled.spectrograms is not None and not sampled.spectrograms.errors.any()
    windows = training_windows(run.recipe, corpus)
    real = windows.read([0, 1], mono=False)
    passed, errors = sampled.spectrograms.voice.passed(real, ["A", "A"])
    lead = run.recipe.grid.lead
    assert np.array_equal(passed, real[:, lead : lead + run.recipe.grid.clip_samples])
    assert not errors.any()
