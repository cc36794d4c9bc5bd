"""Which files in a folder are taken for audio: by their endings, else by their content."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av

_KNOWN = (
    "3g2 3gp aac ac3 adts aif aifc aiff ape au avi bwf caf dsf dts eac3 flac flv m2ts m4a m4b m4v mka "
    "mkv mov mp2 mp3 mp4 mpc mpeg mpg mpga oga ogg ogv opus ra rf64 snd tak tta ts vob w64 wav wave "
    "weba webm wma wmv wv"
)
_COMPANIONS = (
    "asd asc bmp csv cue db gif htm html ini jpeg jpg json log lrc m3u m3u8 md md5 nfo nml npy pkf pls "
    "png reapeaks rtf sfk sfv sha256 tif tiff tsv txt url webp xml xspf"
)
_SUFFIXES = frozenset(f".{known}" for known in _KNOWN.split())
_COMPANION_SUFFIXES = frozenset(f".{known}" for known in _COMPANIONS.split())
_ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_PAGES = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8")
_HEAD_BYTES = 4096
_PACKETS = 16  # looked at by the probe
_BINARY = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")


def is_media_file(path: Path) -> bool:
    """Whether a file in a folder is taken without a look: audio or video by its suffix, and not hidden.

    >>> is_media_file(Path("sets/Mix.MP3")), is_media_file(Path(".mix.mp3")), is_media_file(Path("notes.txt"))
    (True, False, False)
    """
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def is_companion(path: Path) -> bool:
    """Whether a file is one of those that lie beside music, such as covers and playlists, or is hidden.

    >>> is_companion(Path("Cover.JPG")), is_companion(Path(".DS_Store")), is_companion(Path("mix.mp3.part"))
    (True, True, False)
    """
    return path.suffix.lower() in _COMPANION_SUFFIXES or path.name.startswith(".")


def has_audio(path: Path) -> bool:
    """Whether FFmpeg finds audio in a file, whatever its name is, and can decode its beginning.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith((*_ARCHIVES, *_PAGES)) or not _BINARY.intersection(
            head
        ):  # text has no control characters
            return False
        import av  # here: not for every 'mixdream --help'

        file.seek(0)
        try:
            options = {"protocol_whitelist": "none"}  # a playlist in disguise opens nothing
            with av.open(file, "r", metadata_errors="ignore", options=options) as container:
                return any(_decodes(container, stream) for stream in container.streams.audio[:1])
        except (av.FFmpegError, ValueError):
            return False


def _decodes(container: "av.container.InputContainer", stream: "av.AudioStream") -> bool:
    """Whether one of the first packets of a stream gives audio."""
    import av

    if stream.codec_context is None:
        return False
    for number, packet in enumerate(container.demux(stream)):
        try:
            if any(frame.samples for frame in packet.decode() if isinstance(frame, av.AudioFrame)):
                return True
        except av.FFmpegError:
            continue
        if number > _PACKETS:
            break
    return False
