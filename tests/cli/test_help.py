"""The shape of every command: its options by name and type, and a help that fits a screen."""

import inspect
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import typer.main

from mixdream.cli.main import app
from tests.cli.test_main import mixdream

GOLDEN = Path(__file__).with_name("options.json")
SCREEN_LINES = 40

Command = Any  # click's, which typer brings along under a private name
ROOT: Command = typer.main.get_command(app)


def commands(group: Command = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Command]]:
    """Every command by its words, groups left out."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, word))
        else:
            yield " ".join((*path, word)), command


def shape(parameter: Command) -> str:
    """Type, limits, and whether it is required."""
    annotation = parameter.type_descriptor.annotation
    is_choice = get_origin(annotation) is Literal
    words = ["|".join(get_args(annotation)) if is_choice else inspect.formatannotation(annotation)]
    if (parameter.min, parameter.max) != (None, None):
        words.append(f"{'' if parameter.min is None else parameter.min}..{parameter.max or ''}")
    return " ".join(words + ["required"] * parameter.required)


def name(parameter: Command) -> str:
    """Spellings of an option, or the place of an argument."""
    is_option = parameter.opts[0].startswith("-")
    return " ".join(parameter.opts + parameter.secondary_opts) if is_option else parameter.name.upper()


def test_options_are_as_they_were() -> None:
    """A changed name or type shows in the diff. Write them anew with MIXDREAM_GOLDEN=1."""
    shapes = {
        words: {name(parameter): shape(parameter) for parameter in command.params}
        for words, command in commands()
    }
    text = json.dumps(shapes, indent=1) + "\n"
    if os.environ.get("MIXDREAM_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert shapes == json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize("words", ["", "corpus", "survey", *(words for words, _ in commands())])
def test_help_fits_a_screen(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (("COLUMNS", "100"), ("TERM", "dumb"), ("NO_COLOR", "1")):
        monkeypatch.setenv(variable, value)
    done = mixdream(*words.split(), "--help")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert next(line.strip() for line in lines[2:] if line.strip()).startswith("Example: mixdream ")
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(("words", "command"), list(commands()))
def test_help_begins_with_an_example_that_parses(words: str, command: Command) -> None:
    example, _, rest = command.help.partition("\n\n")
    assert example.startswith(f"Example: mixdream {words} ") and rest
    arguments = shlex.split(example)[2 + len(words.split()) :]
    command.make_context(words, arguments)
