"""Which loop an exported file was made of, as the file itself or the JSON beside it says."""

import json
import zipfile
from pathlib import Path

import mido

MADE_OF = "made_of"
"""Key of the JSON beside a file, whose value is `LoopFile.identity`; a MIDI file and a ZIP file hold it."""


def made_of(path: Path) -> str | None:
    """Identity of the loop that a file was made of; None where it is not there or does not say."""
    try:
        if path.suffix == ".mid":
            texts = [message.text for message in mido.MidiFile(path).tracks[0] if message.type == "text"]
            return next(iter(texts), None)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return archive.comment.decode("ascii") or None
        return str(json.loads(path.with_suffix(".json").read_bytes())[MADE_OF])
    except (OSError, EOFError, ValueError, LookupError, TypeError, RecursionError, zipfile.BadZipFile):
        return None
