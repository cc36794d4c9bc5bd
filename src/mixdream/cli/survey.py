"""``mixdream survey``: a listening test, from folders of clips to tables with intervals."""

from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any

import typer

from mixdream.cli import survey_analyse, survey_new, survey_serve
from mixdream.errors import InputError

EXTRA = ("fastapi", "pg8000", "pyarrow", "ruamel.yaml", "sqlalchemy", "uvicorn")
"""What only the listening test needs: ``mixdream[survey]``."""


def _with_extra(command: Callable[..., None]) -> Callable[..., None]:
    """A command that says in one line what is missing, before it does anything."""

    @wraps(command)
    def checked(*arguments: Any, **options: Any) -> None:
        if missing := [name for name in EXTRA if not _is_installed(name)]:
            raise InputError(
                f"listening tests need {', '.join(missing)}, not installed here: "
                "pip install 'mixdream[survey]'"
            )
        command(*arguments, **options)

    return checked


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


app = typer.Typer(
    help="Example: mixdream survey new --preference --real real --generated loops -o my-test\n\n"
    "Run a listening test: design it, serve it, analyse it. No answer is lost.",
    short_help="Run a listening test: design it, serve it, analyse it.",
    no_args_is_help=True,
)
for command in (
    survey_new.new,
    survey_new.plan,
    survey_serve.serve,
    survey_analyse.export,
    survey_analyse.analyse,
    survey_serve.delete,
):
    app.command()(_with_extra(command))
