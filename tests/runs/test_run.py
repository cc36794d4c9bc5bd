from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mixdream.errors import InputError
from mixdream.runs.run import Run
from tests.conftest import tiny_recipe


def test_the_averaged_generator_is_used_where_there_is_one(bars_run: Run) -> None:
    checkpoint = bars_run.latest_checkpoint()
    plain = Run(
        bars_run.folder,
        bars_run.recipe.model_copy(update={"training": tiny_recipe("thesis-3").training}),
    )
    for run, part in ((bars_run, "ema"), (plain, "generator")):
        used = run.load_generator(checkpoint).state_dict()
        written = load_file(checkpoint / f"{part}.safetensors")
        assert all(torch.equal(used[name], written[name]) for name in used)


def test_what_is_no_run_or_has_no_checkpoint_says_so(bars_run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run"):
        Run.open(tmp_path)
    with pytest.raises(InputError, match="no checkpoint yet"):
        Run(tmp_path, bars_run.recipe).latest_checkpoint()
