"""Export: finished loops taken apart for a DAW or a sampler."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from mixdream.analysis.lines.notes import find_lines
from mixdream.analysis.one_shots import find_one_shots
from mixdream.analysis.stems.stems import split_stems
from mixdream.errors import InputError
from mixdream.files import all_or_none
from mixdream.generation.export.loop_file import LoopFile, read_loop
from mixdream.generation.export.write_midi import midi_path, write_midi
from mixdream.generation.export.write_one_shots import one_shots_path, write_one_shots
from mixdream.generation.export.write_stems import stem_paths, write_stems
from mixdream.progress import Report, silent


@dataclass(frozen=True)
class Parts:
    """What is to be written of each loop."""

    stems: bool = False
    one_shots: bool = False
    midi: bool = False


def export_loops(
    loops: Sequence[Path], folder: Path, parts: Parts, report: Report = silent
) -> list[dict[str, Any]]:
    """Write what is wanted of loops into a folder; files of the same names are replaced.

    The folder is made if need be. Of each loop all files are written, or none.

    Returns
    -------
    list of dict
        Of each loop ``loop``, its file, and what was written: ``stems``, ``one_shots`` and ``midi``, see
        `write_stems`, `write_one_shots` and `write_midi`.

    Raises
    ------
    InputError
        Nothing is wanted, a file is no loop, or the folder cannot be written.
    """
    if not any(astuple(parts)):
        raise InputError("nothing to export: say what you want with --stems, --one-shots or --midi")
    exported = []
    for done, path in enumerate(loops):
        report(done / len(loops), path.name)
        exported.append({"loop": str(path), **_export(read_loop(path), folder, parts)})
    return exported


def _export(loop: LoopFile, folder: Path, parts: Parts) -> dict[str, Any]:
    stems = split_stems(loop.audio, loop.rate_hz)
    shots = find_one_shots(stems, loop.rate_hz, loop.beats) if parts.one_shots else None
    lines = find_lines(stems, loop.rate_hz, loop.beats) if parts.midi else None
    written: dict[str, Any] = {}
    with all_or_none([*stem_paths(loop, folder), one_shots_path(loop, folder), midi_path(loop, folder)]):
        if parts.stems:
            written["stems"] = write_stems(loop, stems, folder)
        if shots is not None:
            written["one_shots"] = write_one_shots(loop, shots, folder)
        if lines is not None:
            written["midi"] = write_midi(loop, lines, folder)
    return written
