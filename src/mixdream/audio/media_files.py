"""Which files in a folder are taken for audio."""

from pathlib import Path

_KNOWN = (
    "aac ac3 aif aifc aiff ape au avi caf dsf flac flv m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpc mpeg mpg "
    "oga ogg ogv opus ra rf64 snd tak tta ts vob w64 wav wave webm wma wmv wv"
)
_SUFFIXES = frozenset(f".{known}" for known in _KNOWN.split())


def is_media_file(path: Path) -> bool:
    """Whether a file in a folder is taken: audio or video by its suffix, and not hidden.

    >>> is_media_file(Path("sets/Mix.MP3")), is_media_file(Path(".mix.mp3")), is_media_file(Path("notes.txt"))
    (True, False, False)
    """
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
