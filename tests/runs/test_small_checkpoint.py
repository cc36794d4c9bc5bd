import shutil
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mixdream.errors import InputError
from mixdream.generation.loops import plan_loops
from mixdream.generation.wish import Wish
from mixdream.runs.checkpoint import checkpoint_name, load_state, step_of
from mixdream.runs.run import Run
from mixdream.runs.small_checkpoint import keep_small


@pytest.fixture
def run(asked_run: Run, tmp_path: Path) -> Run:
    shutil.copytree(asked_run.folder, tmp_path / "run")
    return Run.open(tmp_path / "run")


def as_of(run: Run, step: int) -> Path:
    """The checkpoint, as if it were of another step."""
    (checkpoint,) = run.checkpoints()
    return checkpoint.rename(checkpoint.with_name(checkpoint_name(step)))


def test_a_checkpoint_that_is_deleted_makes_the_same_clips_but_for_rounding(run: Run) -> None:
    (checkpoint,) = run.checkpoints()
    before = plan_loops(run, Wish(), checkpoint).image(3)
    state = load_state(checkpoint)
    small = keep_small(run, checkpoint)
    assert run.playable_checkpoints() == [checkpoint]  # exact, while it is there
    shutil.rmtree(checkpoint)
    assert run.playable_checkpoints() == [small] and run.checkpoints() == []
    after = plan_loops(run, Wish(), small).image(3)
    assert 0 < (after - before).abs().max() < 0.05 * before.std()
    told = load_state(small)
    assert (told["step"], told["seconds"]) == (state["step"], state["seconds"])
    (weights,) = small.glob("*.safetensors")
    assert {str(value.dtype) for value in load_file(weights).values()} <= {"torch.float16", "torch.int64"}


def test_those_that_are_left_are_spread_over_the_training(run: Run) -> None:
    one = sum(file.stat().st_size for file in keep_small(run, as_of(run, 100)).iterdir())
    for number in range(2, 41):
        keep_small(run, as_of(run, 100 * number), most_bytes=round(8.5 * one))
        kept = [step_of(path) for path in run.small_checkpoints()]
        assert kept[0] == 100 and kept[-1] == 100 * number and len(kept) == min(number, 8)
    gaps = [after - before for before, after in pairwise(kept)]
    assert max(gaps) <= 3 * 3900 / len(gaps)


def test_a_broken_model_is_not_kept(run: Run) -> None:
    (checkpoint,) = run.checkpoints()
    generator = run.load_generator(checkpoint)
    with torch.no_grad():
        next(generator.parameters()).fill_(1e9)
    broken = {name: value.contiguous() for name, value in generator.state_dict().items()}
    save_file(broken, checkpoint / f"{run.clip_part}.safetensors")
    with pytest.raises(InputError, match="does not fit half precision"):
        keep_small(run, checkpoint)
    assert run.small_checkpoints() == []
