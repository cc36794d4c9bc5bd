"""Tracklists of a mix: which loop plays when, for people and as a cue sheet for players and burners."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixdream.audio.tags import SOFTWARE
from mixdream.files import valid_text
from mixdream.progress import clock

_MOST_TRACKS = 99  # of a cue sheet
_FRAMES_PER_S = 75  # of a compact disc


def tracklist(mix: dict[str, Any]) -> str:
    """A line for each section of a mix, of which `make_mix` says this: time, name, loops by seed and key."""
    lines = []
    for section in mix["sections"]:
        loops = "  ".join(map(_loop, section["phrases"]))
        lines.append(f"{clock(section['start_s'])}  {section['name']:5}  {loops}")
    return "\n".join(lines)


def cue_sheet(mix: dict[str, Any], file: Path) -> str:
    """A track for each loop of a mix in a file, or for several that begin together or are over 99 in a row.

    As in the appendix of the "CDRWIN user's guide" (Golden Hawk Technology): times are minutes, seconds and
    frames, of which a second has 75. FLAC files are called WAVE, too, as players expect.
    """
    phrases = [(section["name"], phrase) for section in mix["sections"] for phrase in section["phrases"]]
    starts = [list(same) for _, same in itertools.groupby(phrases, lambda named: named[1]["start_s"])]
    together = max(1, math.ceil(len(starts) / _MOST_TRACKS))
    seed = f", seed {mix['seed']}" if "seed" in mix else ""
    lines = [f'REM COMMENT "{SOFTWARE}{seed}, {mix["bpm"]:g} BPM"']
    lines += [f"TITLE {_quoted(file.stem)}", f"FILE {_quoted(file.name)} WAVE"]
    for number, first in enumerate(range(0, len(starts), together), 1):
        taken = list(itertools.chain(*starts[first : first + together]))
        name, phrase = taken[0]
        title = f"{name}: {', '.join(_loop(phrase) for _, phrase in taken)}"
        lines += [f"  TRACK {number:02d} AUDIO", f"    TITLE {_quoted(title)}"]
        lines.append(f"    INDEX 01 {_msf(phrase['start_s'])}")
    return "\n".join(lines) + "\n"


def beside(mix: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """Files beside a mix, and what is in them."""
    yield path.with_suffix(".txt"), tracklist(mix) + "\n"
    yield path.with_suffix(".cue"), cue_sheet(mix, path)


def _loop(phrase: dict[str, Any]) -> str:
    """Seed of the loop of a phrase, and its key.

    >>> _loop({"seed": 5, "key": "Am", "camelot": "8A"}), _loop({"seed": 6, "key": None, "camelot": None})
    ('5 Am 8A', '6')
    """
    return f"{phrase['seed']} {phrase['key']} {phrase['camelot']}" if phrase["key"] else str(phrase["seed"])


def _msf(seconds: float) -> str:
    """Minutes, seconds and frames.

    >>> _msf(3723.04)
    '62:03:03'
    """
    frames = round(seconds * _FRAMES_PER_S)
    return f"{frames // 4500:02d}:{frames // 75 % 60:02d}:{frames % 75:02d}"


def _quoted(text: str) -> str:
    """Cue sheets have no escapes; stray bytes of names of files become question marks."""
    return '"' + valid_text(text).replace('"', "'") + '"'
