"""Clips of a listening test as they are served: rendered once, at one loudness, under opaque names."""

import json
from dataclasses import dataclass
from pathlib import Path

from mixdream.errors import InputError

RATE_HZ = 48_000
"""Rate of all clips, whatever that of their source is: it would give their condition away."""

RENDERED = "rendered"
"""Folder beside the design: ``<clip id>.flac`` and ``clips.json``, which says what each is."""


@dataclass(frozen=True)
class Clip:
    """A clip."""

    id: str  # opaque: says nothing of condition or item
    condition: str  # or attention
    item: str  # stem of its source file; of an attention item the number of tones
    seconds: float


def read_clips(folder: Path) -> list[Clip]:
    """Clips that were rendered for the design in a folder, in the order of their ids."""
    path = folder / RENDERED / "clips.json"
    try:
        return [Clip(**clip) for clip in json.loads(path.read_text("utf-8"))["clips"]]
    except FileNotFoundError:
        raise InputError(f"{path} is missing: the clips of this test were not rendered yet") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}): delete the folder, it is made again") from error
