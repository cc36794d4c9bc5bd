"""Export: finished loops taken apart for a DAW or a sampler."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixdream.analysis.stems.stems import split_stems
from mixdream.audio.level import Level
from mixdream.errors import InputError
from mixdream.files import all_or_none
from mixdream.generation.export.loop_file import LoopFile, read_loop
from mixdream.generation.export.move_loop import check_moves, move_loop, write_moved
from mixdream.generation.export.write_stems import stem_names, write_stems
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent

AS_THEY_ARE = Wish()


@dataclass(frozen=True)
class Parts:
    """What is to be written of each loop."""

    stems: bool = False


def export_loops(
    loops: Sequence[Path], folder: Path, parts: Parts, wish: Wish = AS_THEY_ARE, report: Report = silent
) -> list[dict[str, Any]]:
    """Write what is wanted of loops into a folder; files of the same names are replaced.

    The folder is made if need be. Of each loop all files are written, or none. Where the wish has a tempo, a
    transposition or a key, the loop itself is brought to it and written too, and its parts are of that.

    Returns
    -------
    list of dict
        Of each loop ``loop``, its file, and what was written: ``moved``, the loop at another tempo or
        pitch, and ``stems``, files by stem.

    Raises
    ------
    InputError
        Nothing is wanted, a file is no loop, tempo, transposition or key cannot be, two loops would get one
        name, or the folder cannot be written.
    """
    check_moves(wish)
    if not parts.stems and not wish.moves:
        raise InputError("nothing to export: say what you want with --stems, --bpm, --transpose or --key")
    taken = {path.resolve() for path in loops}
    exported = []
    for done, path in enumerate(loops):
        report(done / len(loops), path.name)
        loop = read_loop(path)
        level = None
        if wish.moves:
            loop, level = move_loop(loop, wish)
            if (target := (folder / loop.path.name).resolve()) in taken:
                raise InputError(f"'{target}' is a loop of its own: export '{path}' to another folder")
            taken.add(target)
        exported.append({"loop": str(path), **_export(loop, level, folder, parts)})
    return exported


def _export(loop: LoopFile, level: Level | None, folder: Path, parts: Parts) -> dict[str, Any]:
    """Write the parts of a loop; with a level, that of a loop that was moved, itself too."""
    stems = split_stems(loop.audio, loop.rate_hz) if parts.stems else None
    written: dict[str, Any] = {}
    with all_or_none(_paths(loop, folder, parts)):
        if level is not None:
            written["moved"] = write_moved(loop, level, folder)
        if stems is not None:
            written["stems"] = write_stems(loop, stems, folder)
    return written


def _paths(loop: LoopFile, folder: Path, parts: Parts) -> list[Path]:
    """All that is written of a loop."""
    names = [
        f"{name}.{suffix}"
        for name in [loop.path.stem, *stem_names(loop).values()]
        for suffix in (loop.form, "json")
    ]
    return [folder / name for name in names]
