import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from mixdream.demo.specs import SET_SPECS
from mixdream.errors import InputError
from mixdream.generation.clips import plan_clips
from mixdream.generation.generate import generate
from mixdream.generation.similarity import corpus_of
from mixdream.generation.wish import Wish
from mixdream.runs.ask import Ask
from mixdream.runs.run import Run
from mixdream.runs.share import share_run


@pytest.fixture
def run(asked_run: Run) -> Run:
    return asked_run


def test_a_shared_run_makes_the_same_clips_but_for_rounding(run: Run, tmp_path: Path) -> None:
    shared = Run.open(share_run(run, tmp_path / "handed-on"))
    wish = Wish(count=2, inversion="random-phase")
    ours, theirs = (generate(one, tmp_path / one.name, wish) for one in (run, shared))
    assert [loop["bpm"] for loop in ours] == [loop["bpm"] for loop in theirs]
    assert theirs[0]["file"].startswith(str(tmp_path / "handed-on" / "handed-on_0_"))
    for a, b in zip(ours, theirs, strict=True):
        x, y = (np.abs(np.fft.rfft(soundfile.read(one["file"])[0])) for one in (a, b))
        assert np.corrcoef(x, y)[0, 1] > 0.99
    # Phases that are read off the levels of a model after one epoch would hang on the last digit.
    ours_made, theirs_made = (
        torch.cat([plan_clips(one, Wish()).image(seed) for seed in (0, 1)]) for one in (run, shared)
    )
    assert (ours_made - theirs_made).abs().max() < 0.05 * ours_made.std()


def test_it_holds_half_precision_and_no_names_or_places(run: Run, tmp_path: Path) -> None:
    folder = share_run(run, tmp_path / "handed-on")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".toml", ".json", ".safetensors"}
    weights = load_file(next(path for path in files if path.suffix == ".safetensors"))
    assert {str(value.dtype) for value in weights.values()} <= {"torch.float16", "torch.int64"}
    words = "".join(path.read_text("utf-8") for path in files if path.suffix != ".safetensors")
    corpus = run.info()["corpus"]["folder"]
    assert corpus not in words and json.dumps("A") not in words  # the first set is called A
    with pytest.raises(InputError, match="came without the corpus"):
        corpus_of(Run.open(folder))


def test_it_does_not_write_over_anything(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is there already"):
        share_run(run, tmp_path)


def test_the_model_that_comes_with_mixdream_makes_loops_without_a_corpus(tmp_path: Path) -> None:
    run = Run.pretrained()
    assert sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file()) < 8e6
    loops = generate(run, tmp_path, Wish(count=2))
    loops += generate(run, tmp_path, Wish(count=1, ask=Ask(like="techno-0", energy=0.9)))
    for loop in loops:
        audio, rate_hz = soundfile.read(loop["file"])
        assert len(audio) == round(8 * 60 / loop["bpm"] * rate_hz)
        assert not loop["silent"] and np.abs(audio).max() <= 10 ** (-1 / 20) + 1e-3


def test_the_card_of_the_model_that_comes_with_mixdream_names_its_music() -> None:
    run = Run.pretrained()
    card = re.sub(r"\W", "", (run.folder.parent / "CARD.md").read_text("utf-8")).lower()
    assert run.conditions is not None
    for name in run.conditions.sets:
        artist = re.sub(r"[-_]", "", name.split("_")[0])
        assert re.sub(r"-\d$", "", name) in SET_SPECS or artist in card
