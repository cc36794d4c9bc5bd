"""Export: finished loops taken apart for a DAW or a sampler."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixdream.analysis.stems.stems import split_stems
from mixdream.errors import InputError
from mixdream.files import all_or_none
from mixdream.generation.export.loop_file import LoopFile, read_loop
from mixdream.generation.export.write_stems import stem_names, write_stems
from mixdream.progress import Report, silent


@dataclass(frozen=True)
class Parts:
    """What is to be written of each loop."""

    stems: bool = False


def export_loops(
    loops: Sequence[Path], folder: Path, parts: Parts, report: Report = silent
) -> list[dict[str, Any]]:
    """Write what is wanted of loops into a folder; files of the same names are replaced.

    The folder is made if need be. Of each loop all files are written, or none.

    Returns
    -------
    list of dict
        Of each loop ``loop``, its file, and ``stems``, files by stem.

    Raises
    ------
    InputError
        Nothing is wanted, a file is no loop, or the folder cannot be written.
    """
    if not parts.stems:
        raise InputError("nothing to export: say what you want with --stems")
    exported = []
    for done, path in enumerate(loops):
        report(done / len(loops), path.name)
        exported.append({"loop": str(path), **_export(read_loop(path), folder, parts)})
    return exported


def _export(loop: LoopFile, folder: Path, parts: Parts) -> dict[str, Any]:
    stems = split_stems(loop.audio, loop.rate_hz)
    with all_or_none(_paths(loop, folder, parts)):
        return {"stems": write_stems(loop, stems, folder)}


def _paths(loop: LoopFile, folder: Path, parts: Parts) -> list[Path]:
    """All that is written of a loop."""
    names = [f"{name}.{suffix}" for name in stem_names(loop).values() for suffix in (loop.form, "json")]
    return [folder / name for name in names]
