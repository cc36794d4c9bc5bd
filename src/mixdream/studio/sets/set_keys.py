"""Keys of whole sets, found once for each and kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mixdream.analysis.key import Key
from mixdream.analysis.key_finder import find_main_key
from mixdream.corpus.store import Corpus, as_float
from mixdream.corpus.windows import spread
from mixdream.files import write_json
from mixdream.progress import Report, silent
from mixdream.studio.jobs.jobs import OWN_FOLDER

_EXCERPT_S = 4.0  # about two bars, as keys of loops are found
_EXCERPTS = 64  # of a set; each takes 0.03 s


def keys_file(project: Path) -> Path:
    """File with the keys of a project's sets."""
    return project / OWN_FOLDER / "keys.json"


def read_keys(file: Path) -> dict[str, Key | None]:
    """Keys of sets by the checksum of their audio, None where a set has none; those that are known yet."""
    try:
        kept = json.loads(file.read_bytes())
        return {audio: None if name is None else Key.parse(name) for audio, name in kept.items()}
    except (OSError, ValueError, AttributeError):
        return {}  # they are found again


def find_keys(corpus: Corpus, file: Path, report: Report = silent) -> None:
    """Find the keys of sets whose key is not known yet; each is on the disk as soon as it is found."""
    known = read_keys(file)
    for done, record in enumerate(corpus.sets):
        report(done / len(corpus.sets), record.name)
        if record.audio_sha256 not in known:
            excerpts = excerpts_of(corpus.audio(record.name), corpus.rate_hz)
            known[record.audio_sha256] = find_main_key(excerpts, corpus.rate_hz)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, {audio: key and key.name for audio, key in known.items()})


def excerpts_of(audio: np.ndarray, rate_hz: int) -> Iterator[np.ndarray]:
    """Yield excerpts spread over int16 audio, shape (samples, channels), as float32 in [-1, 1), mono."""
    samples = round(_EXCERPT_S * rate_hz)
    for start in samples * spread(max(1, len(audio) // samples), _EXCERPTS):
        yield as_float(np.asarray(audio[start : start + samples]), mono=True)
