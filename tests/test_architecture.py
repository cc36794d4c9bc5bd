"""The rooms of docs: imports go downward only, and importing the command line stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mixdream

ROOT = Path(mixdream.__file__).parent

# From top to bottom; a room may import its own floor and those below.
FLOORS = (
    {"cli", "__main__"},
    {"project"},
    {"project_page"},
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


def imported_rooms() -> set[tuple[str, str]]:
    pairs = set()
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "mixdream" and len(parts) > 1 and parts[1] != room:
                    pairs.add((room, parts[1]))
    return pairs


def floor_of(room: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if room in floor)


def test_imports_go_downward() -> None:
    upward = [(a, b) for a, b in imported_rooms() if floor_of(b) < floor_of(a)]
    assert upward == []


def test_training_and_evaluation_do_not_generate() -> None:
    rooms = imported_rooms()
    assert ("generation", "runs") in rooms
    assert not rooms & {("training", "generation"), ("evaluation", "generation"), ("survey", "generation")}


def test_no_two_rooms_import_each_other() -> None:
    rooms = imported_rooms()
    assert [(a, b) for a, b in rooms if (b, a) in rooms] == []


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
