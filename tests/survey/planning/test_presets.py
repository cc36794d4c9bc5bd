import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mixdream.cli import survey_new
from mixdream.errors import InputError
from mixdream.survey.design.blocks import Compare, Multi
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import ATTENTION
from mixdream.survey.design.read_design import parse_design, read_design
from mixdream.survey.planning.create import NO_GRID, create_test
from mixdream.survey.planning.planner import plan_listeners
from mixdream.survey.planning.presets import GRIDS, LOWPASSES, NO_CONTACT, fill_preset
from mixdream.survey.rendering.clips import Clip, read_clips
from mixdream.survey.rendering.render import render_clips
from tests.audio import media


def filled(preset: str, text: str | None = None, languages: tuple[str, ...] = ("en",)) -> Design:
    """A preset with one folder of generated clips, read back; a text as title, contact and folder."""
    folder = text or "real"
    content = fill_preset(preset, folder, {"model": "m"}, "thesis", 2, languages, text, text)
    return parse_design(content.encode(), "x")


@pytest.mark.parametrize("preset", GRIDS)
@pytest.mark.parametrize("languages", [("en",), ("de",), ("de", "en")])
def test_every_preset_is_a_design_in_every_language(preset: str, languages: tuple[str, ...]) -> None:
    design = filled(preset, languages=languages)
    assert design.languages == languages
    consents = design.consent.values() if isinstance(design.consent, dict) else [design.consent]
    assert len(consents) == len(languages) and all(NO_CONTACT in consent for consent in consents)
    clips = [Clip(f"{name}{i}", name, f"{i}", 4.0) for name in design.conditions for i in range(4)]
    assert plan_listeners(design, clips, 0.1, 0.3)


ODD_TEXTS = [
    *("no", "1", "09", "~", "null", "true", "- x", "a: b", "#", "|", "what?", "*a", "&a", "!a", "%a", "@a"),
    *(
        "x\n\n  y",
        "0\x850",
        "a\u2028b",
        "a\rb",
        "a\r\nb",
        "\ufeffa",
        "x \n y",
        "a\tb\n\tc",
        "🎛 mix",
        "x" * 200,
    ),
    *("Dr. {Who}, \"w\" 'o' \\ {{ x }} {% y %}", "{contact}"),
]


LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=90)


@settings(max_examples=60)
@given(st.sampled_from(ODD_TEXTS) | LINES.map(str.strip).filter(lambda text: text not in ("", ".", "./")))
def test_what_is_filled_in_is_read_back(text: str) -> None:
    design = filled("thesis", text)
    assert design.title == text
    assert design.conditions["real"].folder == text
    assert text in design.consent


def test_texts_in_other_languages_are_the_researchers() -> None:
    with pytest.raises(InputError, match="the texts are in en and de, got 'fr'"):
        fill_preset("abx", "real", {}, "thesis", 1, ["en", "fr"])


@pytest.mark.parametrize(
    ("preset", "generated", "grid", "through", "compared"),
    [
        ("thesis", ["m"], "thesis", ["real"], [("m", "real"), ("real", "m"), ("m", "m")]),
        ("preference", ["m", "o"], None, [], [("real", "m"), ("real", "o"), ("m", "o")]),
        ("mos", ["m"], "thesis", ["real-inverted"], ["real", "real-inverted", "m", "anchor"]),
        ("mos", ["m"], None, [], ["real", "m", "anchor"]),
        ("mushra", ["m"], "thesis", ["real-inverted"], ["real", "real-inverted", "m", *LOWPASSES]),
        ("mushra", ["m"], None, [], ["real", "m", *LOWPASSES]),
        ("mushra", [], "thesis", ["real-inverted"], ["real", "real-inverted", *LOWPASSES]),
        ("abx", ["m", "o"], "thesis", ["real"], [("real", "m"), ("real", "o")]),
        ("abx", [], "thesis", ["real-inverted"], [("real", "real-inverted")]),
    ],
)
def test_what_is_compared(
    preset: str, generated: list[str], grid: str | None, through: list[str], compared: list[Any]
) -> None:
    folders = dict.fromkeys(generated, "folder")
    design = parse_design(fill_preset(preset, "real", folders, grid, 3).encode(), "x")
    conditions = design.conditions.items()
    assert [name for name, condition in conditions if condition.through] == through
    assert [name for name, condition in conditions if condition.generated] == generated
    assert [name for name, condition in conditions if condition.anchor] == (["anchor"] * (preset == "mos"))
    (block,) = design.blocks
    assert {name: one.lowpass_hz for name, one in conditions if one.lowpass_hz} == (
        {"anchor-3500": 3500, "anchor-7000": 7000} if preset == "mushra" else {}
    )
    key = {"thesis": "trials", "mos": "conditions", "mushra": "conditions"}.get(preset, "pairs")
    assert list(getattr(block, key)) == compared


@pytest.mark.parametrize(
    ("preset", "generated", "grid", "message"),
    [
        ("thesis", ["m", "o"], "thesis", "one folder of generated clips, got 2: give --generated once"),
        ("preference", [], "thesis", "give --generated FOLDER"),
        ("mos", [], "thesis", "give --generated FOLDER"),
        ("abx", [], None, "abx compares real clips with --generated ones, .* give one"),
        ("mushra", [], None, "mushra compares real clips with --generated ones, .* give one"),
    ],
)
def test_what_makes_no_test(preset: str, generated: list[str], grid: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fill_preset(preset, "real", dict.fromkeys(generated, "folder"), grid, 3)


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders real and 'Model A' of four files each, a few names in common; working there."""
    for folder, names in (("real", "abcd"), ("Model A", "cdef")):
        (tmp_path / folder).mkdir()
        for seed, name in enumerate(names):
            audio = media.noise(1, 8000, seed + len(folder))
            soundfile.write(tmp_path / folder / f"{name}.wav", audio[0], 8000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_test_is_made_from_folders(sounds: Path) -> None:
    made = create_test("mos", Path("tests") / "one", Path("real"), [sounds / "Model A"], through=NO_GRID)
    folder = sounds / "tests" / "one"
    assert read_design(folder) == made.design
    assert read_clips(folder) == made.clips == render_clips(made.design, folder)
    # A relative source is named from the design; an absolute one as it is.
    assert made.design.conditions["real"].folder == "../../real"
    assert made.design.conditions["model-a"].folder == str(sounds / "Model A")
    assert {clip.condition for clip in made.clips} == {"real", "model-a", "anchor", ATTENTION}
    assert made.notes == [f"survey.yaml says {NO_CONTACT} in the consent: say there who asks"]


def test_trials_are_no_more_than_there_are_clips(sounds: Path) -> None:
    (block,) = create_test("abx", Path("a"), Path("real"), [Path("Model A")]).design.blocks
    assert isinstance(block, Compare) and block.per_pair == 2  # c and d are in both
    for name in ("real/d.wav", "real/c.wav"):
        Path(name).unlink()
    (block,) = create_test("preference", Path("p"), Path("real"), [Path("Model A")], NO_GRID).design.blocks
    assert isinstance(block, Compare) and block.per_pair == 2
    with pytest.raises(InputError, match="there are 0 files of the same name in both"):
        create_test("abx", Path("b"), Path("real"), [Path("Model A")])
    assert not Path("b").exists() and not Path(".b.partial").exists()


def test_names_of_conditions(sounds: Path) -> None:
    for name in ("x/Real", "y/anchor", "z/Ünï", "z/!"):
        Path(name).mkdir(parents=True)
        (Path(name) / "a.wav").write_bytes((sounds / "Model A" / "c.wav").read_bytes())
    folders = [Path("x/Real"), Path("y/anchor"), Path("z/Ünï"), Path("z/!"), Path("Model A/../Model A")]
    made = create_test("mos", Path("t"), Path("real"), folders, NO_GRID)
    generated = [name for name, condition in made.design.conditions.items() if condition.generated]
    assert generated == ["generated-real", "generated-anchor", "n", "generated", "model-a"]
    with pytest.raises(InputError, match="would both be condition model-a: rename one"):
        create_test("mos", Path("u"), Path("real"), [Path("Model A"), sounds / "Model A"])


def test_a_folder_that_exists_is_left_alone(sounds: Path) -> None:
    Path("empty").mkdir()
    create_test("abx", Path("empty"), Path("real"), [Path("Model A")])
    for name in ("empty", "real/a.wav"):
        with pytest.raises(InputError, match=f"'{name}' exists: name a new folder"):
            create_test("abx", Path(name), Path("real"), [Path("Model A")])
    with pytest.raises(InputError, match=r"unknown grid 'mp3'; there are thesis, .*, and none"):
        create_test("abx", Path("c"), Path("real"), [], "mp3")


APP = typer.Typer()
APP.command()(survey_new.new)
APP.command()(survey_new.plan)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(APP, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_by_command(sounds: Path) -> None:
    shown = run("new", "--thesis", "--real", "real", "--generated", "Model A", "-o", "t", "--contact", "Me")
    assert shown.splitlines()[0] == "t: 8 clips at -20 LUFS (4 model-a, 4 real)"
    assert "block detect: 93 listeners for ± 0.1" in shown and "note" not in shown
    design = read_design(Path("t"))
    assert design.conditions["real"].through == "thesis"

    options = ("--through", "none", "--language", "de", "--language", "en", "--json")
    shown = run("new", "--mos", "--real", "real", "--generated", "Model A", "-o", "m", *options)
    result = json.loads(shown)
    assert result["clips"] == {"real": 4, "model-a": 4, "anchor": 4, "attention": 12}
    assert result["hash"] == read_design(Path("m")).hash
    assert result["needs"][0]["listeners"] == 27 and len(result["notes"]) == 1

    shown = run("new", "--mushra", "--real", "real", "--generated", "Model A", "-o", "u", "--contact", "Me")
    assert shown.splitlines()[0].endswith("(4 anchor-3500, 4 anchor-7000, 4 model-a, 4 real)")
    assert "block mushra: 36 listeners for ± 7.5 (95 %) of quality, each condition" in shown
    (block,) = read_design(Path("u")).blocks
    assert isinstance(block, Multi) and (block.reference, block.pages) == ("real", 2)  # c and d are in both

    shown = run("plan", "m", "--rating-half-width", "0.15")
    assert shown.startswith("block rate: 99 listeners for ± 0.15")
    planned = json.loads(run("plan", "t/survey.yaml", "--half-width", "0.05", "--share", "0.6", "--json"))
    assert planned["assumed"]["share"] == 0.6
    assert planned["needs"][0]["half_width"] == 0.05


@pytest.mark.parametrize("flags", [[], ["--mos", "--abx"]])
def test_which_test_must_be_said(sounds: Path, flags: list[str]) -> None:
    with pytest.raises(InputError, match="say which test: one of --thesis"):
        CliRunner().invoke(APP, ["new", *flags, "--real", "real", "-o", "t"], catch_exceptions=False)
