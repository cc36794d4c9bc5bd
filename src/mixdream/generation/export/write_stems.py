"""Stems of a loop as files: named, tagged and described as the loop is."""

from pathlib import Path
from typing import Any

import numpy as np

from mixdream.analysis.stems.stems import Stems
from mixdream.audio.level import SILENCE
from mixdream.generation.clips import write_files
from mixdream.generation.export.loop_file import LoopFile
from mixdream.generation.export.made_of import MADE_OF
from mixdream.generation.wish import Wish


def stem_paths(loop: LoopFile, folder: Path) -> list[Path]:
    """Files of a loop's stems, and the JSON beside each."""
    return [
        folder / f"{_name(loop, stem)}.{suffix}" for stem in Stems._fields for suffix in (loop.form, "json")
    ]


def write_stems(loop: LoopFile, stems: Stems, folder: Path) -> dict[str, str]:
    """Write ``<loop>_drums``, ``_bass`` and ``_music``, each with a JSON; return their files by stem.

    They add up to the loop. Only where one of them would leave full scale are all turned down alike, by what
    the JSON says as ``gain_db``.
    """
    gain = 1 / max(1.0, *(float(np.abs(stem).max()) for stem in stems))
    wish = Wish(rate_hz=loop.rate_hz, form=loop.form)
    files = {}
    for stem, own in zip(Stems._fields, stems, strict=True):
        audio = gain * own
        about: dict[str, Any] = {
            **loop.origin,
            "stem": stem,
            "stem_of": loop.path.name,
            MADE_OF: loop.identity,
            "gain_db": 20 * float(np.log10(gain)),
            "silent": bool(np.abs(audio).max() < SILENCE),
        }
        files[stem] = write_files(folder, _name(loop, stem), audio, wish, about, loop.info)["file"]
    return files


def _name(loop: LoopFile, stem: str) -> str:
    return f"{loop.path.stem}_{stem}"
