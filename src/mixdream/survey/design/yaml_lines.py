"""YAML as plain values, and the line that each of them is on."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from mixdream.errors import InputError

Place = tuple[int | str, ...]
"""Keys and positions that lead to a value."""

_DEEPEST = 20


@dataclass(frozen=True)
class Lines:
    """Lines of the values of a file, from 1.

    Parameters
    ----------
    by_place : {place: line}
        That of the key where there is one.
    """

    by_place: dict[Place, int]

    def of(self, place: Place) -> int:
        """Line of a value; of one that is not there, that of the nearest one around it."""
        while place and place not in self.by_place:
            place = place[:-1]
        return self.by_place[place]


def read_yaml(content: bytes, name: str) -> tuple[Any, Lines]:
    r"""Read the part of YAML that a person writes: mappings, lists, texts, numbers, true and false.

    Words are texts, ``no``, ``off`` and dates too (as in YAML 1.2). Tags, aliases and keys that come twice
    are errors: nothing in a file can make an object, or grow when it is read.

    Parameters
    ----------
    content : bytes
        UTF-8.
    name : str
        What errors call the file.

    Returns
    -------
    values : object
    lines : Lines

    Raises
    ------
    InputError

    Examples
    --------
    >>> values, lines = read_yaml(b"a: 1\nb:\n- no\n", "x.yaml")
    >>> values, lines.of(("b", 0))
    ({'a': 1, 'b': ['no']}, 3)
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}, line {line}: not UTF-8; save the file as UTF-8") from None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(f"{name}, line {line}: a character that cannot be in a text file") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{name}{where}: not valid YAML: {reason}") from None
    except (ValueError, OverflowError):  # an escape beyond Unicode
        raise InputError(f"{name}: not valid YAML: an escape that stands for no character") from None
    if node is None:
        raise InputError(f"{name}, line 1: the file is empty; 'mixdream survey new' makes a design")
    lines: dict[Place, int] = {}
    return _value(node, (), lines, name), Lines(lines)


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses aliases and depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not used: write it out", mark)
        if self.depth >= _DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"more than {_DEEPEST} levels", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_Loader.yaml_implicit_resolvers = {}  # not the words of YAML 1.1, where `no` is false and 1:30 is 90
for _tag, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]{1,18}", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]{1,18}(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})\Z"), list(_first)
    )

WORDS = _Loader.yaml_implicit_resolvers
"""Which words, by their first character, are no text: what is written must put them in quotes."""


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if isinstance(node, yaml.MappingNode) and kind == "map":
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, key_line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise InputError(f"{name}, line {key_line}: a key must be a word")
            if key in values:
                first = lines[*place, key]
                raise InputError(f"{name}, line {key_line}: {key!r} comes twice, first in line {first}")
            lines[*place, key] = key_line
            values[key] = _value(value_node, (*place, key), lines, name)
        return values
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return [_value(inside, (*place, i), lines, name) for i, inside in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
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
