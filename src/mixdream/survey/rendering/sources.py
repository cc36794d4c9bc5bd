"""Source files of a listening test: which files a design names, and their audio."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixdream.audio.decode import Decoder, read_audio
from mixdream.audio.media_files import is_media_file
from mixdream.corpus.sources import source_text
from mixdream.errors import InputError

LONGEST_S = 60.0
SHORTEST_S = 0.5  # loudness is not defined under 0.4 s


@dataclass(frozen=True)
class Source:
    """A sound file of a condition."""

    path: Path
    condition: str
    item: str  # stem of the file's name
    sha256: str  # of its content
    channels: int  # 1, or 2 for more


def find_sources(condition: str, folder: Path) -> list[Source]:
    """List the sound files of a folder, not those in folders in it, sorted."""
    what = f"condition {condition}"
    if not folder.is_dir():
        raise InputError(f"{what}: '{folder}' is no folder; folders are given from where survey.yaml is")
    paths = sorted(path for path in folder.iterdir() if is_media_file(path))
    if not paths:
        raise InputError(f"{what}: no sound file in '{folder}' (folders in it are not searched)")
    stems: dict[str, Path] = {}
    for path in paths:
        if path.stem in stems:
            raise InputError(
                f"{what}: '{stems[path.stem].name}' and '{path.name}' in '{folder}' are the same item, since "
                "only their endings differ: rename or remove one"
            )
        stems[path.stem] = path
    return [_source(condition, stem, path) for stem, path in stems.items()]


def read_source(path: Path, channels: int, rate_hz: int) -> np.ndarray:
    """Decode a sound file of 0.5 s to 60 s whole: float64, shape (samples, channels)."""
    audio, _ = read_audio(path, rate_hz, channels, last_s=LONGEST_S)
    seconds = len(audio) / rate_hz
    if seconds > LONGEST_S:
        raise InputError(f"'{path}' lasts more than {LONGEST_S:g} s, the most for a clip: cut it")
    if seconds < SHORTEST_S:
        raise InputError(f"'{path}' lasts {seconds:.2f} s, a clip {SHORTEST_S:g} s at least")
    return audio.astype(np.float64)


def common_channels(sources: Sequence[Source]) -> int:
    """Channels for all clips of a test: 2 where every file has them, so that width tells nothing."""
    return min((source.channels for source in sources), default=1)


def _source(condition: str, item: str, path: Path) -> Source:
    decoder = Decoder(path)
    blocks = decoder.blocks()
    has_audio = next(blocks, None) is not None
    blocks.close()  # type: ignore[attr-defined]  # it is a generator
    if not has_audio:
        raise InputError(f"'{path}' holds no audio")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # As text that JSON and a database can hold, whatever the bytes of the name are.
    return Source(path, condition, source_text(Path(item)), digest, min(decoder.source_channels, 2))
