"""Reading a file of counts: how many listeners chose what, without single answers."""

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mixdream.errors import InputError
from mixdream.survey.analysis.scores import Counts

THESIS = "thesis"
"""Name of the built-in counts: those of the thesis."""

_MOST_BYTES = 1_000_000


def read_counts(name: str) -> Counts:
    """Read counts.

    Parameters
    ----------
    name : str
        ``thesis``, or the path of a YAML or JSON file.

    Raises
    ------
    InputError
        No such file, or it is not as `Counts` has it; every fault is named.

    Examples
    --------
    >>> read_counts("thesis").listeners
    137
    """
    try:
        return Counts.model_validate(_content(name))
    except ValidationError as error:
        faults = "; ".join(_explain(one) for one in error.errors())
        raise InputError(f"counts {name}: {faults}") from None


def _content(name: str) -> Any:
    try:
        if name == THESIS:
            source = resources.files("mixdream.survey.analysis").joinpath("thesis_counts.yaml")
            content = source.read_bytes()
        else:
            path = Path(name)
            if path.stat().st_size > _MOST_BYTES:
                raise InputError(f"counts {name}: {path.stat().st_size} bytes; 1 MB are allowed")
            content = path.read_bytes()
        return yaml.safe_load(content)
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"no file {name}; --counts takes '{THESIS}' or a YAML file of counts") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"counts {name} is not valid YAML: {' '.join(str(error).split())}") from None


def _explain(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key} is no key of a file of counts"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] in ("value_error", "missing"):
        return f"{key}: {message}" if key else message
    return f"{key}: {message[0].lower()}{message[1:]}, got {error['input']!r:.80}"
