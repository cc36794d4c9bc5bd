import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mixdream import project_page
from mixdream.audio.resample import resample_loop
from mixdream.corpus.store import Corpus
from mixdream.generation.clips import make_clip, plan_clips
from mixdream.generation.generate import generate
from mixdream.generation.loops import make_loop, plan_loops
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from tests.generation.conftest import trained

SMALL = tuple(f"grid.{key}" for key in ("n_fft=256", "hop=64", "bins=128", "bands=2"))


@pytest.fixture(scope="module")
def stereo_run(stereo_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two bars in stereo, at 8 kHz to be quick."""
    folder = tmp_path_factory.mktemp("runs") / "stereo"
    return trained(folder, stereo_corpus, "gan", "grid.rate_hz=8000", *SMALL)


def test_loops_are_stereo_and_their_mono_sum_is_the_middle(stereo_run: Run, tmp_path: Path) -> None:
    (made,) = generate(stereo_run, tmp_path, Wish(count=1, keep_level=True, rate_hz=32_000))
    audio, rate_hz = soundfile.read(made["file"])
    plan = plan_loops(stereo_run, Wish())
    loop = make_loop(plan, 0)
    assert (rate_hz, audio.shape, made["channels"]) == (32_000, (made["samples"], 2), 2)
    middle = resample_loop(loop.audio, len(audio)) * 10 ** (made["gain_db"] / 20)
    assert np.abs(audio.mean(axis=1) - middle).max() < 3e-7, "to the last of 24 bits"
    assert np.abs(audio[:, 0] - audio[:, 1]).max() > 1e-3


def test_half_a_loop_and_a_clip_that_is_none_have_sides_too(stereo_run: Run) -> None:
    half = make_loop(plan_loops(stereo_run, Wish(bars=1)), 3)
    clip = make_clip(plan_clips(stereo_run, Wish()), 3)
    for one, samples in ((half, 16_384), (clip, 32_768)):
        assert one.side is not None and one.audio.shape == one.side.shape == (samples,)
        assert one.channels.shape == (2, samples) and np.isfinite(one.channels).all()


def test_no_width_is_mono(stereo_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_loops(stereo_run, Wish())
    image = plan.image(0)
    image[:, -1] = -1
    monkeypatch.setattr(type(plan), "image", lambda self, origin: image)
    loop = make_loop(plan, 0)
    assert loop.side is not None and not loop.side.any()
    assert torch.equal(torch.from_numpy(loop.channels[0]), torch.from_numpy(loop.channels[1]))


def test_the_music_on_the_page_of_stereo_loops_is_stereo_too(stereo_run: Run, stereo_corpus: Corpus) -> None:
    first = project_page._real_sounds(stereo_run, stereo_corpus)[0]
    content = base64.b64decode(first.audio.removeprefix("data:audio/flac;base64,"))
    audio, _ = soundfile.read(io.BytesIO(content))
    assert audio.shape[1] == 2 and np.abs(audio[:, 0] - audio[:, 1]).max() > 0.01
