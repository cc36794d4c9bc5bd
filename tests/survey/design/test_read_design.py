import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Ask, Compare, Detect, Rate
from mixdream.survey.design.design import Completion, Condition, Design
from mixdream.survey.design.question import Option, Question
from mixdream.survey.design.read_design import MOST_BYTES, parse_design, read_design
from mixdream.survey.design.write_design import dump_design, write_design
from mixdream.survey.design.yaml_lines import read_yaml
from mixdream.survey.planning.presets import PRESETS, Material

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


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "per_condition: 2",
            "per_condition: 0",
            "line 21: blocks.1.per_condition: must be at least 1, got 0",
        ),
        (
            "per_condition: 2",
            "per_condition: two",
            "line 21: blocks.1.per_condition: must be a valid integer",
        ),
        (
            "per_condition: 2",
            "per_conditon: 2",
            "line 21: unknown key blocks.1.per_conditon; the nearest is per_condition",
        ),
        (
            "kind: scale",
            "kind: stars",
            "line 24: blocks.1.questions.0.kind: must be 'choice', 'scale' or 'text', got",
        ),
        (
            "kind: scale",
            "lowest: 1",
            "line 23: blocks.1.questions.0: a choice needs options",
        ),
        (
            "kind: rate",
            "kind: rating",
            "line 18: blocks.1.kind must be one of detect, prefer, abx, rate, ask, got 'rating'",
        ),
        (
            "kind: detect",
            "must_listen: true",
            "line 13: blocks.0.kind must be one of",
        ),
        (
            "[model, real]\n    per",
            "[model, reel]\n    per",
            "line 20: blocks.1.conditions.1: block r: unknown condition 'reel'; there are real, model",
        ),
        (
            "- [model, real]",
            "- [model, real, real]",
            "line 16: blocks.0.trials.0: must have at most 2 entries, got a list of 3",
        ),
        (
            "- [model, real]",
            "- model",
            "line 16: blocks.0.trials.0: must be a list, got 'model'",
        ),
        (
            "title: A test",
            "title: 5",
            "line 2: title: must be text (put it in quotes), got 5",
        ),
        (
            "title: A test",
            "title: [A, test]",
            "line 2: title: must be text, or a text for each language, got a list of 2",
        ),
        (
            "title: A test",
            "title: ''",
            "line 2: title: must have at least 1 character, got ''",
        ),
        (
            "title: A test",
            "title: {EN: A}",
            "line 2: title.EN: must be the code of a language, as en or pt-BR, got 'EN'",
        ),
        (
            "title: A test",
            "languages: [en]",
            "line 1: title is missing",
        ),
        (
            "en: How good?",
            "en: 3",
            "line 26: blocks.1.questions.0.ask.en: must be text (put it in quotes), got 3",
        ),
        (
            "en: How good?",
            "de: Wie gut?",
            "line 25: blocks.1.questions.0.ask is missing in en",
        ),
        (
            "real: {folder: real}",
            "Real: {folder: real}",
            "line 10: conditions.Real: must be a name of 1 to 40",
        ),
        (
            "real: {folder: real}",
            "real: {folder: real, through: mp3}",
            "line 10: conditions.real.through: unknown grid 'mp3'",
        ),
        (
            "real: {folder: real}",
            "real:",
            "line 10: conditions.real: must be a mapping (key: value), got nothing",
        ),
        (
            "name: r\n",
            "name: d\n",
            "line 19: blocks.1.name: blocks has 'd' twice",
        ),
        (
            "volume: Set it.",
            "title: Set it.",
            "line 7: 'title' comes twice, first in line 2",
        ),
        (
            "volume: Set it.",
            "volume: &v Set it.\nx: *v",
            "line 8: not valid YAML: aliases (*name) are not used",
        ),
        (
            "volume: Set it.",
            "volume: !!python/object/apply:os.system [id]",
            "line 7: tags",
        ),
        (
            "volume: Set it.",
            "volume: !!binary aGk=",
            "line 7: tags",
        ),
        (
            "volume: Set it.",
            "volume: a: b",
            "line 7: not valid YAML: mapping values are not allowed here",
        ),
        (
            "volume: Set it.",
            "volume: \x07",
            "line 7: a character that cannot be in a text file",
        ),
        (
            "volume: Set it.",
            '<<: {volume: "x"}',
            "line 7: unknown key <<",
        ),
        (
            "version: 1",
            "version: 1\n? [a]\n: b",
            "line 2: a key must be a word",
        ),
        (
            "version: 1",
            "version: 2",
            "line 1: version: must be 1, got 2",
        ),
    ],
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
@given(st.one_of(st.text(max_size=200), st.text(alphabet="ab:-[]{}|>&*!'\"#? \n", max_size=60)))
def test_any_text_is_a_design_or_an_input_error(text: str) -> None:
    for content in (text, SMALL + text, text + SMALL):
        try:
            parse_design(content.encode("utf-8", "surrogatepass"), "x")
        except InputError as error:
            assert str(error).startswith("x")


ODD_WORDS = [
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
]
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("attention", "demographics")
)
LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=90).map(str.strip).filter(bool)
WORDS = st.one_of(LINES, st.sampled_from(ODD_WORDS))
TEXTS = st.one_of(WORDS, st.fixed_dictionaries({"en": WORDS, "de": WORDS}))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    kind = draw(st.sampled_from(["choice", "scale", "text"]))
    values = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True)) if kind == "choice" else []
    lowest = draw(st.integers(-50, 50))
    return Question(
        name=draw(NAMES),
        ask=draw(TEXTS),
        kind=kind,
        options=tuple(Option(value=value, label=draw(TEXTS)) for value in values),
        lowest=lowest,
        highest=lowest + draw(st.integers(1, 20)),
        lowest_label=draw(st.none() | TEXTS),
        required=draw(st.booleans()),
    )


@st.composite
def blocks(draw: st.DrawFn, name: str, conditions: list[str]) -> Any:
    kind = draw(st.sampled_from(["detect", "prefer", "abx", "rate", "ask"]))
    some = st.sampled_from(conditions)
    asked = draw(st.lists(questions(), min_size=1, max_size=2, unique_by=lambda question: question.name))
    common: dict[str, Any] = {"name": name, "intro": draw(st.none() | TEXTS)}
    if kind == "ask":
        return Ask(kind="ask", questions=tuple(asked), **common)
    common |= {"must_listen": draw(st.booleans()), "attention": draw(st.integers(0, 10))}
    if kind == "rate":
        rated = draw(st.lists(some, min_size=1, unique=True))
        return Rate(kind="rate", conditions=tuple(rated), questions=tuple(asked), **common)
    if kind == "detect":
        trials = tuple(draw(st.lists(st.tuples(some, some), min_size=1, max_size=3)))
        options = draw(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS))
        return Detect(kind="detect", trials=trials, ask=draw(TEXTS), options=options, **common)
    pair = (conditions[0], conditions[1])
    tie = kind == "prefer" and draw(st.booleans())
    return Compare(
        kind=kind,
        pairs=(pair,),
        ask=draw(TEXTS),
        allow_tie=tie,
        per_pair=draw(st.integers(1, 200)),
        **common,
    )


@st.composite
def designs(draw: st.DrawFn) -> Design:
    names = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    folders = LINES.filter(lambda folder: "\0" not in folder and folder not in (".", "./"))
    found = st.builds(
        Condition, folder=folders, generated=st.booleans(), through=st.sampled_from([None, "thesis"])
    )
    block_names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    return Design(
        version=1,
        title=draw(TEXTS),
        languages=draw(st.sampled_from([("en",), ("de", "en")])),
        seed=draw(st.integers(0, 2**53 - 1)),
        loudness_lufs=draw(st.floats(-40, -10)),
        resume_hours=draw(st.floats(1e-3, 24 * 365)),
        consent=draw(TEXTS),
        volume=draw(TEXTS),
        withdrawal=draw(TEXTS),
        demographics=tuple(draw(st.lists(questions(), max_size=2, unique_by=lambda question: question.name))),
        conditions={name: draw(found) for name in names},
        blocks=tuple(draw(blocks(name, names)) for name in block_names),
        completion=Completion(
            code=draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
        ),
    )


@settings(max_examples=40)
@given(designs())
def test_a_design_that_is_written_and_read_is_the_same(design: Design) -> None:
    text = dump_design(design, ["made by", "a test"])
    assert parse_design(text.encode(), "x") == design
    assert "&id" not in text


def presets() -> list[str]:
    found = []
    for languages in (("en",), ("de", "en")):
        material = Material(real="real", generated={"m": "model"}, through="thesis", languages=languages)
        found += [dump_design(preset.make(material)) for preset in PRESETS.values()]
    return found


PRESET_TEXTS = presets()


@settings(max_examples=40)
@given(st.sampled_from(PRESET_TEXTS), st.data())
def test_a_misspelt_key_is_reported_on_its_own_line(text: str, data: st.DataObject) -> None:
    _, lines = read_yaml(text.encode(), "x")
    keys = [
        (line, place[-1]) for place, line in lines.by_place.items() if place and isinstance(place[-1], str)
    ]
    line, key = data.draw(st.sampled_from(keys))
    rows = text.split("\n")
    assert f"{key}:" in rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(f"{key}:", f"{key}ZZ:", 1)
    assert f"line {line}: " in error_of("\n".join(rows))


def test_what_is_written_explains_itself(tmp_path: Path) -> None:
    text = PRESET_TEXTS[0]
    fields = [line.split(":")[0] for line in text.split("\n") if re.match(r"[a-z_]+:", line)]
    assert fields == [name for name in Design.model_fields if name in fields]
    for field in set(Design.model_fields) - {"version"}:
        assert re.search(rf"\n\n(# .*\n)+{field}:", text), f"no comment on {field}"
    assert "\nconsent: |-\n  This is a listening test" in text
    for shown in (
        "must_listen: true",
        "attention: 0",
        "shuffle_clips: false",
        "loudness_lufs: -20.0",
        "None, Both]",
    ):
        assert shown in text
    assert max(len(line) for line in text.split("\n") if line.startswith("#")) <= 110
    write_design(tmp_path / "survey.yaml", parse_design(text.encode(), "x"))
    assert (tmp_path / "survey.yaml").read_text("utf-8") == text


def test_the_example_of_the_manual_is_a_design() -> None:
    page = (Path(__file__).parents[3] / "docs" / "survey-design.md").read_text("utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    design = parse_design(found[1].encode(), "example")
    assert [block.kind for block in design.blocks] == ["detect", "prefer", "abx", "rate", "ask"]


@pytest.mark.parametrize("word", ODD_WORDS)
def test_odd_texts_are_written_so_that_they_are_read_again(word: str) -> None:
    design = parse_design(SMALL.encode(), "x")
    for text in (word, {"en": word}):
        odd = design.model_copy(update={"title": text, "consent": text})
        assert parse_design(dump_design(odd).encode(), "x") == odd
