"""Reading designs: YAML for people, with errors that name the file, the line and the key."""

import difflib
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mixdream.errors import InputError, explain_problem
from mixdream.survey.design.blocks import Ask, Block, Compare, Detect, Multi, Rate
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Misplaced
from mixdream.survey.design.yaml_lines import Keys, read_yaml

DESIGN_FILE = "survey.yaml"
MOST_BYTES = 200_000
_MOST_PROBLEMS = 10  # in one message
_LONGEST_KEY = 120

_BLOCKS: dict[str, type[BaseModel]] = {
    "detect": Detect,
    "prefer": Compare,
    "abx": Compare,
    "rate": Rate,
    "multi": Multi,
    "ask": Ask,
}


def read_design(path: Path) -> Design:
    """Read and check a design in its folder, or a file; an InputError says all that is wrong, with lines."""
    file = path / DESIGN_FILE if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{file} is missing: 'mixdream survey new' makes one") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{file} is too large for a design: more than {MOST_BYTES} bytes")
    return parse_design(content, str(file))


def parse_design(content: bytes, name: str) -> Design:
    """Check a design that was read; ``name`` is what errors call it."""
    values, lines = read_yaml(content, name)
    try:
        return Design.model_validate(values)
    except ValidationError as error:
        problems = _problems(error, values, lines)
    shown = list(dict.fromkeys(problems[:_MOST_PROBLEMS]))
    if len(problems) > _MOST_PROBLEMS:
        shown.append(f"and {len(problems) - _MOST_PROBLEMS} more")
    raise InputError(f"{name}, {'; '.join(shown)}".encode("utf-8", "backslashreplace").decode())


@dataclass
class _Location:
    """Where an error is."""

    keys: Keys = ()  # of the file that lead there, without what pydantic adds
    model: type[BaseModel] = Design  # innermost part of the design around it
    text_kind: str | None = None  # of a text: the kind that was tried, one for all languages or one for each


def _problems(error: ValidationError, values: Any, lines: dict[Keys, int]) -> list[str]:
    """What is wrong, in the order of lines."""
    problems = []
    for detail in error.errors():
        location, kind = _locate(detail["loc"]), detail["type"]
        value = _value_at(values, location.keys)
        if location.text_kind and not _is_meant(location.text_kind, value, kind):
            continue
        if kind == "too_short" and len(value) >= detail["ctx"]["min_length"]:
            continue  # there are enough, but wrong ones
        reason = detail.get("ctx", {}).get("error")
        if isinstance(reason, Misplaced):
            location.keys = (*location.keys, *reason.where)
        keys = location.keys[:-1] if kind == "missing" else location.keys
        while keys not in lines:  # of a value that is not there, the line of the nearest one around it
            keys = keys[:-1]
        problems.append((lines[keys], _explain(detail, location)))
    return [f"line {line}: {text}" for line, text in sorted(problems, key=lambda problem: problem[0])]


def _locate(parts: Sequence[int | str]) -> _Location:
    """Location of an error from pydantic's own."""
    location = _Location()
    for part in parts:
        if isinstance(part, str) and (part == "constrained-str" or part.startswith("dict[")):
            location.text_kind = part
        elif location.model is Block and part in _BLOCKS and len(location.keys) == 2:
            location.model = _BLOCKS[str(part)]  # the kind of a block, which pydantic puts before its keys
        elif part != "[key]":
            location.keys = (*location.keys, part)
            if location.keys == ("blocks", part):
                location.model = Block
            elif isinstance(part, str) and part in location.model.model_fields:
                annotation = location.model.model_fields[part].annotation
                location.model = next(_models(annotation), location.model)
    return location


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in typing.get_args(annotation):
        yield from _models(inside)


def _is_meant(text_kind: str, value: Any, problem: str) -> bool:
    """Whether a complaint is about the kind of text that was tried: one, or one for each language."""
    if text_kind == "constrained-str":
        return not isinstance(value, dict)
    return problem != "dict_type"


def _value_at(values: Any, keys: Keys) -> Any:
    for key in keys:
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):
            break
    return values


_RULES = {
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "must be a mapping (key: value)"),
    "tuple_type": "must be a list",
    "string_type": "must be text (put it in quotes)",
}


def _explain(problem: Any, location: _Location) -> str:
    key = ".".join(map(str, location.keys))
    key = (key if key.isprintable() else repr(key))[:_LONGEST_KEY]
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location.keys[-1]), location.model.model_fields, 1, cutoff=0)
        return f"unknown key {key}; the nearest is {near[0]}"
    if kind.startswith("union_tag"):
        given = f", got {context['tag']!r:.60}" if "tag" in context else ""
        return f"{key}.kind must be one of {', '.join(_BLOCKS)}{given}"
    if kind == "value_error" and str(context["error"]).startswith(key):
        return str(context["error"])
    rule = _RULES.get(kind, problem["msg"])
    if kind == "string_pattern_mismatch":
        rule = "must be a name of 1 to 40 of the characters a-z, 0-9, - and _, a letter or digit first"
        if "A-Z" in context["pattern"]:
            rule = "must be the code of a language, as en or pt-BR"
    problem["msg"] = rule
    return explain_problem(problem, key)
