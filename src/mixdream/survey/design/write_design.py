"""Writing designs: YAML that can be read and edited without a manual."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from mixdream.files import write_atomically
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.design.yaml_lines import WORDS

_WIDTH = 100
_LONG = 70  # characters from which a text is a block of its own


def write_design(path: Path, design: Design, header: Sequence[str] = ()) -> None:
    """Write a design as YAML with comments; `mixdream.survey.design.read_design` reads the same design back.

    Parameters
    ----------
    path : Path
    design : Design
    header : sequence of str
        Lines of a comment at the top: where it comes from, what to do next.
    """
    write_atomically(path, dump_design(design, header))


def dump_design(design: Design, header: Sequence[str] = ()) -> str:
    """Return what `write_design` writes."""
    parts = ["".join(f"# {line}\n" for line in header)] if header else []
    for key, value in _plain(design).items():
        comment = "".join(f"# {line}\n" for line in _COMMENTS.get(key, ()))
        parts.append(("\n" if comment else "") + comment + _dump({key: value}))
    return "".join(parts)


def _plain(part: BaseModel) -> dict[str, Any]:
    """Values of a part of a design, without the defaults that say nothing."""
    values = {}
    for key, field in type(part).model_fields.items():
        value = getattr(part, key)
        shown = key in _SHOWN or (key in _OF_SCALES and _is_scale(part)) or (key == "options" and value)
        if shown or value != field.default:
            values[key] = _value(value)
    # What kind a block is, and how it is called, comes first.
    return {key: values[key] for key in ("kind", "name") if key in values} | values


def _is_scale(part: BaseModel) -> bool:
    return isinstance(part, Question) and part.kind == "scale"


def _value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: _value(inside) for key, inside in value.items()}
    if isinstance(value, tuple):
        return [_value(inside) for inside in value]
    return value


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, short lists of words in one line, no aliases, lists indented."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text or len(text) > _LONG else None
    if len(text.splitlines()) != text.count("\n") + 1:
        style = '"'  # a line break of another kind, which YAML would read as the usual one
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.SafeDumper, values: list[Any]) -> yaml.SequenceNode:
    short = all(isinstance(value, str | int | float) and len(str(value)) < _LONG / 2 for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=short)


# Words that are no text to us or, as `no` is, to other readers of YAML get quotes.
_Dumper.yaml_implicit_resolvers = {
    first: yaml.SafeDumper.yaml_implicit_resolvers.get(first, []) + WORDS.get(first, [])
    for first in yaml.SafeDumper.yaml_implicit_resolvers.keys() | WORDS.keys()
}
_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def _dump(values: dict[str, Any]) -> str:
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2)


_OF_SCALES = ("lowest", "highest")

_SHOWN = frozenset(
    (
        *("languages", "seed", "loudness_lufs", "resume_hours", "completion", "exclusions"),
        *("generated", "must_listen", "attention"),
        *("shuffle_trials", "shuffle_clips", "per_pair", "same_item", "allow_tie", "per_condition"),
        *("text", "show_score", "wrong_attention", "fastest_share"),
    )
)
"""Keys that are written though they have their default: whoever reads the file should know them."""

_COMMENTS: dict[str, tuple[str, ...]] = {
    "title": ("What listeners see at the top of each page.",),
    "languages": (
        "Languages of the texts; the browser's language chooses, the first is for all others. With more than",
        "one, each text is written as {en: ..., de: ...} or is the same for all.",
    ),
    "seed": ("Who hears what, and in which order, follows from this number.",),
    "loudness_lufs": (
        "All clips are brought to this loudness (LUFS). Lower it if 'mixdream survey new' said that peaks",
        "keep some clips quieter.",
    ),
    "resume_hours": ("Hours after the last answer during which a listener can go on, on any device.",),
    "consent": (
        "First page. Say who asks, what for, and what is stored. What is indented under | is shown line by",
        "line; an empty line begins a paragraph.",
    ),
    "volume": ("Page on which listeners set their volume.",),
    "withdrawal": ("How to have one's answers deleted; beside it stands the listener's own link.",),
    "demographics": (
        "Questions about the listener. kind: choice (of options), scale (lowest to highest) or text.",
        "required: false lets a question be left out.",
    ),
    "conditions": (
        "Conditions: folders of sound files, from the folder of this file, 60 s a file at most. Files of one",
        "name in two folders are the same item. generated: true where 'generated' is the right answer.",
        "through: GRID sends clips through mixdream's spectrograms and back (thesis, studio-8k, studio-16k,",
        "studio-32k). anchor: true makes them bad on purpose.",
    ),
    "blocks": (
        "What listeners do, in this order. kind:",
        "  detect  two clips: which, if any, sound generated?   trials: [option 1, option 2], conditions",
        "  prefer  two clips: which is better?                  pairs, per_pair trials of each; allow_tie",
        "  abx     A, B and X: which of them is X?              pairs, per_pair",
        "  rate    one clip, questions about it                 conditions, per_condition clips of each",
        "  ask     questions without a clip",
        "same_item: true compares only files of one name. must_listen: clips are heard to their end before",
        "an answer. attention: number of items, hidden among the others, that ask how many tones were heard.",
        "intro: text of a page before the block.",
    ),
    "completion": ("Last page. code: what a panel wants to see; show_score tells listeners their score.",),
    "exclusions": (
        "Who does not count in the analysis; nothing is deleted. More wrong attention items than",
        "wrong_attention, or less than fastest_share of all seconds of the clips heard.",
    ),
}
