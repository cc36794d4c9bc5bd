import json
import math
import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixdream import HIGHEST_SEED
from mixdream.errors import InputError
from mixdream.generation import clips as clips_module
from mixdream.generation.clips import plan_clips, write_spectrogram
from mixdream.generation.generate import generate
from mixdream.generation.origin import (
    Morph,
    Origin,
    Variation,
    about_origin,
    morph,
    name_of,
    noise_of,
    seed_of,
    vary,
)
from mixdream.generation.read_origins import read_origins
from mixdream.generation.wish import Wish
from mixdream.runs.run import Run
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from tests.conftest import FEW, tiny_recipe

RECIPE = tiny_recipe("cpu-8k", *FEW, "model.latent=4096")
FAST: dict[str, Any] = {"rate_hz": 8000, "inversion": "random-phase"}  # whose phases differ by seed


@pytest.fixture
def run(bars_run: Run) -> Run:
    return bars_run


def origins(shares: st.SearchStrategy[float]) -> st.SearchStrategy[Origin]:
    number = st.integers(1, 3)
    return st.recursive(
        st.integers(0, 3),
        lambda inner: (
            st.builds(Variation, of=inner, number=number, strength=shares)
            | st.tuples(inner, inner, number, shares).map(
                lambda parts: Morph(start=parts[0], end=parts[1], number=parts[2], position=parts[3])
            )
        ),
        max_leaves=4,
    )


@example(
    one=Variation(of=Morph(start=7, end=9, number=1, position=0.5), number=2, strength=0.5),
    other=Morph(start=7, end=Variation(of=9, number=1, strength=0.5), number=2, position=0.5),
)
@given(one=origins(st.just(0.5)), other=origins(st.just(0.5)))
def test_clips_have_the_same_name_only_if_they_are_the_same(one: Origin, other: Origin) -> None:
    assert (name_of(one) == name_of(other)) == (one == other)


@settings(max_examples=30)
@given(origin=origins(st.floats(0, 1)))
def test_what_json_says_is_the_origin(
    origin: Origin, bars_run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("clips") / "x.wav"
    path.touch()
    about = bars_run.about(bars_run.chosen_checkpoint()) | about_origin(origin)
    path.with_suffix(".json").write_text(json.dumps(about))
    assert read_origins([str(path)]) == (bars_run, [origin])
    assert about["seed"] == seed_of(origin)


def test_a_variation_goes_its_own_way_and_strength_says_how_far() -> None:
    def towards(origin: Variation) -> torch.Tensor:
        """Unit vector at right angles to the original."""
        z, varied = noise_of(RECIPE, origin.of), noise_of(RECIPE, origin)
        side = varied - math.cos(origin.strength * math.pi / 2) * z
        return side / side.norm()

    near = [Variation(of=7, number=k, strength=0.1) for k in (1, 2, 3)]
    far = Variation(of=7, number=1, strength=0.7)
    again = Variation(of=near[0], number=1, strength=0.1)
    assert float((towards(near[0]) * towards(far)).sum()) == pytest.approx(1, abs=1e-4)
    others = [near[1], near[2], again, Variation(of=8, number=1, strength=0.1)]
    for other in others:
        assert abs(float((towards(near[0]) * towards(other)).sum())) < 5 / math.sqrt(4096)


def test_a_morph_has_its_ends_and_equal_steps() -> None:
    steps = morph(3, 9, 5)
    assert [step.position for step in steps] == [0, 0.25, 0.5, 0.75, 1]
    noises = [noise_of(RECIPE, step) for step in steps]
    assert torch.equal(noises[0], noise_of(RECIPE, 3)) and torch.equal(noises[4], noise_of(RECIPE, 9))
    distances = [float((b - a).norm()) for a, b in pairwise(noises)]
    assert distances == pytest.approx([distances[0]] * 4, rel=0.05)


def same_sound(clip: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two files hold the same samples; their titles are their own."""
    return np.array_equal(*(soundfile.read(each["file"], dtype="int32")[0] for each in (clip, other)))


def test_variations_of_no_strength_are_the_clip_itself(seconds_run: Run, tmp_path: Path) -> None:
    plain = generate(seconds_run, tmp_path / "plain", Wish(count=1, seed=5, **FAST))[0]
    same = generate(seconds_run, tmp_path / "same", Wish(count=2, origins=vary(5, 0.0), **FAST))
    assert [Path(clip["file"]).name for clip in same] == ["seconds_5~1.wav", "seconds_5~2.wav"]
    for k, clip in enumerate(same):
        assert same_sound(clip, plain)
        beside = json.loads(Path(clip["file"]).with_suffix(".json").read_text())
        assert beside["variation"] == {"of": 5, "number": k + 1, "strength": 0.0}
        assert beside["seed"] == 5
    assert "variation" not in plain and "morph" not in plain


def test_variations_of_a_variation_start_from_what_its_json_says(run: Run, tmp_path: Path) -> None:
    """Of any clip that was written: loops say bpm and key in their names, and that does no harm."""
    first = generate(run, tmp_path, Wish(count=2, origins=vary(5, 0.3), bpm=126.5, **FAST))[1]
    _, (origin,) = read_origins([first["file"]])
    again = generate(run, tmp_path, Wish(count=1, origins=vary(origin, 0.0), bpm=126.5, **FAST))[0]
    assert Path(again["file"]).name.startswith("bars_5~2~1_126.5bpm")
    assert same_sound(again, first)
    assert again["variation"]["of"] == first["variation"] == {"of": 5, "number": 2, "strength": 0.3}


def test_a_morph_leads_from_one_clip_to_another(run: Run, tmp_path: Path) -> None:
    plain = generate(run, tmp_path / "plain", Wish(count=1, seed=3, **FAST))[0]
    clips = generate(run, tmp_path, Wish(count=3, origins=morph(3, 9, 3), **FAST))
    assert same_sound(clips[0], plain)
    assert [clip["morph"]["position"] for clip in clips] == [0, 0.5, 1]
    assert {clip["seed"] for clip in clips} == {3}
    assert [Path(clip["file"]).name.split("_")[1] for clip in clips] == ["3-9~1", "3-9~2", "3-9~3"]
    plan = plan_clips(run, Wish())
    _, (last, end) = read_origins([clips[2]["file"], "9"])
    assert torch.equal(plan.image(last), plan.image(end))


@pytest.mark.parametrize("kind", ["seconds", "bars"])
def test_phases_come_from_the_seed_where_it_all_began(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    used: list[int] = []

    def spied(name: str, magnitudes: torch.Tensor, grid: Grid, seeds: list[int], **how: bool) -> torch.Tensor:
        used.extend(seeds)
        return invert(name, magnitudes, grid, seeds, **how)

    monkeypatch.setattr(clips_module, "invert", spied)
    varied = Variation(of=6, number=2, strength=0.5)
    run = request.getfixturevalue(f"{kind}_run")
    for origin, seed in ((4, 4), (varied, 6), (Morph(start=varied, end=9, number=1, position=1.0), 6)):
        generate(run, tmp_path, Wish(count=1, origins=[origin], **FAST))
        assert used.pop() == seed and not used


def test_a_whole_number_is_a_seed(run: Run) -> None:
    assert read_origins(["12", str(HIGHEST_SEED)], run) == (run, [12, HIGHEST_SEED])
    with pytest.raises(InputError, match="say which with --run RUN"):
        read_origins(["12"])
    for wish in (str(HIGHEST_SEED + 1), "9" * 5000):
        with pytest.raises(InputError, match=r"is not possible: 0 to 9007199254740992 are"):
            read_origins([wish], run)


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (None, r"has no x\.json beside it"),
        ({"run_folder": "/gone"}, r"made by the run bars, which is not at '/gone' any more: .* --run RUN"),
        ({"run_folder": ""}, "which is not at '' any more"),
        ({"checkpoint": "step-1"}, r"was made with step-1, bars uses step-\d+ now"),
        ({"seed": -1}, "seed: input should be greater"),
        ({"variation": {"of": 1, "number": 1, "strength": 2}}, r"strength: input should be less"),
        ({"variation": {"of": 1, "number": 1}}, r"strength is missing"),
        ("[]", "does not say how mixdream made the clip"),
        ("{", "does not say how mixdream made the clip"),
        ("[" * 100_000, "does not say how mixdream made the clip"),
    ],
)
def test_clips_that_cannot_be_varied(
    says: dict[str, object] | str | None, message: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "x.wav"
    path.touch()
    about = run.about(run.chosen_checkpoint()) | {"seed": 1}
    if says is not None:
        text = says if isinstance(says, str) else json.dumps(about | says)
        path.with_suffix(".json").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_origins([str(path)])
    assert "\n" not in str(caught.value)


def test_what_is_no_clip_of_a_run(run: Run, tmp_path: Path) -> None:
    for wish in ("-3", "7.5", "", str(tmp_path), str(tmp_path / "none.wav")):
        with pytest.raises(InputError, match="is neither a clip nor a seed"):
            read_origins([wish], run)
    given = write_spectrogram(tmp_path, "given", torch.ones(128, 512), run.recipe.grid, Wish(), {})
    with pytest.raises(InputError, match="does not say how mixdream made the clip: run"):
        read_origins([given["file"]], run)


def test_variations_go_away_from_the_clip_as_their_strength_grows(run: Run) -> None:
    """Of the spectrograms, even of a model that has hardly learnt."""
    plan = plan_clips(run, Wish())
    original = plan.image(5)
    distances = [
        float((plan.image(v) - original).square().mean())
        for v in (Variation(of=5, number=1, strength=s) for s in (0.0, 0.1, 0.25, 0.5))
    ]
    assert distances[0] == 0
    assert np.all(np.diff(distances) > 0)


def test_a_clip_knows_its_run_and_the_steps_of_its_sampler(
    flow_run: Run, bars_run: Run, tmp_path: Path
) -> None:
    fast, slow = (
        generate(flow_run.with_steps(steps), tmp_path / str(steps), Wish(count=1, **FAST))[0]["file"]
        for steps in (2, 3)
    )
    run, origins = read_origins([fast, "3"])
    assert (run.folder, run.recipe.sampler_steps, origins) == (flow_run.folder, 2, [0, 3])
    with pytest.raises(InputError, match="made in 2 and 3 steps of the sampler"):
        read_origins([fast, slow])
    other = generate(bars_run, tmp_path, Wish(count=1, **FAST))[0]["file"]
    with pytest.raises(InputError, match=r"made by the run flow, '.*' by bars: give clips of one run"):
        read_origins([fast, other])


def test_a_run_that_was_moved_is_given(bars_run: Run, tmp_path: Path) -> None:
    """Its folder need not be valid UTF-8."""
    before = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run\xff"))
    run = Run.open(shutil.copytree(bars_run.folder, before))
    clip = generate(run, tmp_path, Wish(count=1, origins=vary(5, 0.5), **FAST))[0]["file"]
    assert read_origins([clip])[0] == run
    before.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="which is not at"):
        read_origins([clip])
    moved = Run.open(tmp_path / "moved")
    assert read_origins([clip], moved) == (moved, [Variation(of=5, number=1, strength=0.5)])


def test_the_model_that_comes_with_mixdream_is_found_wherever_it_is(tmp_path: Path) -> None:
    clip = generate(Run.pretrained(), tmp_path, Wish(count=1, **FAST))[0]
    assert clip["run_folder"] is None
    assert read_origins([clip["file"]]) == (Run.pretrained(), [0])
