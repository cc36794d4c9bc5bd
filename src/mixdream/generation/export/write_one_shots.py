"""The one-shots of a loop in a ZIP file, a folder for each kind."""

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from mixdream.analysis.one_shots import OneShot
from mixdream.files import valid_text, write_with
from mixdream.generation.export.loop_file import LoopFile

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the first that ZIP has: the same one-shots are the same file


def one_shots_path(loop: LoopFile, folder: Path) -> Path:
    """Where a loop's one-shots are written."""
    return folder / f"{loop.path.stem}_one-shots.zip"


def write_one_shots(loop: LoopFile, shots: Sequence[OneShot], folder: Path) -> dict[str, object]:
    """Write one-shots as 24-bit WAV files ``kicks/<loop>_kick_1.wav``, ``stabs/<loop>_stab_A3_1.wav``.

    Returns
    -------
    dict
        ``file``, and ``hits``, the names in it.
    """
    path = one_shots_path(loop, folder)
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    files = {}
    for shot in shots:
        words = "_".join(filter(None, [shot.kind, shot.pitch]))
        counts[words] += 1
        wav = io.BytesIO()
        soundfile.write(wav, np.transpose(shot.audio), loop.rate_hz, subtype="PCM_24", format="WAV")
        files[f"{shot.kind}s/{valid_text(loop.path.stem)}_{words}_{counts[words]}.wav"] = wav.getvalue()

    def save(to: BinaryIO) -> None:
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = loop.identity.encode("ascii")
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, _NO_DATE), content, zipfile.ZIP_DEFLATED)

    write_with(path, save)
    return {"file": str(path), "hits": list(files)}
