"""YAML as plain values, and the line that each of them is on."""

import re
from contextlib import suppress
from typing import Any

from ruamel.yaml import YAML, MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.composer import Composer, ComposerError, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver

from mixdream.errors import InputError

Keys = tuple[int | str, ...]
"""Keys and positions that lead to a value."""

_DEEPEST = 20


def read_yaml(content: bytes, name: str) -> tuple[Any, dict[Keys, int]]:
    r"""Read the part of YAML that a person writes: mappings, lists, texts, numbers, true and false.

    Words are texts, ``no``, ``off`` and dates too. Tags, aliases and keys that come twice are errors: nothing
    in a file can make an object, or grow when it is read. ``name`` is what errors call the file. Returned are
    the values and, by their keys, the line of each, from 1; that of its key where it has one.

    >>> values, lines = read_yaml(b"a: 1\nb:\n- no\n", "x.yaml")
    >>> values, lines["b", 0]
    ({'a': 1, 'b': ['no']}, 3)
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}: not UTF-8; save the file as UTF-8") from None
    reader = YAML(typ="safe", pure=True)
    reader.Composer, reader.Resolver, reader.max_depth = _Composer, _Resolver, _DEEPEST
    try:
        node = reader.compose(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(f"{name}, line {line}: a character that cannot be in a text file") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        reason = " ".join(part for part in (error.context, error.problem) if part)
        if isinstance(error, MaxDepthExceededError):
            reason = f"more than {_DEEPEST} levels"
        raise InputError(f"{name}{where}: not valid YAML: {reason}") from None
    except (ValueError, OverflowError):  # an escape beyond Unicode
        raise InputError(f"{name}: not valid YAML: an escape that stands for no character") from None
    if node is None:
        raise InputError(f"{name}, line 1: the file is empty; 'mixdream survey new' makes a design")
    lines: dict[Keys, int] = {}
    return _value(node, (), lines, name), lines


class _Composer(Composer):
    """Refuses aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            raise ComposerError(None, None, "aliases (*name) are not used: write it out", event.start_mark)
        return super().compose_node(parent, index)


def _types() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Type and pattern of the words that are no texts, by their first character."""
    types: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, pattern, first in (
        ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", "[-+]?[0-9]{1,18}", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]{1,18}(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
        ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ):
        for character in first:
            full = (f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"))
            types.setdefault(character, []).append(full)
    return types


class _Resolver(VersionedResolver):
    """Knows fewer types than any version of YAML, where dates, 0x10 and 1_000 are no texts either."""

    versioned_resolver = _types()


def _value(node: Node, keys: Keys, lines: dict[Keys, int], name: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(keys, line)
    kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if isinstance(node, MappingNode) and kind == "map":
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, key_line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                raise InputError(f"{name}, line {key_line}: a key must be a word")
            if key in values:
                first = lines[*keys, key]
                raise InputError(f"{name}, line {key_line}: {key!r} comes twice, first in line {first}")
            lines[*keys, key] = key_line
            values[key] = _value(value_node, (*keys, key), lines, name)
        return values
    if isinstance(node, SequenceNode) and kind == "seq":
        return [_value(inside, (*keys, i), lines, name) for i, inside in enumerate(node.value)]
    if isinstance(node, ScalarNode) and kind in _SCALARS:
        with suppress(ValueError):  # of a tag that says what the value is not
            return _SCALARS[kind](node.value)
    raise InputError(f"{name}, line {line}: tags ({node.tag}) are not used: leave it out")


_SCALARS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda word: word.lower() == "true",
    "null": lambda word: None,
}
