"""The folder of a corpus while it is built: locked, written atomically, cleaned of what a kill left."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from mixdream.corpus.lower_rate import COPIES_FOLDER, copied_sets, delete_copies
from mixdream.corpus.store import (
    BEATS_FOLDER,
    INDEX_NAME,
    SETS_FOLDER,
    CorpusIndex,
    Rejected,
    SetRecord,
    audio_path,
    beats_path,
    read_index,
)
from mixdream.errors import InputError, MixdreamError
from mixdream.files import LOCK_NAME, flush, is_full, only_one_in, write_json

RATE_HZ, CHANNELS = 32_000, 2
"""Of a new corpus unless told otherwise: up to 16 kHz, in stereo, 0.46 GB an hour (44.1 kHz: 0.64 GB)."""

_WORK_FOLDER = ".building"
_LEFT_OUT = ("rejected", "duplicates")


class BuildFolder:
    """Corpus folder that one build writes to.

    Whatever is being made lies in ``.building`` until it is whole and on the disk; then it is renamed. So
    what a killed build leaves behind is only ever in there, and the next build removes it. ``index`` is as
    last written; ``was_complete`` says whether a build had come to an end in it before this one.
    """

    def __init__(self, folder: Path, index: CorpusIndex) -> None:
        self.folder = folder
        self.index = index
        self.was_complete = index.complete

    def part_paths(self, name: str) -> tuple[Path, Path]:
        """Files for the audio and the beats of a set in the making."""
        work = self.folder / _WORK_FOLDER
        return work / f"{name}.npy", work / BEATS_FOLDER / f"{name}.npy"

    def is_whole(self, name: str, samples: int) -> bool:
        """Whether the files of a set are there, its audio of the right size."""
        try:
            size = audio_path(self.folder, name).stat().st_size
        except OSError:
            return False
        return 0 < size - 2 * samples * self.index.channels < 4096 and beats_path(self.folder, name).is_file()

    def take_in(self, name: str) -> None:
        """Move the finished files of a set to their places; copies of what it was before go."""
        delete_copies(self.folder, name)
        targets = audio_path(self.folder, name), beats_path(self.folder, name)
        for part, target in zip(self.part_paths(name), targets, strict=True):
            part.replace(target)
            flush(target.parent)

    def record_set(self, record: SetRecord, instead_of: str = "") -> None:
        """Write the index with one set more, which replaces the one of its name.

        ``instead_of`` names another set that goes, since the new one has its music.
        """
        others = [r for r in self.index.sets if r.name not in (record.name, instead_of)]
        update: dict[str, Any] = {
            kind: tuple(item for item in getattr(self.index, kind) if item.source != record.source)
            for kind in _LEFT_OUT
        }
        update["sets"] = tuple(sorted([*others, record], key=lambda r: r.name))
        self.write_index(self.index.model_copy(update=update))
        if instead_of:
            self._delete({instead_of})

    def record_left_out(self, kind: Literal["rejected", "duplicates"], outcome: Rejected) -> None:
        """Write the index with one source more that gave no set.

        A set that it gave before stays, unless its files are lost and another set has the music.
        """
        update: dict[str, Any] = {
            name: [item for item in getattr(self.index, name) if item.source != outcome.source]
            for name in _LEFT_OUT
        }
        update[kind] = sorted([*update[kind], outcome], key=lambda item: item.source)
        update["sets"] = [
            record
            for record in self.index.sets
            if kind == "rejected"
            or record.source != outcome.source
            or self.is_whole(record.name, record.samples)
        ]
        self.write_index(self.index.model_copy(update={name: tuple(of) for name, of in update.items()}))

    def remove_sets(self, names: set[str]) -> None:
        """Remove sets, and what was said of their sources: first from the index, in one step, then files."""
        gone = [record for record in self.index.sets if record.name in names]
        sources = {record.source for record in gone}
        content = {record.sha256 for record in gone} | {record.audio_sha256 for record in gone} - {""}
        kept: dict[str, Any] = {
            kind: tuple(
                item
                for item in getattr(self.index, kind)
                if item.source not in sources and not content & {item.sha256, item.audio_sha256}
            )
            for kind in _LEFT_OUT
        }
        kept["sets"] = tuple(record for record in self.index.sets if record.name not in names)
        self.write_index(self.index.model_copy(update=kept))
        self._delete(names)

    def _delete(self, names: set[str]) -> None:
        """Delete the files of sets that the index does not have any more."""
        for name in names:
            audio_path(self.folder, name).unlink(missing_ok=True)
            beats_path(self.folder, name).unlink(missing_ok=True)
            delete_copies(self.folder, name)

    def write_index(self, index: CorpusIndex) -> None:
        """Replace `corpus.json` in one step that a power cut cannot halve."""
        write_json(self.folder / INDEX_NAME, index.model_dump(mode="json"))
        self.index = index

    def prepare(self) -> None:
        """Make the folders, and remove what a killed build left."""
        self.clean()
        (self.folder / _WORK_FOLDER / BEATS_FOLDER).mkdir(parents=True)
        for folder in (SETS_FOLDER, BEATS_FOLDER):
            (self.folder / folder).mkdir(exist_ok=True)
        self.sweep()

    def sweep(self) -> None:
        """Delete files of sets that the index does not have: a kill left them."""
        known = {f"{record.name}.npy" for record in self.index.sets}
        for folder in (SETS_FOLDER, BEATS_FOLDER):
            for path in (self.folder / folder).glob("*.npy"):
                if path.name not in known:
                    path.unlink()
        for name in copied_sets(self.folder):
            if f"{name}.npy" not in known:
                delete_copies(self.folder, name)

    def clean(self) -> None:
        """Remove the work folder and everything in it."""
        shutil.rmtree(self.folder / _WORK_FOLDER, ignore_errors=True)

    def remove(self) -> None:
        """Remove a corpus without sets, and its folder if nothing else is in it."""
        self.clean()
        (self.folder / INDEX_NAME).unlink(missing_ok=True)
        shutil.rmtree(self.folder / COPIES_FOLDER, ignore_errors=True)
        for folder in (self.folder / SETS_FOLDER, self.folder / BEATS_FOLDER, self.folder):
            try:
                folder.rmdir()
            except OSError:
                return


@contextmanager
def open_folder(folder: Path, rate_hz: int | None, channels: int | None) -> Iterator[BuildFolder]:
    """Open the folder of a new or an existing corpus for one build; a second build is turned away.

    What is not said of rate and channels is as in the existing corpus, or `RATE_HZ` and `CHANNELS`.

    InputError where the folder holds other things, a corpus of other settings, or is being built;
    MixdreamError where the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make a corpus in '{folder}': {error.strerror}") from None
    try:
        with only_one_in(folder, f"another build is at work in '{folder}': wait for it or end it"):
            yield BuildFolder(folder, _index_of(folder, rate_hz, channels))
    except OSError as error:
        if not is_full(error):
            raise
        raise MixdreamError(
            f"the disk is full, '{error.filename or folder}' was not written: free some space (while it is "
            "built, an hour of stereo at 32 kHz takes 1.4 GB) and run the same command again, it goes on "
            "where it stopped"
        ) from error


def _index_of(folder: Path, rate_hz: int | None, channels: int | None) -> CorpusIndex:
    """Index of an existing corpus, checked against the settings, or an empty one."""
    if not (folder / INDEX_NAME).exists():
        strangers = sorted(
            path.name for path in folder.iterdir() if INDEX_NAME not in path.name and path.name != LOCK_NAME
        )
        if strangers:
            raise InputError(
                f"'{folder}' holds other things ({', '.join(strangers[:3])}) and is no corpus: "
                "name a new or an empty folder"
            )
        return CorpusIndex(complete=False, rate_hz=rate_hz or RATE_HZ, channels=channels or CHANNELS)
    index = read_index(folder)
    asked = rate_hz or index.rate_hz, channels or index.channels
    if (index.rate_hz, index.channels) != asked:
        raise InputError(
            f"corpus '{folder}' has {index.rate_hz} Hz and {index.channels} channel(s), asked for are "
            f"{asked[0]} Hz and {asked[1]}: give the same, or build into a new folder"
        )
    return index
