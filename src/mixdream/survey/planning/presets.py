"""Designs that mixdream brings along, as templates of ``survey.yaml`` that are filled in."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from textwrap import indent
from typing import Any

import jinja2

from mixdream.errors import InputError

REAL, THROUGH, ANCHOR = "real", "real-inverted", "anchor"
"""Conditions: real clips as they are, through our own inversion, and made bad on purpose."""

LOWPASSES = {"anchor-3500": 3500, "anchor-7000": 7000}
"""Conditions: the low and the mid anchor of MUSHRA, with their edges in Hz."""

LANGUAGES = ("en", "de")
"""Languages of the templates' texts."""

GRIDS = {"thesis": "thesis", **dict.fromkeys(("preference", "mos", "mushra", "abx"), "studio-8k")}
"""Grid that real clips go through, by preset, unless another is named."""

PAIRED = ("abx", "mushra")
"""Presets in which real files are what generated ones of the same name are measured by."""

NO_CONTACT = "[name, institution, e-mail address]"
"""What stands in the consent until somebody says who asks."""

_LONG = 70  # characters from which a text stands on lines of its own
_NO_TEXTS = ("true", "false", "null", "yes", "off")  # to us, or to other readers of YAML


def fill_preset(
    preset: str,
    real: str,
    generated: Mapping[str, str],
    grid: str | None,
    trials: int,
    languages: Sequence[str] = ("en",),
    title: str | None = None,
    contact: str | None = None,
    practice: int = 0,
) -> str:
    """Write the ``survey.yaml`` of a preset, one of `GRIDS`.

    Folders, the real one's and those of generated clips by condition, are given from the design's own.
    ``grid`` is what real clips go through, ``trials`` are those of each pair or condition per listener, after
    those of ``practice`` (MUSHRA), and ``contact`` says who asks, and how to reach them.
    """
    for language in languages:
        if language not in LANGUAGES:
            raise InputError(
                f"the texts are in {' and '.join(LANGUAGES)}, got '{language}': take one of them and "
                "translate survey.yaml"
            )
    conditions = _conditions(preset, real, generated, grid)
    return (
        _templates()
        .get_template(f"{preset}.yaml")
        .render(
            preset=preset,
            conditions=conditions,
            generated=list(generated),
            every_pair=list(combinations(conditions, 2)),
            trials=trials,
            practice=practice,
            languages=languages,
            title=title and f" {_quoted(title)}",
            contact=contact or NO_CONTACT,
            text=lambda en, de, **values: _text({"en": en, "de": de}, languages, values),
        )
    )


def _conditions(
    preset: str, real: str, generated: Mapping[str, str], grid: str | None
) -> dict[str, dict[str, Any]]:
    """Conditions of a preset, as `mixdream.survey.design.design.Condition` has them."""
    if preset == "thesis" and len(generated) != 1:
        raise InputError(
            f"the thesis's test has one folder of generated clips, got {len(generated)}: "
            "give --generated once"
        )
    if preset not in PAIRED and not generated:
        raise InputError(f"--{preset} needs clips to judge: give --generated FOLDER")
    if not generated and not grid:
        raise InputError(
            f"{preset} compares real clips with --generated ones, or with themselves --through a grid: give "
            "one"
        )
    conditions: dict[str, dict[str, Any]] = {REAL: {"folder": real, "generated": False}}
    if grid and (preset in ("mos", "mushra") or not generated):  # heard both as they are and through the grid
        conditions[THROUGH] = {"folder": real, "generated": False, "through": grid}
    elif grid:
        conditions[REAL]["through"] = grid
    conditions |= {name: {"folder": folder, "generated": True} for name, folder in generated.items()}
    if preset == "mushra":
        for name, edge_hz in LOWPASSES.items():
            conditions[name] = {"folder": real, "generated": False, "lowpass_hz": edge_hz}
    if preset == "mos":
        conditions[ANCHOR] = {"folder": real, "generated": False, "anchor": True}
    return conditions


def _text(texts: Mapping[str, str], languages: Sequence[str], values: Mapping[str, str]) -> str:
    """What follows a key: its text in one language, or one for each."""
    scalars = {language: _scalar(_unwrapped(texts[language]).format(**values)) for language in languages}
    if len(scalars) == 1:
        return f" {scalars[languages[0]]}"
    if any("\n" in scalar for scalar in scalars.values()):
        return "".join(
            f"\n  {language}: {indent(scalar, '  ').lstrip()}" for language, scalar in scalars.items()
        )
    return f" {{{', '.join(f'{language}: {scalar}' for language, scalar in scalars.items())}}}"


def _unwrapped(text: str) -> str:
    """A text of a template with each paragraph on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _scalar(text: str) -> str:
    """A text in YAML, on lines of its own where it is long."""
    if ("\n" in text or len(text) > _LONG) and text.replace("\n", "").isprintable():
        return "|-\n" + indent(text, "  ")
    return _quoted(text)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mixdream.survey.planning", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = _quoted
    return environment


def _quoted(text: str) -> str:
    r"""A text in YAML on one line, in quotes unless it is a plain word.

    >>> print(_quoted("real-inverted"), _quoted("no"), _quoted('a "b"'))
    real-inverted "no" "a \"b\""
    """
    if re.fullmatch(r"[a-z]{3,}(-[a-z0-9]+)*", text) and text not in _NO_TEXTS:
        return text
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
