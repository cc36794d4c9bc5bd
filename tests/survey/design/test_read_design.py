import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.survey.design.design import Condition
from mixdream.survey.design.read_design import MOST_BYTES, parse_design, read_design
from mixdream.survey.design.yaml_lines import read_yaml
from mixdream.survey.planning.presets import GRIDS, fill_preset
from tests.texts import CHARACTERS

SMALL = """\
version: 1
title: A test
consent: |
  Hello.

  You need not.
volume: Set it.
withdrawal: Delete it.
conditions:
  real: {folder: real}
  model: {folder: ../model, generated: true}
blocks:
  - kind: detect
    name: d
    trials:
      - [model, real]
    ask: Which?
  - kind: rate
    name: r
    conditions: [model, real]
    per_condition: 2
    questions:
      - name: quality
        kind: scale
        ask:
          en: How good?
"""


def error_of(text: str | bytes) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(InputError) as caught:
        parse_design(content, "my-test/survey.yaml")
    message = str(caught.value)
    assert "\n" not in message
    return message


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return error_of(SMALL.replace(old, new, 1))


def test_a_folder_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_text(SMALL)
    design = read_design(tmp_path)
    assert design == read_design(tmp_path / "survey.yaml")
    assert design.consent == "Hello.\n\nYou need not."
    assert design.conditions["model"] == Condition(folder="../model", generated=True)
    assert [block.kind for block in design.blocks] == ["detect", "rate"]


FAULTS = {
    "per_condition: 2": {
        "per_condition: 0": "line 21: blocks.1.per_condition: input should be greater than or equal to 1",
        "per_condition: two": "line 21: blocks.1.per_condition: input should be a valid integer",
        "per_conditon: 2": "line 21: unknown key blocks.1.per_conditon; the nearest is per_condition",
    },
    "kind: scale": {
        "kind: stars": "line 24: blocks.1.questions.0.kind: input should be 'choice', 'scale' or 'text', got",
        "lowest: 1": "line 23: blocks.1.questions.0: a choice needs options",
    },
    "kind: rate": {
        "kind: rating": "line 18: blocks.1.kind must be one of detect, prefer, abx, rate, multi, ask, "
        "got 'rating'"
    },
    "kind: detect": {"must_listen: true": "line 13: blocks.0.kind must be one of"},
    "[model, real]\n    per": {
        "[model, reel]\n    per": "line 20: blocks.1.conditions.1: block r: unknown condition 'reel'"
    },
    "- [model, real]": {
        "- [model, real, real]": "line 16: blocks.0.trials.0: tuple should have at most 2 items",
        "- model": "line 16: blocks.0.trials.0: must be a list, got 'model'",
    },
    "title: A test": {
        "title: 5": "line 2: title: must be text (put it in quotes), got 5",
        "title: [A, test]": "line 2: title: must be text (put it in quotes), got ['A', 'test']",
        "title: ''": "line 2: title: string should have at least 1 character, got ''",
        "title: {EN: A}": "line 2: title.EN: must be the code of a language, as en or pt-BR, got 'EN'",
        "languages: [en]": "line 1: title is missing",
    },
    "en: How good?": {
        "en: 3": "line 26: blocks.1.questions.0.ask.en: must be text (put it in quotes), got 3",
        "de: Wie gut?": "line 25: blocks.1.questions.0.ask is missing in en",
    },
    "real: {folder: real}": {
        "Real: {folder: real}": "line 10: conditions.Real: must be a name of 1 to 40",
        "real: {folder: real, through: mp3}": "line 10: conditions.real.through: unknown grid 'mp3'",
        "real:": "line 10: conditions.real: must be a mapping (key: value), got None",
    },
    "name: r\n": {"name: d\n": "line 19: blocks.1.name: blocks has 'd' twice"},
    "volume: Set it.": {
        "title: Set it.": "line 7: 'title' comes twice, first in line 2",
        "volume: &v Set it.\nx: *v": "line 8: not valid YAML: aliases (*name) are not used",
        "volume: !!python/object/apply:os.system [id]": "line 7: tags",
        "volume: !!binary aGk=": "line 7: tags",
        "volume: a: b": "line 7: not valid YAML: mapping values are not allowed here",
        "volume: \x07": "line 7: a character that cannot be in a text file",
        '<<: {volume: "x"}': "line 7: unknown key <<",
    },
    "version: 1": {
        "version: 1\n? [a]\n: b": "line 2: a key must be a word",
        "version: 2": "line 1: version: input should be 1, got 2",
    },
}
"""What is wrong instead of what is right, and what is said about it."""


@pytest.mark.parametrize(
    ("old", "new", "expected"), [(old, *case) for old, cases in FAULTS.items() for case in cases.items()]
)
def test_errors_name_the_line(old: str, new: str, expected: str) -> None:
    message = changed(old, new)
    assert message.startswith("my-test/survey.yaml, line ")
    assert expected in message


def test_all_problems_are_told_in_the_order_of_lines() -> None:
    text = SMALL.replace("title: A test\n", "").replace("per_condition: 2", "per_condition: -1")
    message = error_of(text.replace("folder: real}", "folder: ''}"))
    assert re.findall(r"line (\d+)", message) == ["1", "9", "20"]
    many = error_of(SMALL + "".join(f"key{i}: 1\n" for i in range(30)))
    assert many.count("unknown key") == 10 and many.endswith("and 20 more")


@pytest.mark.parametrize("word", ["no", "Yes", "off", "2024-05-01", "1:30", "0x10", "None", "=", "1_000"])
def test_words_are_texts(word: str) -> None:
    assert parse_design(SMALL.replace("A test", word).encode(), "x").title == word


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"\n# only this\n",
            b"- 1",
            b"3",
            b"\xff\xfe",
            b"a\x00b",
            b"\xef\xbb\xbf",
            b"'",
            b"%YAML 9\n---\na",
        ),
        *(b'"\\UFFFFFFFF"', b'"\\ud800": 1', b"!!int x", b"&a [*a]", b"a: !<tag:x> b", b"---\na\n---\nb"),
        *(b"[" * 50_000, b"- " * 20_000, b"{a: " * 5000, b"a: " + b"9" * 10_000),
    ],
)
def test_what_is_no_design(content: bytes) -> None:
    assert error_of(content).startswith("my-test/survey.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"survey.yaml is missing: 'mixdream survey new' makes one"):
        read_design(tmp_path)
    (tmp_path / "survey.yaml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(InputError, match="too large"):
        read_design(tmp_path)


@settings(max_examples=60)
@given(st.one_of(st.text(CHARACTERS, max_size=200), st.text(alphabet="ab:-[]{}|>&*!'\"#? \n", max_size=60)))
def test_any_text_is_a_design_or_an_input_error(text: str) -> None:
    for content in (text, SMALL + text, text + SMALL):
        try:
            parse_design(content.encode("utf-8", "surrogatepass"), "x")
        except InputError as error:
            assert str(error).startswith("x")


PRESET_TEXTS = [
    fill_preset(preset, "real", {"m": "model"}, "thesis", 2, languages)
    for preset in GRIDS
    for languages in (("en",), ("de", "en"))
]


@settings(max_examples=40)
@given(st.sampled_from(PRESET_TEXTS), st.data())
def test_a_misspelt_key_is_reported_on_its_own_line(text: str, data: st.DataObject) -> None:
    _, lines = read_yaml(text.encode(), "x")
    named = [(line, keys[-1]) for keys, line in lines.items() if keys and isinstance(keys[-1], str)]
    line, key = data.draw(st.sampled_from(named))
    rows = text.split("\n")
    assert f"{key}:" in rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(f"{key}:", f"{key}ZZ:", 1)
    assert f"line {line}: " in error_of("\n".join(rows))


def test_the_example_of_the_manual_is_a_design() -> None:
    page = (Path(__file__).parents[3] / "docs" / "survey-design.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    design = parse_design(example[1].encode(), "example")
    assert [block.kind for block in design.blocks] == ["detect", "prefer", "abx", "rate", "multi", "ask"]
