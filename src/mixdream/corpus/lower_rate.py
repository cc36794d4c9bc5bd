"""Copies of a corpus at a lower rate: made once per set, kept in its folder, and dropped with the set."""

import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import soxr

from mixdream.audio.resample import QUALITY
from mixdream.corpus.store import Corpus, SetRecord, as_float, audio_header, audio_path, sha256_of
from mixdream.corpus.windows import Spans
from mixdream.errors import InputError
from mixdream.files import whole_or_absent, write_json
from mixdream.progress import Report, silent

COPIES_FOLDER = "audio"
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_CHUNK_S = 10  # that is resampled at a time


def at_rate(corpus: Corpus, rate_hz: int, mono: bool = True, report: Report = silent) -> Corpus:
    """Return a corpus as it would be at a lower rate; the corpus itself where it has that rate.

    The copies lie in ``audio/<rate>-mono/``, or ``-stereo``, each with a JSON that says which audio it was
    made of; those that are missing, cut short, or made of other audio are made now. Each segment is
    resampled by itself: nothing of what was on the other side of a cut is heard. Records count in samples of
    the copy, checksums stay those of the audio that it is made of, and the beats are the corpus's own.

    Raises
    ------
    InputError
        A higher rate than the corpus has, or a folder that cannot be written.
    """
    if rate_hz > corpus.rate_hz:
        raise InputError(f"the corpus has {corpus.rate_hz} Hz, {rate_hz} Hz cannot be made of that")
    if rate_hz == corpus.rate_hz:
        return corpus
    channels = 1 if mono else corpus.channels
    folder = f"{COPIES_FOLDER}/{rate_hz}-{'mono' if channels == 1 else 'stereo'}"
    records = tuple(record_at(record, rate_hz) for record in corpus.sets)
    copy = replace(corpus, rate_hz=rate_hz, channels=channels, sets=records, audio_folder=folder)
    if all(_is_copy(copy, record) for record in records):
        return copy
    from filelock import FileLock  # here: not for every command

    try:
        (corpus.folder / folder).mkdir(parents=True, exist_ok=True)
        with FileLock(corpus.folder / folder / ".lock", mode=0o644):  # a second process waits and finds them
            for done, (record, lower) in enumerate(zip(corpus.sets, records, strict=True)):
                report(done / len(records), f"{record.name} at {rate_hz} Hz")
                if not _is_copy(copy, lower):
                    _make(corpus, record, copy, lower)
    except OSError as error:
        if error.errno not in _NOT_WRITABLE:
            raise
        raise InputError(
            f"'{corpus.folder / folder}' cannot be written ({error.strerror}): a recipe of {rate_hz} Hz "
            f"keeps a copy of the corpus there; allow it, or build a corpus with --rate {rate_hz}"
        ) from None
    return copy


def record_at(record: SetRecord, rate_hz: int) -> SetRecord:
    """Return the record of a copy: each segment has as many whole samples as fit into it."""
    edges = [0]
    for start, stop in record.segments:
        edges.append(edges[-1] + (stop - start) * rate_hz // record.rate_hz)
    segments = tuple(pairwise(edges))
    return record.model_copy(update={"rate_hz": rate_hz, "samples": edges[-1], "segments": segments})


def samples_at(samples: np.ndarray, own: SetRecord, other: SetRecord) -> np.ndarray:
    """Kept samples of a set in a record of it at another rate, shape (N,), int64.

    They are counted from the start of their segment: each segment of a copy loses a part of a sample, so
    behind hundreds of cuts the ratio of the rates would be off by that many samples.
    """
    starts = np.array([start for start, _ in own.segments])
    segment = np.searchsorted(starts, samples, "right") - 1
    first, last = np.array(other.segments)[segment].T
    inside = 2 * (samples - starts[segment]) * other.rate_hz + own.rate_hz
    return np.minimum(first + inside // (2 * own.rate_hz), last)


def spans_at(spans: Spans | None, corpus: Corpus, copy: Corpus) -> Spans | None:
    """Parts of a corpus's sets in samples of its copy at another rate."""
    if spans is None or copy.rate_hz == corpus.rate_hz:
        return spans
    moved = {}
    for name, parts in spans.items():
        edges = samples_at(np.ravel(parts).astype(np.int64), corpus.record(name), copy.record(name)).tolist()
        moved[name] = list(zip(edges[::2], edges[1::2], strict=True))
    return moved


def bytes_of_copies(corpus: Corpus) -> dict[str, int]:
    """Bytes on the disk that copies take, by the name of their folder, such as ``8000-mono``."""
    return {
        folder.name: sum(path.stat().st_size for path in folder.glob("*.npy"))
        for folder in sorted((corpus.folder / COPIES_FOLDER).glob("*/"))
    }


def problems_of_copies(corpus: Corpus) -> list[str]:
    """Say which copies are not what was made; an empty list is good. Missing ones are made when needed."""
    problems = []
    for path in sorted((corpus.folder / COPIES_FOLDER).glob("*/*.npy")):
        try:
            if _about(path)["sha256"] != sha256_of(path):
                problems.append(f"{path}: changed since it was made; delete it, it is made anew")
        except (OSError, ValueError, KeyError, TypeError):
            problems.append(f"{path}: cannot be read; delete it, it is made anew")
    return problems


def delete_copies(folder: Path, name: str) -> None:
    """Delete all copies of a set of the corpus in a folder."""
    for path in (folder / COPIES_FOLDER).glob("*/"):
        (path / f"{name}.npy").unlink(missing_ok=True)
        (path / f"{name}.json").unlink(missing_ok=True)


def copied_sets(folder: Path) -> set[str]:
    """Names of the sets that have copies."""
    return {path.name.removesuffix(".json") for path in (folder / COPIES_FOLDER).glob("*/*.json")}


def _about(path: Path) -> dict[str, str]:
    return json.loads(path.with_suffix(".json").read_bytes())


def _is_copy(copy: Corpus, record: SetRecord) -> bool:
    """Whether a copy is there, whole by its size, and was made of the set's audio."""
    path = audio_path(copy.folder, record.name, copy.audio_folder)
    size = len(audio_header(record.samples, copy.channels)) + 2 * record.samples * copy.channels
    try:
        return _about(path)["of"] == record.audio_sha256 and path.stat().st_size == size
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(corpus: Corpus, record: SetRecord, copy: Corpus, lower: SetRecord) -> None:
    """Write the copy of a set: the JSON goes before the audio changes and comes after it."""
    path = audio_path(copy.folder, record.name, copy.audio_folder)
    path.with_suffix(".json").unlink(missing_ok=True)
    digest = hashlib.sha256()
    with whole_or_absent(path) as temporary, temporary.open("wb") as file:
        for part in chain([audio_header(lower.samples, copy.channels)], _blocks(corpus, record, copy, lower)):
            digest.update(part)
            file.write(part)
        file.flush()
    write_json(path.with_suffix(".json"), {"of": record.audio_sha256, "sha256": digest.hexdigest()})


def _blocks(corpus: Corpus, record: SetRecord, copy: Corpus, lower: SetRecord) -> Iterator[bytes]:
    """Samples of a copy, block by block; not by mapped pages, which a full disk kills the process for."""
    audio, block = corpus.audio(record.name), _CHUNK_S * corpus.rate_hz
    for (start, stop), (first, last) in zip(record.segments, lower.segments, strict=True):
        stream = soxr.ResampleStream(
            corpus.rate_hz, lower.rate_hz, copy.channels, dtype="float32", quality=QUALITY
        )
        left = last - first
        for at in range(start, stop, block):
            kept = audio[at : min(at + block, stop)]
            wanted = as_float(kept, mono=copy.channels == 1).reshape(len(kept), copy.channels)
            made = stream.resample_chunk(wanted, last=at + block >= stop)[:left]
            left -= len(made)
            yield np.clip(np.rint(made * 32768), -32768, 32767).astype("<i2").tobytes()
        yield bytes(2 * copy.channels * left)  # the resampler may round a sample down
