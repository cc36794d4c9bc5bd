"""Corpus on disk: what `corpus.json` says, and the audio behind it."""

import hashlib
import io
import json
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mixdream.analysis.beats.beats import Beats, TempoBlock
from mixdream.corpus.hints import BeatHints
from mixdream.errors import InputError, first_problem
from mixdream.progress import Report, silent

FORMAT_VERSION = 2
INDEX_NAME = "corpus.json"
SETS_FOLDER = "sets"
BEATS_FOLDER = "beats"


class Dropped(BaseModel):
    """Span of a source that is not in the corpus, in seconds of the source, and why."""

    model_config = ConfigDict(frozen=True)

    start_s: float
    stop_s: float
    reason: str


class Track(BaseModel):
    """Track of a set as its cue sheet has it; it begins at a second of the source."""

    model_config = ConfigDict(frozen=True)

    start_s: float
    title: str = ""
    performer: str = ""


class SourceFile(BaseModel):
    """A source as the index knows it: the name of its set, its path as text, what identifies its content.

    Size and time of change are -1, and the checksum is empty, where the file cannot be read.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    source: str
    source_bytes: int = -1
    source_mtime_ns: int = -1
    sha256: str = ""
    tracks: tuple[Track, ...] = ()

    def left_out(self, reason: str, audio_sha256: str = "") -> "Rejected":
        """Record of the source where it gives no set."""
        fields = {name: getattr(self, name) for name in SourceFile.model_fields}
        return Rejected(**fields, reason=reason, audio_sha256=audio_sha256)


class SetRecord(SourceFile):
    """One set of a corpus: where it came from, what was kept, what was done to it, how fast it is.

    ``samples`` and ``segments`` count samples per channel at the rate of the corpus. A segment
    ``(start, stop)`` is continuous in the source; audio was dropped between segments, so a window must not
    reach from one into the next. ``segment_starts_s`` says where each of them begins in the source. ``tempo``
    is in seconds of the source, too, in blocks of about ten seconds. ``earlier_sources`` are paths that had
    this music before ``source`` had to stand in for them. ``hints`` is what was told of its beats; where
    ``beats_sha256`` is empty, they are still to be tracked with it.
    """

    audio_sha256: str
    beats_sha256: str = ""
    codec: str
    source_rate_hz: int
    source_channels: int
    rate_hz: int
    seconds: float
    samples: int
    segments: tuple[tuple[int, int], ...]
    segment_starts_s: tuple[float, ...]
    dropped: tuple[Dropped, ...] = ()
    gain_db: float
    peak: float
    dc: tuple[float, ...]
    rms_dbfs: float
    loudness_lufs: float | None
    corrupt_packets: int
    nonfinite_samples: int
    warnings: tuple[str, ...] = ()
    tempo: tuple[TempoBlock, ...] = ()
    earlier_sources: tuple[str, ...] = ()
    hints: BeatHints = BeatHints()

    @property
    def kept_s(self) -> float:
        """Seconds that the corpus has of this set."""
        return self.samples / self.rate_hz

    @property
    def dropped_s(self) -> float:
        """Seconds of the source that the corpus does not have."""
        return sum((span.stop_s - span.start_s for span in self.dropped), 0.0)

    @property
    def tempo_range_bpm(self) -> tuple[float, float] | None:
        """Slowest and fastest tempo that is sure, but for the odd block in twenty; None where nothing is."""
        tempos = sorted(block.bpm for block in self.tempo if block.sure)
        odd = len(tempos) // 20
        return (tempos[odd], tempos[-1 - odd]) if tempos else None

    def source_time_s(self, sample: int) -> float:
        """Time in the source file of a kept sample, in seconds; ValueError where the set has none such."""
        if not 0 <= sample < self.samples:
            raise ValueError(f"sample {sample} is outside set '{self.name}' of {self.samples} samples")
        segment = bisect_right([start for start, _ in self.segments], sample) - 1
        return self.segment_starts_s[segment] + (sample - self.segments[segment][0]) / self.rate_hz

    def sample_at(self, time_s: float) -> float | None:
        """Kept sample at a time in the source, with fractions; None where nothing was kept."""
        for (start, stop), start_s in zip(self.segments, self.segment_starts_s, strict=True):
            sample = start + (time_s - start_s) * self.rate_hz
            if start <= sample < stop:
                return sample
        return None


class Rejected(SourceFile):
    """Source that gave no set, and why; the name is the one it would have had.

    ``audio_sha256`` is that of the set which has its music, where it is a duplicate by what is heard.
    """

    reason: str
    audio_sha256: str = ""


class CorpusIndex(BaseModel):
    """Content of `corpus.json`."""

    model_config = ConfigDict(frozen=True)

    format_version: int = FORMAT_VERSION
    complete: bool
    rate_hz: int = Field(ge=1000, le=192_000)
    channels: int = Field(ge=1, le=2)
    sets: tuple[SetRecord, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    duplicates: tuple[Rejected, ...] = ()


def read_index(folder: Path) -> CorpusIndex:
    """Read `corpus.json`, complete or not.

    InputError where there is none, it is damaged or it is of another format version.
    """
    path = folder / INDEX_NAME
    try:
        content = json.loads(path.read_bytes())
        version = content["format_version"]
    except (FileNotFoundError, NotADirectoryError):
        hint = "there is no such folder" if not folder.exists() else f"it has no {INDEX_NAME}"
        raise InputError(
            f"'{folder}' is not a corpus: {hint}; make one with 'mixdream corpus build'"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"'{path}' is damaged: not the JSON of a corpus; delete it and build again"
        ) from None
    if version != FORMAT_VERSION:
        raise InputError(
            f"'{folder}' has corpus format {version}, this mixdream reads {FORMAT_VERSION}: "
            "build it again into a new folder"
        )
    try:
        return CorpusIndex.model_validate(content)
    except ValidationError as error:
        raise InputError(f"'{path}' is damaged: {first_problem(error)}; delete it and build again") from None


@dataclass(frozen=True)
class Corpus:
    """Sets made ready for training, opened for reading.

    Cheap to open and to pickle: the audio stays on disk until `audio` maps it. The sets are sorted by name.
    """

    folder: Path
    rate_hz: int
    channels: int
    sets: tuple[SetRecord, ...]
    audio_folder: str = SETS_FOLDER  # or that of copies, see mixdream.corpus.lower_rate

    @classmethod
    def open(cls, folder: Path | str) -> "Corpus":
        """Open a corpus; InputError where it is none, is empty, or its build has not come to an end."""
        folder = Path(folder)
        index = read_index(folder)
        if not index.complete:
            raise InputError(
                f"the build of corpus '{folder}' has not come to an end ({len(index.sets)} sets done): "
                "run the same 'mixdream corpus build' again, it goes on where it stopped"
            )
        if not index.sets:
            raise InputError(f"corpus '{folder}' has no sets: add some with 'mixdream corpus build'")
        return cls(folder.resolve(), index.rate_hz, index.channels, index.sets)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of rate, channels, and each set's name, audio and beats; not where sources lie."""
        sets = [(r.name, r.audio_sha256, r.beats_sha256) for r in self.sets]
        content: list[Any] = [self.rate_hz, self.channels, sets]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def seconds(self) -> float:
        """Seconds kept of all sets."""
        return sum(record.kept_s for record in self.sets)

    def record(self, name: str) -> SetRecord:
        """Record of a set by name; InputError naming the known ones where there is none."""
        for record in self.sets:
            if record.name == name:
                return record
        known = ", ".join(record.name for record in self.sets)
        raise InputError(f"corpus '{self.folder}' has no set '{name}'; it has: {known}")

    def audio(self, name: str) -> np.memmap:
        """Audio of a set, mapped read-only: shape (samples, channels), int16, full scale is 32768."""
        record = self.record(name)
        path = audio_path(self.folder, name, self.audio_folder)
        return _map_audio(path, record.audio_sha256, record.samples, self.channels)

    def beats(self, name: str) -> Beats:
        """Beats of a set, in its kept samples."""
        return Beats.read(beats_path(self.folder, self.record(name).name))

    def verify(self, report: Report = silent) -> list[str]:
        """Say which sets' files are missing or not what was built; an empty list is good."""
        problems = []
        for done, record in enumerate(self.sets):
            report(done / len(self.sets), record.name)
            problems += _problems(audio_path(self.folder, record.name), record.audio_sha256)
            problems += _problems(beats_path(self.folder, record.name), record.beats_sha256)
        return problems


def audio_path(folder: Path, name: str, audio_folder: str = SETS_FOLDER) -> Path:
    """File that holds the audio of a set."""
    return folder / audio_folder / f"{name}.npy"


def audio_header(samples: int, channels: int) -> bytes:
    """What such a file begins with; int16 samples follow, those of all channels at a time."""
    header = io.BytesIO()
    about = {"descr": "<i2", "fortran_order": False, "shape": (samples, channels)}
    np.lib.format.write_array_header_1_0(header, about)
    return header.getvalue()


def as_float(frames: np.ndarray, *, mono: bool) -> np.ndarray:
    """Return int16 audio, shape (..., channels), as float32 in [-1, 1); mono is their mean, shape (...)."""
    if not mono:
        return frames.astype(np.float32) / 32768
    total = frames[..., 0].astype(np.int32)
    for channel in range(1, frames.shape[-1]):
        total += frames[..., channel]
    return total.astype(np.float32) * np.float32(1 / (32768 * frames.shape[-1]))


def beats_path(folder: Path, name: str) -> Path:
    """File that holds the beats of a set."""
    return folder / BEATS_FOLDER / f"{name}.npy"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problems(path: Path, sha256: str) -> list[str]:
    """What is wrong with a file that should have a certain content."""
    try:
        return [] if sha256_of(path) == sha256 else [f"{path}: changed since it was built"]
    except FileNotFoundError:
        return [f"{path}: missing"]
    except OSError as error:
        return [f"{path}: cannot be read ({error.strerror})"]


@lru_cache(maxsize=1024)
def _map_audio(path: Path, _content: str, samples: int, channels: int) -> np.memmap:
    try:
        audio = np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise InputError(
            f"'{path}' is missing: build the corpus again, it makes only what is missing"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read '{path}': {error}") from None
    if audio.dtype != np.int16 or audio.shape != (samples, channels):
        raise InputError(f"'{path}' is not what was built: see 'mixdream corpus verify', then build again")
    return audio
