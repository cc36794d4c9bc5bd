"""What the page is told of sets: those in the corpus, those that wait, and what became of the others."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from mixdream.analysis.key import Key
from mixdream.corpus.sources import SourceList, list_sources, source_text
from mixdream.corpus.store import (
    INDEX_NAME,
    Corpus,
    CorpusIndex,
    Rejected,
    SetRecord,
    beats_path,
    read_index,
)
from mixdream.errors import InputError
from mixdream.files import valid_text
from mixdream.project import RECIPE, Project
from mixdream.recipes.load import load_recipe
from mixdream.recipes.windows import apart_rows, training_windows
from mixdream.studio.sets.expect import expect
from mixdream.studio.sets.set_keys import keys_file, read_keys
from mixdream.studio.studio import Studio


def open_corpus(project: Project) -> Corpus | None:
    """The corpus as far as it is built; None where there is none, or no set in it yet."""
    return _opened(project, _read_index(project))


def describe_sets(studio: Studio) -> dict[str, Any]:
    """Content of the topic ``sets``."""
    project, sources = studio.project, studio.sources
    problem = None
    try:
        index = _read_index(project)
    except InputError as error:
        index, problem = None, (source_text(project.corpus), str(error))
    try:
        to_read, named, missing = sources.to_read(), sources.named, sources.missing()
    except InputError as error:
        to_read, named, missing, problem = [], [], [], (source_text(sources.file), str(error))
    corpus = _opened(project, index)
    keys = read_keys(keys_file(project.folder))
    listed = _list_sources(tuple(to_read), sources.stamp())
    known = _known_files(index) if index else set()
    waiting = [source_text(path) for path in listed.files if _file(path) not in known]
    not_taken = [(source_text(item.path), item.reason) for item in listed.not_taken]
    not_taken += [(source, "is not there now") for source in missing]
    not_taken += [problem] if problem else []
    counts = [_windows(corpus, record) for record in corpus.sets] if corpus else []
    apart, windows = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    return {
        "sets": [_describe(each, keys.get(each.audio_sha256)) for each in corpus.sets] if corpus else [],
        "rejected": _left_out(index.rejected if index else ()),
        "duplicates": _left_out(index.duplicates if index else ()),
        "not_taken": [{"source": source, "reason": valid_text(reason)} for source, reason in not_taken],
        "named": named,
        "waiting": waiting,
        "uploads": studio.uploads.states(),
        "hours": round(corpus.seconds / 3600, 4) if corpus else 0.0,
        "loops": apart,
        "expect": expect(project, corpus, apart, windows) if corpus else [],
    }


def _read_index(project: Project) -> CorpusIndex | None:
    return read_index(project.corpus) if (project.corpus / INDEX_NAME).exists() else None


def _opened(project: Project, index: CorpusIndex | None) -> Corpus | None:
    if index is None or not index.sets:
        return None
    return Corpus(project.corpus.resolve(), index.rate_hz, index.channels, index.sets)


def _describe(record: SetRecord, key: Key | None) -> dict[str, Any]:
    tempo = record.tempo_range_bpm
    return {
        "name": record.name,
        "source": record.source,
        "seconds": record.seconds,
        "kept_s": record.kept_s,
        "tempo": None if tempo is None else [round(bpm, 2) for bpm in tempo],
        "key": key and key.name,
        "camelot": key and key.camelot,
        "dropped": [span.model_dump() for span in record.dropped],
        "warnings": list(record.warnings),
        "tracks": [track.model_dump() for track in record.tracks],
    }


def _left_out(items: tuple[Rejected, ...]) -> list[dict[str, str]]:
    return [{"source": item.source, "reason": valid_text(item.reason)} for item in items]


@lru_cache(maxsize=1)
def _list_sources(sources: tuple[Path, ...], _stamp: object) -> SourceList:
    """Look into folders, which may have to look into files; not at each part of an upload anew."""
    return list_sources(sources)


def _known_files(index: CorpusIndex) -> set[tuple[str, int, int]]:
    """Sources as they were when they were read."""
    items = (*index.sets, *index.rejected, *index.duplicates)
    return {(item.source, item.source_bytes, item.source_mtime_ns) for item in items}


def _file(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return source_text(path), -1, -1
    return source_text(path), stat.st_size, stat.st_mtime_ns


def _windows(corpus: Corpus, record: SetRecord) -> tuple[int, int]:
    """Loops' worth of bars in a set: windows apart from each other, and all that a training takes."""
    if not record.beats_sha256 or not beats_path(corpus.folder, record.name).is_file():
        return 0, 0  # they are to be tracked
    return _count_windows(corpus.folder, corpus.rate_hz, corpus.channels, record)


@lru_cache(maxsize=4096)
def _count_windows(folder: Path, rate_hz: int, channels: int, record: SetRecord) -> tuple[int, int]:
    try:
        windows = training_windows(load_recipe(RECIPE), Corpus(folder, rate_hz, channels, (record,)))
    except InputError:  # not one
        return 0, 0
    return len(apart_rows(windows, len(windows))), len(windows)
