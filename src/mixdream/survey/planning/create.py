"""Creating a listening test: a folder with a design and its clips."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixdream.errors import InputError
from mixdream.files import folder_atomically
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import NAMED_GRIDS
from mixdream.survey.design.design import Design
from mixdream.survey.design.read_design import DESIGN_FILE, parse_design
from mixdream.survey.planning.presets import (
    ANCHOR,
    GRIDS,
    LOWPASSES,
    NO_CONTACT,
    PAIRED,
    REAL,
    THROUGH,
    fill_preset,
)
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.rendering.render import clip_notes, render_clips
from mixdream.survey.rendering.sources import find_sources

NO_GRID = "none"
"""In the place of a grid: real clips stay as they are."""

MOST_TRIALS = 4
"""Of each pair or condition, per listener, unless there are fewer clips."""

MOST_PAGES = 8
"""Of MUSHRA: of so many, to miss the hidden reference once is not yet more than 15 %."""


@dataclass(frozen=True)
class Created:
    """A new test; notes say what the researcher should know or do."""

    design: Design
    clips: list[Clip]
    notes: list[str]


def create_test(
    preset: str,
    folder: Path,
    real: Path,
    generated: Sequence[Path],
    through: str | None = None,
    languages: Sequence[str] = ("en",),
    title: str | None = None,
    contact: str | None = None,
    report: Report = silent,
) -> Created:
    """Make a test from folders of clips, whole or not at all, in a folder that is new or empty.

    It gets ``survey.yaml`` and ``rendered/``; sound files stay where they are. A source that is given as a
    relative path is named relative to it, so that both can be moved together. Folders of generated clips name
    their conditions. Real clips go ``through`` a grid, or `NO_GRID`; unless given the preset's own.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"'{folder}' exists: name a new folder, or remove it")
    # What others are measured by stays as it is.
    grid = through or (NO_GRID if preset in PAIRED and generated else GRIDS[preset])
    if grid != NO_GRID and grid not in NAMED_GRIDS:
        raise InputError(f"unknown grid '{grid}'; there are {', '.join(NAMED_GRIDS)}, and {NO_GRID}")
    folders = _condition_names(generated)
    items = {
        name: {source.item for source in find_sources(name, path)}
        for name, path in {REAL: real, **folders}.items()
    }
    if preset == "mushra":  # all on one page
        available = len(set.intersection(*items.values()))
    elif preset == "abx":  # compares files of one name
        available = min(len(items[REAL] & others) for others in items.values())
    else:
        available = min(map(len, items.values()))
    practice = int(preset == "mushra" and available > 2)  # BS.1534-3 begins with training
    most = MOST_PAGES if preset == "mushra" else MOST_TRIALS
    text = fill_preset(
        preset,
        _from(folder, real),
        {name: _from(folder, path) for name, path in folders.items()},
        None if grid == NO_GRID else grid,
        trials=max(1, min(most, available - practice)),
        practice=practice,
        languages=languages,
        title=title,
        contact=contact,
    ).encode("utf-8", "backslashreplace")
    design = parse_design(text, str(folder / DESIGN_FILE))
    with folder_atomically(folder) as made:  # beside the new folder: relative paths lead to the same place
        clips = render_clips(design, made, report)
        (made / DESIGN_FILE).write_bytes(text)
        notes = clip_notes(design, made)
    if not contact:
        notes.append(f"survey.yaml says {NO_CONTACT} in the consent: say there who asks")
    return Created(design, clips, notes)


def _condition_names(folders: Sequence[Path]) -> dict[str, Path]:
    """Names of conditions from the names of folders."""
    names: dict[str, Path] = {}
    for folder in folders:
        name = re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")[:40]
        if not name or name in (REAL, THROUGH, ANCHOR, *LOWPASSES, "attention", "demographics"):
            name = f"generated-{name}".rstrip("-")
        if name in names:
            raise InputError(
                f"'{names[name]}' and '{folder}' would both be condition {name}: rename one of the folders"
            )
        names[name] = folder
    return names


def _from(folder: Path, source: Path) -> str:
    """A source as the design names it."""
    return str(source) if source.is_absolute() else Path(os.path.relpath(source, folder)).as_posix()
