"""The rooms of docs: imports go downward only, and importing the command line stays light."""

import ast
import graphlib
import subprocess
import sys
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
    {"files", "progress"},
    {"errors"},
)


def imports_of(path: Path) -> set[str]:
    """Names of modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


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


@pytest.mark.parametrize("heavy", ["torch", "numpy", "scipy", "matplotlib", "av", "accelerate"])
def test_help_needs_nothing_heavy(heavy: str) -> None:
    code = f"import sys, mixdream.cli.main; sys.exit('{heavy}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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
