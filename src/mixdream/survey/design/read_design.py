"""Reading designs: YAML for people, with errors that name the file, the line and the key."""

import difflib
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Block
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Misplaced
from mixdream.survey.design.yaml_lines import Place, read_yaml

DESIGN_FILE = "survey.yaml"
MOST_BYTES = 200_000
_MOST_PROBLEMS = 10  # in one message
_LONGEST_QUOTE = 60


def read_design(path: Path) -> Design:
    """Read and check a design.

    Parameters
    ----------
    path : Path
        Its folder, or the ``survey.yaml`` in it.

    Raises
    ------
    InputError
        No such file, no YAML, or a design that is not possible: all that is wrong, each with its line.
    """
    file = path / DESIGN_FILE if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{file} is missing: 'mixdream survey new' makes one") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
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
    shown = list(
        dict.fromkeys(f"line {line}: {_explain(*rest)}" for line, *rest in problems[:_MOST_PROBLEMS])
    )
    more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
    text = "; ".join(shown + more)
    raise InputError(f"{name}, {text}".encode("utf-8", "backslashreplace").decode())


@dataclass
class _Found:
    """Where an error is.

    Attributes
    ----------
    place : tuple
        Keys of the file that lead there, without what pydantic adds.
    model : type
        Innermost part of the design around it.
    text_kind : str or None
        Where a text was expected: the kind that was tried, one for all languages or one for each.
    """

    place: Place = ()
    model: type[BaseModel] = Design
    text_kind: str | None = None


def _problems(error: ValidationError, values: Any, lines: dict[Place, int]) -> list[tuple[int, Any, _Found]]:
    """What is wrong, in the order of lines: line, error, place."""
    problems = []
    for one in error.errors():
        found, kind = _find(one["loc"]), one["type"]
        if found.text_kind and not _is_meant(found.text_kind, _at(values, found.place), kind):
            continue
        if kind == "too_short" and len(_at(values, found.place)) >= one["ctx"]["min_length"]:
            continue  # there are enough, but wrong ones
        reason = one.get("ctx", {}).get("error")
        if isinstance(reason, Misplaced):
            found.place = (*found.place, *reason.where)
        place = found.place[:-1] if kind == "missing" else found.place
        while place not in lines:  # of a value that is not there, the line of the nearest one around it
            place = place[:-1]
        problems.append((lines[place], one, found))
    return sorted(problems, key=lambda problem: problem[0])


def _find(loc: Sequence[int | str]) -> _Found:
    found = _Found()
    for part in loc:
        if isinstance(part, str) and (part == "constrained-str" or part.startswith("dict[")):
            found.text_kind = part
        elif (
            len(found.place) == 2 and found.place[0] == "blocks" and part in _BLOCKS and found.model is Block
        ):
            found.model = _BLOCKS[str(part)]  # the tag of a block, which pydantic puts before its keys
        elif part != "[key]":
            found.place = (*found.place, part)
            if found.place == ("blocks", part):
                found.model = Block
            elif isinstance(part, str) and part in found.model.model_fields:
                annotation = found.model.model_fields[part].annotation
                found.model = next(_models(annotation), found.model)
    return found


def _is_meant(kind: str, got: Any, problem: str) -> bool:
    """Whether a complaint is about the kind of text that was tried: one, or one for each language."""
    if kind == "constrained-str":
        return not isinstance(got, dict)
    return problem != "dict_type"


def _at(values: Any, place: Place) -> Any:
    for key in place:
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):
            break
    return values


def _explain(error: Any, found: _Found) -> str:
    key = _printable(".".join(map(str, found.place)))
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(found.place[-1]), found.model.model_fields, 1, cutoff=0)
        return f"unknown key {key}; the nearest is {near[0]}"
    if kind == "missing":
        return f"{key} is missing"
    if kind.startswith("union_tag"):
        given = f", got {_quote(context['tag'])}" if "tag" in context else ""
        return f"{key}.kind must be one of {', '.join(_BLOCKS)}{given}"
    if kind == "value_error":
        message = str(context["error"])
        return message if message.startswith(key) else f"{key}: {message}"
    return f"{key or 'a design'}: {_rule(error, found.text_kind is not None)}, got {_quote(error['input'])}"


def _rule(error: Any, is_text: bool) -> str:
    """What is allowed."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _BOUNDS:
        return f"must be {_BOUNDS[kind]} {next(value for key, value in context.items() if key != 'error')}"
    if kind in ("too_short", "too_long"):
        bound, number = "at least", context.get("min_length")
        if kind == "too_long":
            bound, number = "at most", context["max_length"]
        return f"must have {bound} {number} {'entry' if number == 1 else 'entries'}"
    if kind == "string_type" and not isinstance(error["input"], dict | list):
        return "must be text (put it in quotes)"
    if kind == "string_type":
        return "must be text, or a text for each language" if is_text else "must be text"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "must be a mapping (key: value)"
    if kind in ("tuple_type", "list_type"):
        return "must be a list"
    if kind == "string_pattern_mismatch":
        if "A-Z" in context["pattern"]:
            return "must be the code of a language, as en or pt-BR"
        return "must be a name of 1 to 40 of the characters a-z, 0-9, - and _, a letter or digit first"
    message = error["msg"]
    for lead in ("Input should ", "String should ", "Tuple should ", "Value should ", "Dictionary should "):
        if message.startswith(lead):
            return "must " + message.removeprefix(lead)
    return f"{message[0].lower()}{message[1:]}"


_BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}


def _quote(value: Any) -> str:
    """A value of the file in a few characters."""
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


def _printable(key: str) -> str:
    """A key as it can be printed: whoever wrote the file chose it."""
    printed = key if key.isprintable() else repr(key)
    return printed if len(printed) <= 2 * _LONGEST_QUOTE else f"{printed[: 2 * _LONGEST_QUOTE]}..."


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in typing.get_args(annotation):
        yield from _models(inside)


def _blocks() -> dict[str, type[BaseModel]]:
    """Blocks by their kind."""
    found: dict[str, type[BaseModel]] = {}
    for model in _models(Design.model_fields["blocks"].annotation):
        found |= dict.fromkeys(typing.get_args(model.model_fields["kind"].annotation), model)
    return found


_BLOCKS = _blocks()
