import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.generation.continuation import continue_file
from mixdream.generation.wish import Wish
from mixdream.runs.ask import Ask
from mixdream.runs.run import Run
from mixdream.spectrogram.transform import magnitudes
from mixdream.training.train import train
from tests.conftest import nothing_drawn, tiny_recipe, write_set

BPM = 120.0


@pytest.fixture
def run(flow_run: Run) -> Run:
    return flow_run


def test_the_first_half_is_the_end_of_the_file(run: Run, tmp_path: Path) -> None:
    """At the model's own tempo and rate, so that nothing is resampled; one bar of two."""
    bpm = run.recipe.tempo_bpm
    assert bpm is not None
    path = write_set(tmp_path / "mine.wav", 16 * 60 / bpm, bpm, seed=9)
    clips = continue_file(run, path, tmp_path / "out", Wish(count=2, seed=3, bpm=bpm, rate_hz=8000))
    half = run.recipe.grid.clip_samples // 2
    end = soundfile.read(path)[0][-half:]
    made = [soundfile.read(clip["file"])[0] for clip in clips]
    short = run.recipe.grid.model_copy(update={"frames": half // run.recipe.grid.hop - 3})
    real, first, second = (
        magnitudes(torch.from_numpy(audio[:half].astype(np.float32)), short).clamp(min=1e-4).log().flatten()
        for audio in (end, *made)
    )
    assert torch.corrcoef(torch.stack([real, first, second])).min() > 0.9
    after = [magnitudes(torch.from_numpy(audio[half:].astype(np.float32)), short).flatten() for audio in made]
    assert torch.corrcoef(torch.stack(after))[0, 1] < 0.9, "other seeds go on in other ways"
    assert [Path(clip["file"]).name for clip in clips] == ["flow_mine+3.wav", "flow_mine+4.wav"]
    beside = json.loads(Path(clips[0]["file"]).with_suffix(".json").read_text())
    assert beside["continues"] == {"file": "mine.wav", "seed": 3, "new_from_s": half / 8000}


def test_other_music_can_be_asked_for(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    path = write_set(tmp_path / "loop.wav", 8, BPM)
    options: dict[str, Any] = {"count": 1, "seed": 3, "bpm": BPM, "rate_hz": 8000}
    plain, like = (
        continue_file(run, path, tmp_path / "out", Wish(ask=Ask(like=name), **options))[0]
        for name in (None, "B")
    )
    assert Path(like["file"]).name == "flow_loop+3(B).wav" and like["like"] == "B" and "like" not in plain
    assert Path(like["file"]).read_bytes() != Path(plain["file"]).read_bytes()
    with pytest.raises(InputError, match="no windows of a set called 'D'"):
        continue_file(run, path, tmp_path / "out", Wish(ask=Ask(like="D"), **options))


def test_a_flow_without_conditions_goes_on_all_the_same(corpus: Corpus, tmp_path: Path) -> None:
    with nothing_drawn():
        train(tiny_recipe("flow-8k", "training.epochs=1"), corpus, tmp_path / "plain")
    plain, path = Run.open(tmp_path / "plain"), write_set(tmp_path / "loop.wav", 8, BPM)
    assert len(continue_file(plain, path, tmp_path / "out", Wish(count=1, bpm=BPM))) == 1
    with pytest.raises(InputError, match="has learnt no conditions"):
        continue_file(plain, path, tmp_path / "out", Wish(ask=Ask(energy=0.1), bpm=BPM))


def test_the_tempo_of_a_loop_is_known(run: Run, tmp_path: Path) -> None:
    path = write_set(tmp_path / "loop.wav", 8, BPM)
    with pytest.raises(InputError, match=r"the tempo of '.*loop.wav' is not known: give --bpm"):
        continue_file(run, path, tmp_path / "out", Wish(count=1))
    path.with_suffix(".json").write_text(json.dumps({"bpm": BPM}))
    clip = continue_file(run, path, tmp_path / "out", Wish(count=1, rate_hz=8000))[0]
    assert clip["bpm"] == BPM
    assert clip["seconds"] == pytest.approx(8 * 60 / BPM, abs=1e-3)


def test_what_cannot_be_gone_on_from(run: Run, bars_run: Run, tmp_path: Path) -> None:
    short = write_set(tmp_path / "short.wav", 1.0)
    with pytest.raises(InputError, match=r"lasts 1.00 s, but 2.\d\d s of it"):
        continue_file(run, short, tmp_path / "out", Wish(bpm=BPM))
    soundfile.write(silent := tmp_path / "silent.wav", np.zeros(80_000), 8000)
    with pytest.raises(InputError, match="ends in silence"):
        continue_file(run, silent, tmp_path / "out", Wish(bpm=BPM))
    with pytest.raises(InputError, match="makes whole clips at once; train one that has a flow"):
        continue_file(bars_run, short, tmp_path / "out", Wish(bpm=BPM))


def test_steps_of_the_sampler_can_be_chosen(run: Run, bars_run: Run, tmp_path: Path) -> None:
    path = write_set(tmp_path / "loop.wav", 8, BPM)
    clip = continue_file(run.with_steps(3), path, tmp_path / "out", Wish(count=1, bpm=BPM))[0]
    assert clip["sampler_steps"] == 3
    generator = run.with_steps(3).load_generator(run.chosen_checkpoint())
    assert len(generator.levels()) == 4  # type: ignore[operator]
    with pytest.raises(InputError, match="has no sampler"):
        bars_run.with_steps(3)
