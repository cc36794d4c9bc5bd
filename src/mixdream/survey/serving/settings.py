"""How a listening test is served; the same for all worker processes, which read it from the environment."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from mixdream.files import secret_in

VARIABLE = "MIXDREAM_SURVEY"
"""Environment variable that worker processes find their settings in."""


@dataclass(frozen=True)
class Settings:
    """What a worker has to know."""

    folder: str  # of the design; its clips are rendered
    db: str  # URL of the database
    design_hash: str  # of the design that new listeners get; it is in the database
    proxy: bool = False  # whether a reverse proxy says who asks, in X-Forwarded-For and -Proto
    preview: bool = False  # whether the database is thrown away; pages say so

    def to_environment(self) -> None:
        """Leave the settings for the worker processes that this one starts."""
        os.environ[VARIABLE] = json.dumps(asdict(self))

    @classmethod
    def from_environment(cls) -> Self:
        """Read what `to_environment` left."""
        return cls(**json.loads(os.environ[VARIABLE]))


def progress_token(folder: Path) -> str:
    """Secret of the researcher's page, made at the first call: ``progress-token`` beside the design.

    Whoever deletes the file gets a new one, and links with the old one are dead.
    """
    return secret_in(folder / "progress-token")
