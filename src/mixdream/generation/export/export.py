"""Export: finished loops taken apart for a DAW or a sampler."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from mixdream.analysis.lines.notes import find_lines
from mixdream.analysis.one_shots import find_one_shots
from mixdream.analysis.stems.stems import split_stems
from mixdream.audio.level import Level
from mixdream.errors import InputError
from mixdream.files import all_or_none
from mixdream.generation.export.loop_file import LoopFile, read_loop
from mixdream.generation.export.made_of import made_of
from mixdream.generation.export.move_loop import (
    check_moves,
    is_moved_from,
    move_loop,
    moved_paths,
    write_moved,
)
from mixdream.generation.export.write_midi import midi_path, write_midi
from mixdream.generation.export.write_one_shots import one_shots_path, write_one_shots
from mixdream.generation.export.write_stems import stem_paths, write_stems
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent

AS_THEY_ARE = Wish()


@dataclass(frozen=True)
class Parts:
    """What is to be written of each loop."""

    stems: bool = False
    one_shots: bool = False
    midi: bool = False


def export_loops(
    loops: Sequence[Path], folder: Path, parts: Parts, wish: Wish = AS_THEY_ARE, report: Report = silent
) -> list[dict[str, Any]]:
    """Write what is wanted of loops into a folder; what was made of the same loops before is replaced.

    The folder is made if need be. Of each loop all files are written, or none. Where the wish has a tempo, a
    transposition or a key, the loop itself is brought to it and written too, and its parts are of that.

    Returns
    -------
    list of dict
        Of each loop ``loop``, its file, and what was written: ``moved``, the loop at another tempo or
        pitch, ``stems``, ``one_shots`` and ``midi``, see `write_stems`, `write_one_shots` and `write_midi`.

    Raises
    ------
    InputError
        Nothing is wanted, a file is no loop, tempo, transposition or key cannot be, two loops would get one
        name, or one that of a file that was made of another, or the folder cannot be written.
    """
    check_moves(wish)
    if not any(astuple(parts)) and not wish.moves:
        raise InputError(
            "nothing to export: say what you want with --stems, --one-shots or --midi, or with --bpm, "
            "--transpose or --key"
        )
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
            if target.exists() and not is_moved_from(target, path):
                raise InputError(
                    f"'{target}' is there already and was not made of '{path}': export to another folder"
                )
            taken.add(target)
        exported.append({"loop": str(path), **_export(loop, level, folder, parts)})
    return exported


def _export(loop: LoopFile, level: Level | None, folder: Path, parts: Parts) -> dict[str, Any]:
    """Write the parts of a loop; with a level, that of a loop that was moved, itself too."""
    paths = moved_paths(loop, folder) if level is not None else []
    paths += stem_paths(loop, folder) if parts.stems else []
    paths += [one_shots_path(loop, folder)] if parts.one_shots else []
    paths += [midi_path(loop, folder)] if parts.midi else []
    for path in paths:
        if made_of(path) not in (None, loop.identity):
            raise InputError(
                f"'{path}' is there already and was made of another loop of the name '{loop.path.name}': "
                "export to another folder"
            )
    new = [path for path in paths if not path.exists()]  # what is there was written by an earlier call
    stems = split_stems(loop.audio, loop.rate_hz) if any(astuple(parts)) else None
    shots = find_one_shots(stems, loop.rate_hz, loop.beats) if stems and parts.one_shots else None
    lines = find_lines(stems, loop.rate_hz, loop.beats) if stems and parts.midi else None
    written: dict[str, Any] = {}
    with all_or_none(new):
        if level is not None:
            written["moved"] = write_moved(loop, level, folder)
        if stems and parts.stems:
            written["stems"] = write_stems(loop, stems, folder)
        if shots is not None:
            written["one_shots"] = write_one_shots(loop, shots, folder)
        if lines is not None:
            written["midi"] = write_midi(loop, lines, folder)
    return written
