"""The rooms of docs: imports go downward only, and importing the command line stays light."""

import ast
import graphlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import mixdream

ROOT = Path(mixdream.__file__).parent

# From top to bottom; a room may import its own floor and those below.
FLOORS = (
    {"cli", "__main__"},
    {"studio"},
    {"project", "reproduce"},
    {"project_page", "project_folder"},
    {"survey", "training", "generation"},
    {"evaluation"},
    {"runs"},
    {"recipes"},
    {"corpus"},
    {"pages"},
    {"analysis"},
    {"models", "spectrogram", "audio"},
    {"demo"},
    {"files", "progress", "ahead"},
    {"errors"},
)


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Names of modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(names)


def imported_rooms() -> set[tuple[str, str]]:
    pairs = set()
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).with_suffix("").parts[0]
        modules = [name.split(".") for name in imports_of(path) if name.startswith("mixdream.")]
        pairs |= {(room, parts[1]) for parts in modules if parts[1] != room}
    rooms = {path.stem for path in ROOT.iterdir()}  # constants of the package are no rooms
    return {(room, other) for room, other in pairs if other in rooms}


def floor_of(room: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if room in floor)


def test_imports_go_downward() -> None:
    rooms = imported_rooms()
    assert [(a, b) for a, b in rooms if floor_of(b) < floor_of(a)] == []
    assert [(a, b) for a, b in rooms if (b, a) in rooms] == []


def test_training_and_evaluation_do_not_generate() -> None:
    rooms = imported_rooms()
    assert ("generation", "runs") in rooms
    assert not rooms & {("training", "generation"), ("evaluation", "generation"), ("survey", "generation")}


def test_no_files_import_each_other_in_a_circle() -> None:
    files = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in ROOT.rglob("*.py")}
    graph = {file: imports_of(ROOT.parent / f"{file.replace('.', '/')}.py") & files for file in files}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    assert order.index("mixdream.files") < order.index("mixdream.cli.main")


def loaded_by(module: str) -> set[str]:
    """Modules that are loaded with one, in a new process."""
    code = f"import sys, {module}; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout.split()
    )


HEAVY = {"torch", "numpy", "scipy", "matplotlib", "av", "accelerate"}


@pytest.mark.parametrize(
    ("module", "may_be_loaded"),
    [
        ("mixdream.cli.main", set()),
        ("mixdream.recipes.load", {"numpy"}),
        ("mixdream.survey.rendering.render", {"numpy", "av"}),
        ("mixdream.survey.serving.app", {"numpy"}),
    ],
)
def test_what_begins_at_once_loads_nothing_heavy(module: str, may_be_loaded: set[str]) -> None:
    loaded = loaded_by(module)
    assert module in loaded and loaded & HEAVY <= may_be_loaded


def test_only_the_command_line_prints_or_exits() -> None:
    forbidden = ("print", "exit", "sys.exit", "os._exit")
    offenders = [
        f"{path}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in ("cli", "__main__.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in forbidden
    ]
    assert offenders == []
