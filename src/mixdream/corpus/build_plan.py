"""Plan of a build: which sources are to be ingested, and which are known already."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.missing import is_below, source_exists
from mixdream.corpus.sources import SourceList, source_path, source_text, unique_names
from mixdream.corpus.store import CorpusIndex, Rejected, SetRecord, SourceFile, sha256_of
from mixdream.progress import Report


@dataclass(frozen=True)
class Plan:
    """What a build will do.

    Attributes
    ----------
    todo : dict of Path to SourceFile
        To ingest, in order.
    sources : set of str
        All files named, as the index knows them.
    index : CorpusIndex
        The index with what is known without work: sources that moved, were touched or are there twice.
    """

    todo: dict[Path, SourceFile]
    sources: set[str]
    index: CorpusIndex


def make_plan(listed: SourceList, folder: BuildFolder, report: Report) -> Plan:
    """Compare sources with a corpus: first by path, size and time of change, then by content.

    Sources keep the names they got when they were first seen, also those that were rejected, so that a build
    that was stopped and one that was not give the same names.
    """
    known: dict[str, list[SourceFile]] = {}
    for item in (*folder.index.sets, *folder.index.rejected, *folder.index.duplicates):
        known.setdefault(item.source, []).append(item)
    files = {path: _identified(path, listed, known, report) for path in listed.files}
    planner = _Planner(folder, files.values())
    todo = {path: file for path, file in files.items() if planner.is_new(file)}
    index = planner.index(listed)
    return Plan(_named(todo, index), {file.source for file in files.values()}, index)


class _Planner:
    """What is known of sources, changed source by source: all of it without reading audio."""

    def __init__(self, folder: BuildFolder, files: Iterable[SourceFile]) -> None:
        self.folder = folder
        self.now = {file.source: file for file in files}
        self.sets = {record.name: record for record in folder.index.sets}
        self.rejected = {item.source: item for item in folder.index.rejected}
        self.duplicates = {item.source: item for item in folder.index.duplicates}
        self.whole = {r.name for r in self.sets.values() if folder.is_whole(r.name, r.samples)}
        self.set_of = {record.source: record.name for record in _oldest_first(self.sets.values())}
        self.new_content: dict[str, str] = {}

    def is_new(self, file: SourceFile) -> bool:
        """Whether a source is to be ingested; what is known of it is noted where it need not be."""
        known = self.duplicates.get(file.source)
        heard = known.audio_sha256 if known and known.sha256 == file.sha256 else ""
        rejected = self.rejected.get(file.source)
        twin = self._whole_set(file, heard)
        if twin and twin.source == file.source:
            self._forget(file.source)
            self.sets[twin.name] = moved(twin, file)
        elif twin and self._holds(twin):
            self._forget(file.source)
            self._drop_broken(file.source)
            named = file.model_copy(update={"name": known.name if known else ""})
            self.duplicates[file.source] = as_duplicate(named, twin)
        elif twin:
            self._stand_in(twin, file)
        elif file.sha256 and rejected and rejected.sha256 == file.sha256:
            pass
        elif file.sha256 and file.sha256 in self.new_content:
            self._forget(file.source)
            self._drop_broken(file.source)
            reason = f"is the same file as '{self.new_content[file.sha256]}'"
            self.duplicates[file.source] = file.left_out(reason)
        else:
            self.duplicates.pop(file.source, None)
            if file.sha256:
                self.new_content[file.sha256] = file.source
            return True
        return False

    def index(self, listed: SourceList) -> CorpusIndex:
        """The index with what was found out.

        Duplicates that are not named now stand in for sources that are gone; what was left out of a folder
        and is not in it any more is forgotten.
        """
        for item in list(self.duplicates.values()):
            if item.source not in self.now and _is_unchanged(item, _file(source_path(item.source))):
                twin = self._whole_set(item, item.audio_sha256)
                if twin and not self._holds(twin):
                    self._stand_in(twin, item)
        places = [source_text(path) for path in listed.folders]
        return self.folder.index.model_copy(
            update={
                "sets": tuple(sorted(self.sets.values(), key=lambda record: record.name)),
                "rejected": self._still_there(self.rejected.values(), places),
                "duplicates": self._still_there(self.duplicates.values(), places),
            }
        )

    def _whole_set(self, file: SourceFile, audio_sha256: str) -> SetRecord | None:
        """The set that has the music of a file, its own before others'."""
        if not file.sha256:
            return None
        whole = (record for record in self.sets.values() if record.name in self.whole)
        own = self.sets.get(self.set_of.get(file.source, ""))
        if own and own.name in self.whole and own.sha256 == file.sha256:
            return own
        return next((r for r in whole if file.sha256 == r.sha256 or audio_sha256 == r.audio_sha256), None)

    def _holds(self, record: SetRecord) -> bool:
        """Whether the source of a set still is what the set was made of."""
        file = self.now.get(record.source)
        if file:
            return file.sha256 == record.sha256
        return holds(record)

    def _stand_in(self, record: SetRecord, file: SourceFile) -> None:
        """Let a file be the source of a set with its music, whose own source is gone."""
        self._forget(file.source)
        self._drop_broken(file.source)
        self.sets[record.name] = stand_in(record, file)
        self.set_of.pop(record.source, None)
        self.set_of[file.source] = record.name

    def _drop_broken(self, source: str) -> None:
        """Take the set of a source out whose files are lost, since another has its music now."""
        if (name := self.set_of.get(source)) and name not in self.whole:
            del self.sets[name], self.set_of[source]

    def _forget(self, source: str) -> None:
        self.rejected.pop(source, None)
        self.duplicates.pop(source, None)

    def _still_there(self, items: Iterable[Rejected], places: list[str]) -> tuple[Rejected, ...]:
        """What was left out, but for files that are gone from folders which are there."""
        return tuple(
            item
            for item in items
            if item.source in self.now
            or not any(is_below(item.source, place) for place in places)
            or source_exists(item.source)
        )


def moved(record: SetRecord, file: SourceFile) -> SetRecord:
    """Record of a set whose source is another file with its music, or the same at another time."""
    left = {"name", "tracks"} if not file.tracks else {"name"}
    fields = {name: getattr(file, name) for name in SourceFile.model_fields if name not in left}
    return record.model_copy(update=fields)


def stand_in(record: SetRecord, file: SourceFile) -> SetRecord:
    """Record of a set whose source is gone, so that another file with its music stands in."""
    earlier = [source for source in (*record.earlier_sources, record.source) if source != file.source]
    return moved(record, file).model_copy(update={"earlier_sources": tuple(dict.fromkeys(earlier))})


def as_duplicate(file: SourceFile, twin: SetRecord) -> Rejected:
    """Record of a source whose music a set has already."""
    if file.sha256 == twin.sha256:
        reason = f"is the same file as '{twin.source}'"
    else:
        reason = f"sounds exactly like '{twin.source}' (set '{twin.name}')"
    return file.left_out(reason, twin.audio_sha256)


def settled(index: CorpusIndex) -> CorpusIndex:
    """The index once all is ingested: files that are the same as others share what became of those."""
    sets = {key: record for record in index.sets for key in (record.sha256, record.audio_sha256)}
    heard = {item.sha256: item.audio_sha256 for item in index.duplicates if item.audio_sha256}
    refused = {item.sha256: item for item in index.rejected if item.sha256}
    rejected, duplicates = list(index.rejected), []
    for item in index.duplicates:
        twin = sets.get(item.sha256) or sets.get(item.audio_sha256 or heard.get(item.sha256, ""))
        other = refused.get(item.sha256)
        if twin:
            duplicates.append(as_duplicate(item, twin))
        elif other:
            reason = f"is the same file as '{other.source}', which {other.reason}"
            rejected.append(item.model_copy(update={"reason": reason}))
        else:
            duplicates.append(item)
    return index.model_copy(
        update={
            "rejected": tuple(sorted(rejected, key=lambda item: item.source)),
            "duplicates": tuple(sorted(duplicates, key=lambda item: item.source)),
        }
    )


def _named(todo: dict[Path, SourceFile], index: CorpusIndex) -> dict[Path, SourceFile]:
    """Sources with names: the one they had, or a new one that nothing else has."""
    owners = {record.name: record.source for record in index.sets}
    known = (*index.rejected, *index.duplicates, *_oldest_first(index.sets))
    names = {
        item.source: item.name
        for item in known
        if item.name and owners.get(item.name, item.source) == item.source
    }
    taken = {*names.values(), *owners}
    fresh = [path for path, file in todo.items() if file.source not in names]
    for path, name in zip(fresh, unique_names(fresh, taken), strict=True):
        names[todo[path].source] = name
    return {path: file.model_copy(update={"name": names[file.source]}) for path, file in todo.items()}


def _oldest_first(records: Iterable[SetRecord]) -> list[SetRecord]:
    """Sets by the time of their sources: of two with one source the later is what was there last."""
    return sorted(records, key=lambda record: record.source_mtime_ns)


def holds(record: SetRecord) -> bool:
    """Whether the source of a set is as it was when it was last looked at."""
    return _is_unchanged(record, _file(source_path(record.source)))


def _identified(
    path: Path, listed: SourceList, known: dict[str, list[SourceFile]], report: Report
) -> SourceFile:
    """A source with its checksum, which is computed where its size or time of change are new."""
    file = _file(path)
    same = next((item for item in known.get(file.source, ()) if _is_unchanged(item, file)), None)
    if same is None:
        report(0.0, f"checking {path.name}")
    sha256 = same.sha256 if same else _sha256(path)
    return file.model_copy(update={"sha256": sha256, "tracks": listed.tracks.get(path, ())})


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
