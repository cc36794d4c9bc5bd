"""Packs: the best of many loops that differ from each other, with a contact sheet, in one ZIP file."""

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mixdream.ahead import ahead
from mixdream.analysis.fingerprint import distance_db, fingerprint
from mixdream.analysis.key import Key
from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.files import whole_or_absent
from mixdream.generation.clips import refuse_other_format
from mixdream.generation.contact_sheet import write_contact_sheet
from mixdream.generation.loops import Loop, LoopPlan, key_of, make_loop, plan_loops, write_loop
from mixdream.generation.origin import Origin
from mixdream.generation.similarity import TRIES, compare_with, draw
from mixdream.generation.wish import Wish
from mixdream.progress import Report, part, silent
from mixdream.runs.run import Run

CANDIDATES = 3  # loops that are made for each that is kept
DIFFERENT_DB = 4.0
"""Loops nearer than this are taken for the same: see `mixdream.analysis.fingerprint` and docs/loops.md."""

STANDS_OUT = 1.5
"""Ratio of a seam (`mixdream.analysis.seam`) above which a loop is only taken if there is no better one."""

_MAKING = 0.9  # share of the work
_SEEKING = 0.6  # of which, where a key is asked for


@dataclass(frozen=True)
class Pack:
    """What was written, and of how many candidates it is the best."""

    loops: tuple[dict[str, Any], ...]  # what the JSON files say, with ``file``; best first
    candidates: int
    silent: int  # dropped
    alike: int  # dropped
    copies: int  # dropped
    sheet: Path
    archive: Path


def make_pack(
    run: Run, folder: Path, wish: Wish, corpus: Corpus | None = None, report: Report = silent
) -> Pack:
    """Make three times as many loops as are wished for and write the best that differ.

    Fewer are written where fewer differ, or where `TRIES` loops for each that is wanted hold fewer in the key
    that is asked for. Loops that were judged to be copies are dropped, unless all are. See
    `mixdream.generation.generate` for what is given.

    Raises
    ------
    InputError
        What is wished for cannot be, every candidate is silent, or none is in the key.
    """
    plan = plan_loops(run, wish)
    refuse_other_format(folder, run, wish.form)
    more = replace(wish, count=CANDIDATES * wish.count)
    make: Callable[[Origin], Loop] = partial(make_loop, plan)
    sought = 0.0
    if wish.fits:
        sought = _SEEKING
        found = _in_key(plan, more, part(report, 0, sought))
        make, more = found.__getitem__, replace(more, count=len(found), origins=list(found))
    drawing = part(report, sought, _MAKING - sought)
    drawn = list(draw(make, more, compare_with(corpus, run, wish), drawing))
    likeness = {loop.origin: about for loop, about in drawn}
    audible = [loop for loop, _ in drawn if not loop.silent]
    if not audible:
        raise InputError(f"all {len(drawn)} loops of {run.folder} are silent: train it for longer")
    originals = without_copies(audible, likeness)
    chosen, alike = choose(originals, wish.count, plan.grid.rate_hz, plan.beats)
    loops = []
    for about in ahead(lambda loop: write_loop(plan, loop, folder, likeness[loop.origin]), chosen):
        loops.append(about)
        report(_MAKING + (1 - _MAKING) * len(loops) / len(chosen), loops[-1]["file"])
    sheet, archive = folder / "contact-sheet.png", folder / f"{run.name}-pack.zip"
    write_contact_sheet(sheet, plan, chosen, loops)
    files = [Path(clip["file"]) for clip in loops]
    _write_zip(archive, [*files, *(file.with_suffix(".json") for file in files), sheet])
    dropped = len(drawn) - len(audible), alike, len(audible) - len(originals)
    return Pack(tuple(loops), len(drawn), *dropped, sheet, archive)


def _in_key(plan: LoopPlan, wish: Wish, report: Report) -> dict[Origin, Loop]:
    """Make loops until as many as are wished for are in the key that is asked for."""
    assert wish.key is not None
    found: dict[Origin, Loop] = {}
    tries = TRIES * wish.count // CANDIDATES
    with closing(ahead(partial(_with_key, plan), islice(wish.each_origin(), tries))) as made:
        for tried, (loop, own) in enumerate(made, 1):
            if own is not None and wish.key.mixes_with(own):
                found[loop.origin] = loop
            report(max(tried / tries, len(found) / wish.count), f"{len(found)} in key of {tried}")
            if len(found) == wish.count:
                break
    if not found:
        key = f"{wish.key.name} ({wish.key.camelot})"
        raise InputError(
            f"none of {tries} loops of {plan.run.folder} is in {key} or a key that mixes "
            "with it: try another key or --seed, or transpose, without --fits"
        )
    return found


def _with_key(plan: LoopPlan, origin: Origin) -> tuple[Loop, Key | None]:
    loop = make_loop(plan, origin)
    return loop, None if loop.silent else key_of(plan, loop)


def without_copies(loops: list[Loop], likeness: Mapping[Origin, dict[str, Any]]) -> list[Loop]:
    """Loops that the copy check, where it was asked, did not call copies; all where it did so of all."""
    return [loop for loop in loops if not likeness[loop.origin].get("copy")] or loops


def choose(loops: Sequence[Loop], count: int, rate_hz: int, beats: int) -> tuple[list[Loop], int]:
    """Take at most ``count`` loops in the order of their pulse, those whose seam stands out last.

    None is nearly one taken before; also returned is how many were passed over for that.
    """
    chosen: list[Loop] = []
    prints: list[np.ndarray] = []
    alike = 0
    for loop in sorted(loops, key=lambda loop: (loop.seam.ratio > STANDS_OUT, -loop.pulse_db)):
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
    """Zip files into a folder of the archive's name, without the path of the run in their JSON."""
    with (
        whole_or_absent(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for file in files:
            name = f"{path.stem}/{file.name}"
            if file.suffix == ".json":
                about = json.loads(file.read_text("utf-8"))
                del about["run_folder"]
                archive.writestr(name, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
            else:
                archive.write(file, name)
