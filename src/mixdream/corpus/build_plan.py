"""Plan of a build: which sources are to be ingested, and which are known already."""

import os
from dataclasses import dataclass
from pathlib import Path

from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.sources import source_text, unique_names
from mixdream.corpus.store import CorpusIndex, SetRecord, SourceFile, sha256_of
from mixdream.progress import Report


@dataclass(frozen=True)
class Plan:
    """What a build will do.

    Attributes
    ----------
    todo : dict of Path to SourceFile
        To ingest, in order.
    sources : set of str
        All sources named, as the index knows them.
    index : CorpusIndex
        The index with what is known without work: sources that moved, were touched or are there twice.
    """

    todo: dict[Path, SourceFile]
    sources: set[str]
    index: CorpusIndex


def make_plan(paths: list[Path], folder: BuildFolder, report: Report) -> Plan:
    """Compare sources with a corpus: first by path, size and time of change, then by content.

    Sources keep the names they got when they were first seen, also those that were rejected, so that a build
    that was stopped and one that was not give the same names.
    """
    index = folder.index
    sets = {record.source: record for record in index.sets if folder.is_whole(record.name, record.samples)}
    left_out = {item.source: item for item in (*index.rejected, *index.duplicates)}
    records = {record.name: record for record in index.sets}
    duplicates = {item.source: item for item in index.duplicates}
    by_content = {record.sha256: record.source for record in sets.values()}
    files = {path: _file(path) for path in paths}
    todo: dict[Path, SourceFile] = {}
    for path, file in files.items():
        known = sets.get(file.source) or left_out.get(file.source)
        if known and _is_unchanged(known, file):
            continue
        report(0.0, f"checking {path.name}")
        file = file.model_copy(update={"sha256": _sha256(path)})
        record = sets.get(file.source)
        twin_source = by_content.get(file.sha256) if file.sha256 else None
        if record and record.sha256 == file.sha256:
            records[record.name] = _moved(record, file)
        elif twin_source in sets and not os.path.exists(twin_source):  # noqa: PTH110
            twin = sets.pop(twin_source)
            sets[file.source] = records[twin.name] = _moved(twin, file)
            by_content[file.sha256] = file.source
        elif twin_source:
            duplicates[file.source] = file.left_out(f"is the same file as '{twin_source}'")
        else:
            duplicates.pop(file.source, None)
            todo[path] = file
            if file.sha256:
                by_content[file.sha256] = file.source
    index = index.model_copy(
        update={
            "sets": tuple(sorted(records.values(), key=lambda record: record.name)),
            "duplicates": tuple(duplicates.values()),
        }
    )
    return Plan(_named(todo, folder.index), {file.source for file in files.values()}, index)


def _named(todo: dict[Path, SourceFile], index: CorpusIndex) -> dict[Path, SourceFile]:
    """Sources with names: the one they had, or a new one that nothing else has."""
    known = (*index.rejected, *index.duplicates, *index.sets)
    names = {item.source: item.name for item in known if item.name}
    fresh = [path for path, file in todo.items() if file.source not in names]
    for path, name in zip(fresh, unique_names(fresh, names.values()), strict=True):
        names[todo[path].source] = name
    return {path: file.model_copy(update={"name": names[file.source]}) for path, file in todo.items()}


def _file(path: Path) -> SourceFile:
    """What can be said of a source without reading it."""
    try:
        stat = path.stat()
    except OSError:
        return SourceFile(name="", source=source_text(path))
    return SourceFile(
        name="", source=source_text(path), source_bytes=stat.st_size, source_mtime_ns=stat.st_mtime_ns
    )


def _is_unchanged(known: SourceFile, file: SourceFile) -> bool:
    """Whether a source is as it was; one that could not be read is always tried again."""
    size_and_time = file.source_bytes, file.source_mtime_ns
    return bool(known.sha256) and (known.source_bytes, known.source_mtime_ns) == size_and_time


def _sha256(path: Path) -> str:
    """Content of a source; empty where it cannot be read, which ingesting it will explain."""
    try:
        return sha256_of(path) if path.is_file() else ""
    except OSError:
        return ""


def _moved(record: SetRecord, file: SourceFile) -> SetRecord:
    """Record of a set whose source has another path, or the same content at another time."""
    return record.model_copy(update=file.model_dump(exclude={"name", "sha256"}))
