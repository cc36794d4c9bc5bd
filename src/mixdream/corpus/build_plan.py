"""Plan of a build: which sources are to be ingested, and which are known already."""

import os
from dataclasses import dataclass
from pathlib import Path

from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.sources import Source, source_text, unique_names
from mixdream.corpus.store import CorpusIndex, Rejected, SetRecord, sha256_of
from mixdream.progress import Report


@dataclass(frozen=True)
class Plan:
    """What a build will do.

    Attributes
    ----------
    todo : list of Source
        To ingest, in order.
    texts : list of str
        All sources named, as the index knows them.
    index : CorpusIndex
        The index with what is known without work: sources that moved, were touched or are there twice.
    """

    todo: list[Source]
    texts: list[str]
    index: CorpusIndex


@dataclass(frozen=True)
class _Stat:
    size: int = -1
    mtime_ns: int = -1


def make_plan(paths: list[Path], place: BuildFolder, report: Report) -> Plan:
    """Compare sources with a corpus: first by path, size and time of change, then by content.

    Sources keep the names they got when they were first seen, also those that were rejected, so that a build
    that was stopped and one that was not give the same names.
    """
    index = place.index
    sets = {record.source: record for record in index.sets if place.is_whole(record.name, record.samples)}
    left_out = {item.source: item for item in (*index.rejected, *index.duplicates)}
    stats = {source_text(path): _stat(path) for path in paths}
    unknown = []
    for path in paths:
        text = source_text(path)
        known = sets.get(text) or left_out.get(text)
        if not known or not _same(known, stats[text]):
            unknown.append(path)
    records = {record.name: record for record in index.sets}
    duplicates = {item.source: item for item in index.duplicates}
    by_content = {record.sha256: record.source for record in sets.values()}
    to_ingest: list[tuple[Path, str, str]] = []
    for path in unknown:
        text = source_text(path)
        report(0.0, f"checking {path.name}")
        sha256 = _sha256(path)
        known_set = sets.get(text)
        twin_source = by_content.get(sha256) if sha256 else None
        if known_set and known_set.sha256 == sha256:
            records[known_set.name] = _moved(known_set, text, stats[text])
        elif twin_source in sets and not os.path.exists(twin_source):  # noqa: PTH110
            twin = sets.pop(twin_source)
            sets[text] = records[twin.name] = _moved(twin, text, stats[text])
            by_content[sha256] = text
        elif twin_source:
            duplicates[text] = _duplicate(text, stats[text], sha256, twin_source)
        else:
            duplicates.pop(text, None)
            to_ingest.append((path, text, sha256))
            if sha256:
                by_content[sha256] = text
    names = _names(to_ingest, index)
    todo = [
        Source(path, names[text], text, stats[text].size, stats[text].mtime_ns, sha256)
        for path, text, sha256 in to_ingest
    ]
    index = index.model_copy(
        update={
            "sets": tuple(sorted(records.values(), key=lambda record: record.name)),
            "duplicates": tuple(duplicates.values()),
        }
    )
    return Plan(todo, list(stats), index)


def _names(to_ingest: list[tuple[Path, str, str]], index: CorpusIndex) -> dict[str, str]:
    """Names of the sources to ingest: the one they had, or a new one that nothing else has."""
    left_out = index.rejected + index.duplicates
    named = {item.source: item.name for item in left_out if item.name}
    named |= {record.source: record.name for record in index.sets}
    fresh = [(path, text) for path, text, _ in to_ingest if text not in named]
    new = unique_names([path for path, _ in fresh], named.values())
    return named | {text: name for (_, text), name in zip(fresh, new, strict=True)}


def _stat(path: Path) -> _Stat:
    try:
        stat = path.stat()
    except OSError:
        return _Stat()
    return _Stat(stat.st_size, stat.st_mtime_ns)


def _same(known: SetRecord | Rejected, stat: _Stat) -> bool:
    """Whether a source is as it was; one that could not be read is always tried again."""
    return bool(known.sha256) and (known.source_bytes, known.source_mtime_ns) == (stat.size, stat.mtime_ns)


def _sha256(path: Path) -> str:
    """Content of a source; empty where it cannot be read, which ingesting it will explain."""
    try:
        return sha256_of(path) if path.is_file() else ""
    except OSError:
        return ""


def _moved(record: SetRecord, text: str, stat: _Stat) -> SetRecord:
    update = {"source": text, "source_bytes": stat.size, "source_mtime_ns": stat.mtime_ns}
    return record.model_copy(update=update)


def _duplicate(text: str, stat: _Stat, sha256: str, twin_source: str) -> Rejected:
    return Rejected(
        name="",
        source=text,
        source_bytes=stat.size,
        source_mtime_ns=stat.mtime_ns,
        sha256=sha256,
        reason=f"is the same file as '{twin_source}'",
    )
