import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mixdream.cli import survey
from mixdream.errors import InputError

COMMANDS = {
    "new": ["-o", "t", "--real", "r", "--mos"],
    "plan": ["t"],
    "serve": ["t"],
    "export": ["t", "-o", "e"],
    "analyse": ["t"],
    "delete": ["t", "s"],
}


@pytest.mark.parametrize(
    ("command", "module"),
    [*((command, "sqlalchemy") for command in COMMANDS), *(("plan", module) for module in survey.EXTRA)],
)
def test_every_command_says_how_to_install_what_is_missing(
    command: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"listening tests need {module}, not installed here: pip install 'mixdream\[survey\]'"
    with pytest.raises(InputError, match=message):
        CliRunner().invoke(survey.app, [command, *COMMANDS[command]], catch_exceptions=False)
    assert CliRunner().invoke(survey.app, [command, "--help"]).exit_code == 0


def test_without_the_extra_it_is_one_line_and_everything_else_works(tmp_path: Path) -> None:
    code = f"""
import sys
for name in {survey.EXTRA!r}:
    sys.modules[name] = None
sys.modules["ruamel"] = None
from mixdream.cli.main import main
main()
"""
    command = [sys.executable, "-c", code, "survey", "export", "t", "-o", "e"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(
        "mixdream: listening tests need fastapi, pg8000, pyarrow, ruamel.yaml, sqlal"
    )
    assert done.stderr.endswith("pip install 'mixdream[survey]'\n") and done.stderr.count("\n") == 1
    done = subprocess.run([sys.executable, "-c", code, "recipes"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
