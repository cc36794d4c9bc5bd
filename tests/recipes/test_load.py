import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.recipes.load import dump_recipe, load_recipe, load_resolved, recipe_names
from mixdream.recipes.models import Dcgan, WaveGan
from mixdream.spectrogram.grid import NAMED_GRIDS
from tests.texts import CHARACTERS

# THESIS.md, chapter 4.
EXPERIMENTS = {
    "thesis-1": ("min-max", 180, "normal", 2048),
    "thesis-2": ("as-is", 150, "normal", 2048),
    "thesis-3": ("min-max", 250, "normal", 1024),
    "thesis-4": ("as-is", 300, "normal", 1024),
    "thesis-4-uniform": ("as-is", 80, "uniform", 1024),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_thesis_recipes_say_what_the_thesis_did(name: str) -> None:
    recipe = load_recipe(name)
    scaling, epochs, noise, width = EXPERIMENTS[name]
    assert isinstance(recipe.model, Dcgan)
    assert (recipe.grid.scaling, recipe.training.epochs, recipe.model.noise) == (scaling, epochs, noise)
    assert recipe.model.generator[0] == width
    assert (recipe.training.batch, recipe.training.learning_rate) == (100, 0.0002)
    assert recipe.training.optimizer == "sgd"
    assert recipe.training.ema is None
    assert recipe.training.real_label == 1
    assert recipe.windows.held_out == 0
    assert recipe.windows.seconds == 4.05
    assert recipe.inversion == "random-phase"


@pytest.mark.parametrize("name", recipe_names())
def test_resolved_recipes_read_back_the_same(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    (tmp_path / "recipe.toml").write_text(dump_recipe(recipe), "utf-8")
    assert load_resolved(tmp_path / "recipe.toml") == recipe
    assert recipe.about


def test_own_recipes_extend_built_in_ones_and_files(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "thesis-3"\n[training]\nepochs = 7\n')
    (tmp_path / "b.toml").write_text('extends = "a.toml"\n[windows]\nslide_ms = 100\n')
    recipe = load_recipe(str(tmp_path / "b.toml"))
    assert recipe.name == "b"
    assert recipe.training.epochs == 7
    assert recipe.windows.slide_ms == 100
    assert recipe.windows.total is None
    assert recipe.model == load_recipe("thesis-3").model


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.lerning_rate=1",
            "unknown key training.lerning_rate; the nearest is training.learning_rate",
        ),
        ("epochs=5", "unknown key epochs; the nearest is training.epochs"),
        ("grid.hopp=5", "unknown key grid.hopp; the nearest is grid.hop"),
        ("training.epochs=many", "training.epochs: .*integer.*got 'many'"),
        ("training.epochs=0", "training.epochs: .*greater than or equal to 1, got 0"),
        (
            "inversion=magic",
            "inversion: .*'random-phase', 'griffin-lim', 'pghi', 'pghi.gl' or 'none', got 'magic'",
        ),
        ("windows.seconds=2", "windows of 2.* lengthen windows.seconds or lower grid.frames"),
        ("grid.frames=100", "multiples of 32"),
        ("model.generator=[1, 2]", "model.generator"),
        ("grid=5", "grid"),
        ("inversion=pghi", "inversion pghi needs .* Hann window, .* choose griffin-lim or random-phase"),
        ("grid=studio-9k", "unknown grid 'studio-9k'; there are thesis, studio-8k, studio-16k"),
        ("windows.start_on=bar", "windows.start_on: .*'downbeat' or 'beat', got 'bar'"),
        ("training", "--set takes key=value"),
        ("=5", "--set takes key=value"),
        ("training.epochs.more=5", "training.epochs"),
    ],
)
def test_wrong_overrides_are_explained(override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("thesis-3", [override])


def test_unknown_recipes_name_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean thesis-4"):
        load_recipe("thesis-44")
    with pytest.raises(InputError, match="no recipe file"):
        load_recipe("nowhere.toml")


def test_broken_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "worse.toml").write_text("[grid\n")
    (tmp_path / "loop.toml").write_text('extends = "loop.toml"')
    (tmp_path / "list.toml").write_text("extends = [1]")
    for name, message in (
        ("bad", "not valid TOML"),
        ("worse", "not valid TOML"),
        ("loop", "extends itself"),
        ("list", "extends must be"),
    ):
        with pytest.raises(InputError, match=message):
            load_recipe(str(tmp_path / f"{name}.toml"))


@given(st.text(CHARACTERS, max_size=40))
def test_any_override_is_taken_or_explained_in_one_line(text: str) -> None:
    try:
        load_recipe("cpu-8k", [text])
    except InputError as error:
        assert len(str(error)) < 1000


def test_names_with_dots_and_spaces_are_quoted() -> None:
    recipe = load_recipe("thesis-1", ['windows.slide_ms."My mix v2.1"=136.55'])
    assert recipe.windows.slide_ms == {"My mix v2.1": 136.55}


def test_slides_per_set() -> None:
    recipe = load_recipe("thesis-1", ["windows.slide_ms.A=136.55", "windows.slide_ms.B=172.51"])
    assert recipe.windows.slide_ms == {"A": 136.55, "B": 172.51}
    assert "total" not in tomllib.loads(dump_recipe(recipe))["windows"]


def test_a_grid_by_name_can_be_changed_by_its_numbers(tmp_path: Path) -> None:
    assert load_recipe("loops").grid == NAMED_GRIDS["studio-8k"]
    changed = load_recipe("loops", ["grid.n_fft=512", "grid.bins=256"]).grid
    assert changed == NAMED_GRIDS["studio-8k"].model_copy(update={"n_fft": 512, "bins": 256})
    (tmp_path / "mine.toml").write_text('extends = "loops"\ngrid = "studio-16k"\n')
    assert load_recipe(str(tmp_path / "mine.toml")).grid == NAMED_GRIDS["studio-16k"]


def test_vectors_have_no_more_values_than_there_are_components() -> None:
    less = [
        "grid.bands=1",
        "grid.overlap=0",
        "grid.fold=1",
        "grid.channels=1",
        "grid.n_fft=64",
        "grid.hop=16",
    ]
    less += ["grid.bins=32", "grid.frames=256", "grid.rate_hz=1000"]
    load_recipe("cpu", [*less, "model.latent=160"])
    with pytest.raises(InputError, match=r"model.latent 161 is more than the 160 components that images"):
        load_recipe("cpu", [*less, "model.latent=161"])


def test_windows_of_beats_take_the_place_of_windows_of_seconds_and_back() -> None:
    beats = load_recipe("thesis-3", ["grid=studio-8k", "windows.beats=8"])
    assert (beats.windows.seconds, beats.windows.total) == (None, None)
    assert beats.tempo_bpm == 117.1875
    seconds = load_recipe("loops", ["windows.seconds=4.12", "windows.total=50"])
    assert (seconds.windows.beats, seconds.tempo_bpm) == (None, None)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("windows.total=5", "windows of beats start on beats"),
        ("windows.beats=32", "32 beats in 4.096 s of the grid are 469 BPM, which must be 60 to 200"),
        ("windows.beats=6", "multiple of 4"),
    ],
)
def test_impossible_windows_of_beats_are_refused(override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("loops", [override])


def test_an_unknown_family_is_told_which_there_are() -> None:
    with pytest.raises(
        InputError,
        match=r"model.family must be one of dcgan, flow, latent-flow, unet, wavegan, got 'wavenet'",
    ):
        load_recipe("loops", ["model.family=wavenet"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.conditions=true", "model.conditions is no key of the family wavegan$"),
        ("model.loss=relativistic", "model.loss: .*'wasserstein', got 'relativistic'"),
        ("grid.channels=2", "grid: a waveform is mono"),
        ("grid.bands=4", "grid: a waveform is mono and has no bands"),
        ("grid.frames=500", "500 x grid.hop 64 are 32000 samples, which must be a power of two"),
        ("grid.scaling=log", "go together, here are log, none and wavegan"),
        ("inversion=pghi", "go together, here are waveform, pghi and wavegan"),
    ],
)
def test_what_a_waveform_cannot_have_is_refused(override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("wavegan", [override])


@pytest.mark.parametrize("override", ["grid.scaling=waveform", "inversion=none"])
def test_other_families_make_no_waveforms(override: str) -> None:
    for name in ("loops", "thesis-ddpm", "flow-8k", "cpu"):
        with pytest.raises(InputError, match=r"go together|a waveform is mono"):
            load_recipe(name, [override])


def test_wavegan_says_what_its_paper_did() -> None:
    """Donahue et al. 2019, appendix; batch and width are smaller."""
    recipe = load_recipe("wavegan")
    assert isinstance(recipe.model, WaveGan)
    assert (recipe.model.latent, recipe.model.shuffle, recipe.model.penalty) == (100, 2, 10)
    assert (recipe.model.critic_steps, recipe.training.learning_rate) == (5, 1e-4)
    assert (recipe.training.optimizer, recipe.training.betas) == ("adam", (0.5, 0.9))
    beside = load_recipe("specgan")
    assert recipe.windows == beside.windows and recipe.tempo_bpm == beside.tempo_bpm
    assert recipe.training == beside.training
    assert recipe.grid.image_shape == (1, 1, 32_768)


def test_a_recipe_of_another_family_takes_nothing_of_the_models_below(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "loops"\n[model]\nfamily = "flow"\nwidth = 64\ndepth = 1\npatch = 4\n')
    assert load_recipe(str(path)).model.family == "flow"
    path.write_text('extends = "loops"\n[model]\nfamily = "dcgan"\nlatent = 7\n')
    assert len(load_recipe(str(path)).model.generator) == 5  # type: ignore[union-attr]


def test_batch_normalisation_and_penalties_of_single_images_exclude_each_other() -> None:
    with pytest.raises(InputError, match="normalise_discriminator=false"):
        load_recipe("loops", ["model.loss=relativistic"])
    with pytest.raises(InputError, match="cross-entropy has no penalty"):
        load_recipe("loops", ["model.penalty=1", "model.normalise_discriminator=false"])


def test_guidance_is_for_what_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"model\.guidance leads to what is asked for"):
        load_recipe("cpu", ["model.conditions=false", "model.untold=0"])


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("flow-8k", "model.patch=3", "multiple of model.patch 3"),
        ("cpu", "model.crop=288", "no fewer columns than model.crop 288"),
        ("cpu", "model.patch=3", "a power of two, and a multiple of model.patch 3"),
        ("cpu", "grid.frames=768", "768 / grid.fold 2 are 48 vectors of 8 columns"),
        ("cpu", "grid.scaling=log", "a codec needs values of even spread"),
        ("cpu", "model.conditions=false", "model.untold is for model.conditions"),
        ("flow-8k", "grid.scaling=min-max", "scaling log-standard"),
        ("thesis-ddpm", "grid.scaling=as-is", "known range"),
        ("thesis-ddpm", "grid.frames=100", "multiples of 32 for a U-Net of 6 levels"),
        ("thesis-ddpm", "model.steps=1001", "more than the 1000 noise levels"),
        ("thesis-ddpm", "model.attention_levels=8", "8 levels of attention"),
    ],
)
def test_models_that_do_not_fit_are_refused(name: str, change: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_recipe(name, [change])
