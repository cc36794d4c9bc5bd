"""Search a folder for audio: to any depth, through links, by endings and else by content."""

import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mixdream.audio.media_files import has_audio, is_companion, is_media_file

NO_AUDIO = "is no audio"

_NAMED_ALONE = 3  # more files that were left out for one reason share a line


class NotTaken(NamedTuple):
    """File or folder that was come across and left out, and why."""

    path: Path
    reason: str


def search_folder(folder: Path) -> tuple[list[Path], list[NotTaken]]:
    """List the audio files of a folder and of those in it, in no order, and what else is there.

    Hidden files and folders are passed over, and so is what usually lies beside music, such as covers. Links
    to folders are followed; a folder is searched once, under its own path where it has one in here.
    """
    files: list[Path] = []
    not_taken: list[NotTaken] = []
    root = os.path.realpath(folder)
    seen: set[str] = set()
    waiting: list[Path] = [folder]
    links: list[Path] = []
    while waiting or links:
        current = waiting.pop() if waiting else links.pop(0)
        real = os.path.realpath(current)
        if real in seen:
            continue
        if real != root and Path(root).is_relative_to(real):
            not_taken.append(NotTaken(current, f"is a link to a folder that '{folder}' is in"))
            continue
        seen.add(real)
        try:
            paths = sorted(Path(entry.path) for entry in os.scandir(current))
        except OSError as error:
            not_taken.append(NotTaken(current, _unreadable(error)))
            continue
        for path in paths:
            if path.name.startswith("."):
                continue
            if os.path.isdir(path):  # noqa: PTH112 - False, not an error, where it cannot be told
                (links if path.is_symlink() else waiting).append(path)
            elif is_companion(path):
                continue
            elif reason := _why_not(path):
                not_taken.append(NotTaken(path, reason))
            else:
                files.append(path)
    return files, not_taken


def _why_not(path: Path) -> str:
    """Say why a file is not taken; nothing where it is."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "is not a file"
        return "" if is_media_file(path) or has_audio(path) else NO_AUDIO
    except FileNotFoundError:
        return "is a link to something that is missing"
    except OSError as error:
        return _unreadable(error)


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror or error}"


def sum_up(not_taken: Iterable[NotTaken]) -> list[str]:
    """Say what was not taken and why, in a line each, or in one line where it is much of one kind.

    >>> sum_up([NotTaken(Path(f"{n}.pdf"), "is no audio") for n in range(4)])
    ['4 files are no audio (.pdf 4)']
    """
    by_reason: dict[str, list[Path]] = {}
    for path, reason in not_taken:
        by_reason.setdefault(reason, []).append(path)
    lines = []
    for reason, paths in by_reason.items():
        if len(paths) <= _NAMED_ALONE:
            lines += [f"'{path}' {reason}" for path in paths]
        elif reason == NO_AUDIO:
            kinds = Counter(path.suffix.lower() or "no ending" for path in paths).most_common()
            lines.append(f"{len(paths)} files are no audio ({', '.join(f'{kind} {n}' for kind, n in kinds)})")
        else:
            lines.append(f"'{paths[0]}' and {len(paths) - 1} more: {reason}")
    return lines
