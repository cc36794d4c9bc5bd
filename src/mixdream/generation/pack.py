"""Packs: the best of many loops that differ from each other, with a contact sheet, in one ZIP file."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count as count_up
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.analysis.fingerprint import distance_db, fingerprint
from mixdream.audio.write import AudioFormat
from mixdream.errors import InputError
from mixdream.files import whole_or_absent
from mixdream.generation.clips import DEFAULT_RATE_HZ, refuse_other_format
from mixdream.generation.contact_sheet import write_contact_sheet
from mixdream.generation.loops import Loop, make_loops, plan_loops, write_loop
from mixdream.generation.origin import Origin
from mixdream.generation.similarity import Similarity, draw
from mixdream.progress import Report, part, silent
from mixdream.runs.run import Run

CANDIDATES = 3
"""Loops that are made for each that is kept."""

DIFFERENT_DB = 4.0
"""Loops nearer than this are taken for the same: see `mixdream.analysis.fingerprint` and docs/loops.md."""

STANDS_OUT = 1.5
"""Ratio of a seam (`mixdream.analysis.seam`) above which a loop is only taken if there is no better one."""

_MAKING = 0.9  # share of the work


@dataclass(frozen=True)
class Pack:
    """What was written.

    Attributes
    ----------
    loops : tuple of dict
        What the JSON files say, with ``file``; best first.
    candidates : int
        Loops they were chosen from.
    silent, alike : int
        Those that were dropped.
    sheet, archive : Path
        Picture of all, and ZIP file of everything.
    """

    loops: tuple[dict[str, Any], ...]
    candidates: int
    silent: int
    alike: int
    sheet: Path
    archive: Path


def make_pack(
    run: Run,
    folder: Path,
    *,
    count: int,
    seed: int = 0,
    origins: Iterable[Origin] | None = None,
    inversion: str | None = None,
    bpm: float | None = None,
    bars: int | None = None,
    rate_hz: int = DEFAULT_RATE_HZ,
    form: AudioFormat = "wav",
    keep_level: bool = False,
    similarity: Similarity | None = None,
    report: Report = silent,
) -> Pack:
    """Make three times as many loops as are wanted and write the best that differ.

    Parameters
    ----------
    run, folder, seed, origins, inversion, bpm, bars, rate_hz, form, keep_level, similarity, report
        See `mixdream.generation.loops.generate_loops`.
    count : int
        Loops to keep; fewer are written where fewer differ.

    Returns
    -------
    Pack

    Raises
    ------
    InputError
        As for loops; and where every candidate is silent.
    """
    plan = plan_loops(run, inversion=inversion, bpm=bpm, bars=bars, rate_hz=rate_hz)
    refuse_other_format(folder, run.name, form)
    drawn = list(
        draw(
            partial(make_loops, plan),
            count_up(seed) if origins is None else origins,
            CANDIDATES * count,
            similarity,
            part(report, 0, _MAKING),
        )
    )
    made, likeness = [loop for loop, _ in drawn], {loop.origin: about for loop, about in drawn}
    heard = [loop for loop in made if not loop.silent]
    if not heard:
        raise InputError(f"all {len(made)} loops of {run.folder} are silent: train it for longer")
    chosen, alike = choose(heard, count, plan.grid.rate_hz, plan.beats)
    loops = []
    for loop in chosen:
        loops.append(write_loop(plan, loop, folder, form, keep_level, likeness[loop.origin]))
        report(_MAKING + (1 - _MAKING) * len(loops) / len(chosen), loops[-1]["file"])
    sheet, archive = folder / "contact-sheet.png", folder / f"{run.name}-pack.zip"
    write_contact_sheet(sheet, plan, chosen, loops)
    files = [Path(clip["file"]) for clip in loops]
    _write_zip(archive, [*files, *(file.with_suffix(".json") for file in files), sheet])
    return Pack(tuple(loops), len(made), len(made) - len(heard), alike, sheet, archive)


def choose(loops: Sequence[Loop], count: int, rate_hz: int, beats: int) -> tuple[list[Loop], int]:
    """Take loops in the order of their pulse, but none that is nearly one taken before.

    Those whose seam stands out come last.

    Parameters
    ----------
    loops : sequence of Loop
    count : int
        How many to take at most.
    rate_hz, beats : int
        Of the loops.

    Returns
    -------
    chosen : list of Loop
    alike : int
        How many were passed over since one like them was taken.
    """
    chosen: list[Loop] = []
    prints: list[np.ndarray] = []
    alike = 0
    for loop in sorted(loops, key=lambda one: (one.seam.ratio > STANDS_OUT, -one.pulse_db)):
        if len(chosen) == count:
            break
        own = fingerprint(loop.audio, rate_hz, beats)
        if any(distance_db(own, other) < DIFFERENT_DB for other in prints):
            alike += 1
            continue
        chosen.append(loop)
        prints.append(own)
    return chosen, alike


def _write_zip(path: Path, files: Sequence[Path]) -> None:
    """Write a ZIP file of these, in a folder of its name."""
    with (
        whole_or_absent(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for file in files:
            archive.write(file, f"{path.stem}/{file.name}")
