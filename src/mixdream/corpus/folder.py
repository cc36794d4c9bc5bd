"""The folder of a corpus while it is built: locked, written atomically, cleaned of what a kill left."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

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
from mixdream.files import LOCK_NAME, flush, only_one_in, write_json

_WORK_FOLDER = ".building"


class BuildFolder:
    """Corpus folder that one build writes to.

    Whatever is being made lies in ``.building`` until it is whole and on the disk; then it is renamed. So
    what a killed build leaves behind is only ever in there, and the next build removes it. ``index`` is as
    last written.
    """

    def __init__(self, folder: Path, index: CorpusIndex) -> None:
        self.folder = folder
        self.index = index

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
        """Move the finished files of a set to their places."""
        targets = audio_path(self.folder, name), beats_path(self.folder, name)
        for part, target in zip(self.part_paths(name), targets, strict=True):
            part.replace(target)
            flush(target.parent)

    def record(self, kind: Literal["sets", "rejected", "duplicates"], outcome: SetRecord | Rejected) -> None:
        """Write the index with one outcome more, which replaces earlier ones of the same source."""
        earlier = {item.name for item in self.index.sets if item.source == outcome.source}
        lost = earlier - {outcome.name} if kind == "sets" else earlier
        items: dict[str, list[SetRecord | Rejected]] = {
            name: [item for item in getattr(self.index, name) if item.source != outcome.source]
            for name in ("sets", "rejected", "duplicates")
        }
        items[kind].append(outcome)
        items["sets"].sort(key=lambda item: item.name)
        items["rejected"].sort(key=lambda item: item.source)
        items["duplicates"].sort(key=lambda item: item.source)
        self.write_index(self.index.model_copy(update={name: tuple(of) for name, of in items.items()}))
        for name in lost:
            audio_path(self.folder, name).unlink(missing_ok=True)
            beats_path(self.folder, name).unlink(missing_ok=True)

    def write_index(self, index: CorpusIndex) -> None:
        """Replace `corpus.json` in one step that a power cut cannot halve."""
        write_json(self.folder / INDEX_NAME, index.model_dump(mode="json"))
        self.index = index

    def prepare(self) -> None:
        """Make the work folder, and remove what a killed build left."""
        self.clean()
        (self.folder / _WORK_FOLDER / BEATS_FOLDER).mkdir(parents=True)
        known = {f"{record.name}.npy" for record in self.index.sets}
        for folder in (self.folder / SETS_FOLDER, self.folder / BEATS_FOLDER):
            folder.mkdir(exist_ok=True)
            for path in folder.glob("*.npy"):
                if path.name not in known:
                    path.unlink()

    def clean(self) -> None:
        """Remove the work folder and everything in it."""
        shutil.rmtree(self.folder / _WORK_FOLDER, ignore_errors=True)

    def remove(self) -> None:
        """Remove a corpus without sets, and its folder if nothing else is in it."""
        self.clean()
        (self.folder / INDEX_NAME).unlink(missing_ok=True)
        for folder in (self.folder / SETS_FOLDER, self.folder / BEATS_FOLDER, self.folder):
            try:
                folder.rmdir()
            except OSError:
                return


@contextmanager
def open_folder(folder: Path, rate_hz: int, channels: int) -> Iterator[BuildFolder]:
    """Open the folder of a new or an existing corpus for one build; a second build is turned away.

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
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise MixdreamError(
            f"the disk of '{folder}' is full: free some space (while it is built, an hour of mono at 8 kHz "
            "takes 0.2 GB) and run the same command again, it goes on where it stopped"
        ) from error


def _index_of(folder: Path, rate_hz: int, channels: int) -> CorpusIndex:
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
        return CorpusIndex(complete=False, rate_hz=rate_hz, channels=channels)
    index = read_index(folder)
    if (index.rate_hz, index.channels) != (rate_hz, channels):
        raise InputError(
            f"corpus '{folder}' has {index.rate_hz} Hz and {index.channels} channel(s), asked for are "
            f"{rate_hz} Hz and {channels}: give the same, or build into a new folder"
        )
    return index
