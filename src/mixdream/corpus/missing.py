"""Missing sources: what a corpus keeps of them; a name that it never knew is an error."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from mixdream.corpus.folder import BuildFolder
from mixdream.corpus.folder_search import NotTaken
from mixdream.corpus.sources import SourceList, source_path, source_text
from mixdream.corpus.store import Rejected, SetRecord, SourceFile
from mixdream.errors import InputError

_NAMED = 3

_Item = TypeVar("_Item", bound=SourceFile)


def refuse_unknown(listed: SourceList, folder: BuildFolder) -> None:
    """Raise InputError where a path is named that does not exist and that the corpus knows nothing of.

    What a playlist names and is not there is no error, as long as it names something else.
    """
    unknown = [
        path for path, named_by in listed.missing.items() if not named_by and not any(_known(path, folder))
    ]
    if unknown:
        names = ", ".join(f"'{path}'" for path in unknown[:_NAMED])
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        verb = "does not exist" if len(unknown) == 1 else "do not exist"
        nor = ", and nothing in the corpus is from there" if folder.index.sets else ""
        raise InputError(f"{names}{more} {verb}{nor}: is it mistyped? Nothing was done")


def find_missing(listed: SourceList, folder: BuildFolder) -> tuple[list[Rejected], list[NotTaken]]:
    """Say what the corpus keeps of sources that are named and not there.

    Returns
    -------
    missing : list of Rejected
        Named ones, also by naming a folder that they were in.
    not_listed : list of NotTaken
        Missing ones that a playlist names and the corpus knows nothing of.
    """
    missing: dict[tuple[str, str], Rejected] = {}
    unknown = []
    for path, named_by in listed.missing.items():
        known = list(_known(path, folder))
        missing |= {(item.source, item.name): item for item in known}
        if named_by and not known:
            unknown.append(NotTaken(path, f"is missing; '{named_by}' names it"))
    there = {source_text(path) for path in listed.files}
    for path in listed.folders:
        for record in _below(source_text(path), folder.index.sets):
            if record.source not in there and not source_exists(record.source):
                missing[record.source, record.name] = _kept(record.source, record, folder)
    return list(missing.values()), unknown


def source_exists(source: str) -> bool:
    """Whether a source can be reached."""
    try:
        return source_path(source).exists()
    except OSError:
        return False


def _known(path: Path, folder: BuildFolder) -> Iterator[Rejected]:
    """What the corpus knows of a path that is not there, or of what was below it."""
    place, index = source_text(path), folder.index
    for record in index.sets:
        for source in (record.source, *record.earlier_sources):
            if is_below(source, place) and not source_exists(source):
                yield _kept(source, record, folder)
    for item in _below(place, index.duplicates):
        yield item.model_copy(update={"reason": f"it {item.reason}"})
    for item in _below(place, index.rejected):
        if item.source_bytes >= 0:  # it was there once
            yield item.model_copy(update={"reason": f"it gave no set before: {item.reason}"})


def _kept(source: str, record: SetRecord, folder: BuildFolder) -> Rejected:
    """Say what becomes of a set whose source is missing."""
    if source != record.source:
        reason = f"set '{record.name}' has its music from '{record.source}' now"
    elif folder.is_whole(record.name, record.samples):
        reason = f"its set '{record.name}' is kept until 'mixdream corpus remove'"
    else:
        reason = (
            f"files of its set '{record.name}' are missing, too: put the source back to build them again, or "
            "'mixdream corpus remove' the set"
        )
    return Rejected(name=record.name, source=source, sha256=record.sha256, reason=reason)


def _below(place: str, items: Iterable[_Item]) -> Iterator[_Item]:
    return (item for item in items if is_below(item.source, place))


def is_below(source: str, place: str) -> bool:
    """Whether a source is a path, or lies in the folder of this path."""
    return source == place or source.startswith(place.rstrip("/\\") + "/") or source.startswith(place + "\\")
