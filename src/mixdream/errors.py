"""Every error that mixdream raises on purpose, and what pydantic finds wrong in words."""

from textwrap import shorten
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # not for every 'mixdream --help'
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class MixdreamError(Exception):
    """Root of all errors raised by mixdream on purpose; its message is for the user."""


class InputError(MixdreamError):
    """The input or an option is wrong: what was got, what is allowed, what to do next.

    The command line shows the message as one line and exits with code 2.
    """


class Interrupted(MixdreamError):
    """Work stopped early on request (Ctrl-C, SIGTERM) and left a state that can be resumed.

    The command line shows the message, which says how to go on, and exits with code 1.
    """


def first_problem(error: "ValidationError") -> str:
    """Say what a pydantic model found wrong first: ``sets.0.seconds: input should be ..., got 'x'``."""
    problem = error.errors()[0]
    return explain_problem(problem, ".".join(map(str, problem["loc"])))


def explain_problem(problem: "ErrorDetails", key: str) -> str:
    """Say one thing that a pydantic model found wrong, of the value that the user knows by this key."""
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{key}: {message}" if key else message
    got = shorten(repr(problem["input"]), 80, placeholder=" ...")
    return f"{key or 'all of it'}: {message[0].lower()}{message[1:]}, got {got}"
