import json
from pathlib import Path

import pytest
import soundfile
import typer
from typer.testing import CliRunner

from mixdream.cli import survey_new
from mixdream.errors import InputError
from mixdream.survey.design.blocks import Compare, Detect, Rate
from mixdream.survey.design.design import Condition
from mixdream.survey.design.question import ATTENTION
from mixdream.survey.design.read_design import parse_design, read_design
from mixdream.survey.design.write_design import dump_design
from mixdream.survey.planning.create import NO_GRID, create_test
from mixdream.survey.planning.preset_texts import LANGUAGES, say
from mixdream.survey.planning.presets import (
    NO_CONTACT,
    PRESETS,
    Material,
    abx_design,
    mos_design,
    preference_design,
    thesis_design,
)
from mixdream.survey.rendering.clips import read_clips
from mixdream.survey.rendering.render import render_clips
from tests.audio import media

ONE = Material(real="real", generated={"model": "m"}, through="thesis")
TWO = Material(real="real", generated={"model": "m", "other": "o"}, through="studio-8k", trials=3)


def test_the_thesis_has_three_questions_in_fixed_order() -> None:
    design = thesis_design(ONE)
    (block,) = design.blocks
    assert isinstance(block, Detect)
    assert block.trials == (("model", "real"), ("real", "model"), ("model", "model"))
    assert block.ask == "Which of the above, if any, sound like AI-generated?"
    assert block.options == ("Option 1", "Option 2", "None", "Both")
    assert not block.shuffle_trials and not block.shuffle_clips and block.attention == 0
    assert [question.name for question in design.demographics] == ["age", "music", "familiar", "often"]
    assert design.conditions == {
        "real": Condition(folder="real", through="thesis"),
        "model": Condition(folder="m", generated=True),
    }
    assert not design.completion.show_score
    with pytest.raises(InputError, match=r"one folder of generated clips, got 2: give --generated once"):
        thesis_design(TWO)


def test_preference_asks_every_pair() -> None:
    (block,) = preference_design(TWO).blocks
    assert isinstance(block, Compare) and block.kind == "prefer" and block.allow_tie
    assert block.pairs == (("real", "model"), ("real", "other"), ("model", "other"))
    assert block.per_pair == 3 and not block.same_item


def test_opinion_scores_have_every_condition_and_an_anchor() -> None:
    design = mos_design(TWO)
    (block,) = design.blocks
    assert isinstance(block, Rate)
    assert block.conditions == ("real", "real-inverted", "model", "other", "anchor")
    assert design.conditions["real"] == Condition(folder="real")
    assert design.conditions["real-inverted"] == Condition(folder="real", through="studio-8k")
    assert design.conditions["anchor"] == Condition(folder="real", anchor=True)
    assert block.attention == 1 and block.per_condition == 3
    (question,) = block.questions
    assert (question.kind, question.lowest, question.highest) == ("scale", 1, 5)
    assert (question.lowest_label, question.highest_label) == ("Bad", "Excellent")
    plain = mos_design(Material(real="real", generated={"m": "m"}, through=None))
    assert list(plain.conditions) == ["real", "m", "anchor"]


def test_abx_compares_the_same_item() -> None:
    (block,) = abx_design(TWO).blocks
    assert isinstance(block, Compare) and block.kind == "abx" and block.same_item
    assert block.pairs == (("real", "model"), ("real", "other"))
    (block,) = abx_design(Material(real="real", generated={}, through="thesis")).blocks
    assert isinstance(block, Compare) and block.pairs == (("real", "real-inverted"),)
    with pytest.raises(InputError, match="give one"):
        abx_design(Material(real="real", generated={}, through=None))


@pytest.mark.parametrize("make", [preference_design, mos_design])
def test_tests_of_clips_need_clips(make: type) -> None:
    with pytest.raises(InputError, match="give --generated FOLDER"):
        make(Material(real="real", generated={}, through="thesis"))


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("languages", [("en",), ("de",), ("de", "en")])
def test_presets_are_whole_in_every_language(name: str, languages: tuple[str, ...]) -> None:
    material = Material(
        real="real", generated={"model": "m"}, through="thesis", languages=languages, title="My {test}"
    )
    design = PRESETS[name].make(material)
    assert design.languages == languages and design.title == "My {test}"
    assert parse_design(dump_design(design).encode(), "x") == design
    consents = design.consent.values() if isinstance(design.consent, dict) else [design.consent]
    assert len(consents) == len(languages) and all(NO_CONTACT in consent for consent in consents)
    text = dump_design(design)
    assert ("Hörtest" in text) == ("de" in languages) and ("listening test about" in text) == (
        "en" in languages
    )


def test_who_asks_stands_in_the_consent() -> None:
    design = thesis_design(
        Material(real="r", generated={"m": "m"}, through="thesis", contact="Dr. {Who}, who@uni.example")
    )
    assert "questions: Dr. {Who}, who@uni.example." in str(design.consent) and NO_CONTACT not in str(
        design.consent
    )
    for word in ("voluntary", "stop at any time", "Stored are", "deleted", "internet address are not stored"):
        assert word in str(design.consent)


def test_texts_in_other_languages_are_the_researchers() -> None:
    assert say("none", ["de"]) == "Keine"
    with pytest.raises(InputError, match=f"the texts are in {' and '.join(LANGUAGES)}, got 'fr'"):
        say("none", ["en", "fr"])


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
    assert (
        (folder / "survey.yaml")
        .read_text("utf-8")
        .startswith("# A listening test, made by 'mixdream survey new")
    )


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
    assert (
        "block detect: 93 listeners for ± 0.1 (95 %) of right answers, each question, who hear each clip"
        in shown
    )
    assert "next: edit 't/survey.yaml', then mixdream survey serve 't'" in shown
    assert "note" not in shown
    design = read_design(Path("t"))
    assert design.conditions["real"].through == "thesis"

    options = ("--through", "none", "--language", "de", "--language", "en", "--json")
    shown = run("new", "--mos", "--real", "real", "--generated", "Model A", "-o", "m", *options)
    result = json.loads(shown)
    assert result["clips"] == {"real": 4, "model-a": 4, "anchor": 4, "attention": 12}
    assert result["hash"] == read_design(Path("m")).hash
    assert result["needs"][0]["listeners"] == 27 and len(result["notes"]) == 1

    shown = run("plan", "m", "--rating-half-width", "0.15")
    assert shown.startswith(
        "block rate: 99 listeners for ± 0.15 (95 %) of quality, each condition, who hear each"
    )
    planned = json.loads(run("plan", "t/survey.yaml", "--half-width", "0.05", "--share", "0.6", "--json"))
    assert planned["assumed"]["share"] == 0.6
    assert planned["needs"][0]["half_width"] == 0.05


@pytest.mark.parametrize("flags", [[], ["--mos", "--abx"]])
def test_which_test_must_be_said(sounds: Path, flags: list[str]) -> None:
    with pytest.raises(InputError, match="say which test: one of --thesis"):
        CliRunner().invoke(APP, ["new", *flags, "--real", "real", "-o", "t"], catch_exceptions=False)
