import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.generation.generate import generate
from mixdream.generation.origin import ConditionedSeed, Morph, Origin, Variation, name_of, noise_of
from mixdream.generation.read_origins import read_origins
from mixdream.generation.wish import Wish
from mixdream.runs.ask import Ask
from mixdream.runs.run import Run
from tests.conftest import tiny_recipe


@pytest.fixture
def run(asked_run: Run) -> Run:
    return asked_run


def test_wishes_are_made_and_made_again(run: Run, tmp_path: Path) -> None:
    assert run.conditions is not None
    loops = generate(run, tmp_path, Wish(count=2, seed=5, ask=Ask(like="B", bass=0.25), rate_hz=8000))
    for loop, seed in zip(loops, (5, 6), strict=True):
        assert Path(loop["file"]).name.startswith(f"asked_{seed}(B)bass0.25_")
        assert (loop["seed"], loop["descriptors"]["bass"]) == (seed, 0.25)
        assert json.loads(Path(loop["file"]).with_suffix(".json").read_text())["wish"] == {
            "seed": seed,
            "like": "B",
            "bass": 0.25,
        }
        _, (origin,) = read_origins([loop["file"]])
        assert origin == ConditionedSeed(seed=seed, like="B", bass=0.25)
        again = generate(run, tmp_path / "again", Wish(count=1, origins=[origin], rate_hz=8000))
        assert Path(again[0]["file"]).read_bytes() == Path(loop["file"]).read_bytes()


def test_the_generator_listens(run: Run) -> None:
    generator = run.load_generator(run.chosen_checkpoint())
    asked = [ConditionedSeed(seed=5, brightness=brightness) for brightness in (0.1, 0.9)]
    noises = [noise_of(run.recipe, origin, run.conditions) for origin in asked]
    latent = run.recipe.model.latent  # type: ignore[union-attr]
    assert torch.equal(noises[0][:, :latent], noises[1][:, :latent])
    with torch.no_grad():
        a, b = (generator(noise) for noise in noises)
    assert not torch.equal(a, b)


def test_variations_keep_what_was_encoded_and_morphs_fade(run: Run) -> None:
    a, b = ConditionedSeed(seed=5, like="A"), ConditionedSeed(seed=6, like="B")
    latent = run.recipe.model.latent  # type: ignore[union-attr]
    encoded = [noise_of(run.recipe, one, run.conditions)[0, latent:] for one in (a, b)]
    varied = noise_of(run.recipe, Variation(of=a, number=1, strength=0.5), run.conditions)
    assert torch.equal(varied[0, latent:], encoded[0])
    between = noise_of(run.recipe, Morph(start=a, end=b, number=2, position=0.25), run.conditions)
    assert between[0, latent:] == pytest.approx(0.75 * encoded[0] + 0.25 * encoded[1])


def test_a_run_without_conditions_says_so() -> None:
    with pytest.raises(InputError, match="has learnt no conditions"):
        noise_of(tiny_recipe("loops"), ConditionedSeed(seed=1, like="A"))


LIKE = st.sampled_from(["a~1", "a", "~1", "(a)", "a)low", "a/b"])


@given(
    one=st.builds(ConditionedSeed, seed=st.integers(0, 3), like=LIKE),
    other=st.builds(ConditionedSeed, seed=st.integers(0, 3), energy=st.sampled_from([0, 0.25, 1])),
    number=st.integers(1, 2),
)
def test_names_tell_what_was_asked_for(one: ConditionedSeed, other: ConditionedSeed, number: int) -> None:
    origins: list[Origin] = [
        one,
        other,
        one.seed,
        *(Variation(of=w, number=number, strength=0.5) for w in (one, other)),
    ]
    names = [name_of(origin) for origin in origins]
    assert len(set(names)) == len(names)
    assert not any("/" in name for name in names)
