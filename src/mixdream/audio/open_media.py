"""Opening media with FFmpeg: the file, its container, the places of its channels."""

from collections.abc import Sequence
from pathlib import Path

import av

from mixdream.audio.file_parts import PartReader
from mixdream.errors import InputError

_READ_BYTES = 1 << 16
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_PLACES = ("first", "second", "third")


def check_file(path: Path) -> None:
    """InputError where a file is missing, empty or cannot be opened."""
    try:
        if not path.is_file():
            raise InputError(f"'{path}' is {'not a file' if path.exists() else 'missing'}")
        if path.stat().st_size == 0:
            raise InputError(f"'{path}' is empty (0 bytes)")
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from None


def open_media(path: Path, reader: PartReader) -> "av.container.InputContainer":
    """Open a media file, or a part of it; InputError says in one line why it cannot be."""
    try:
        options = {"protocol_whitelist": "file"}  # a playlist in disguise must not reach for the network
        return av.open(reader, "r", metadata_errors="ignore", options=options, buffer_size=_READ_BYTES)
    except (av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"'{path}' is not a media file that FFmpeg can read: {reason}") from None


def about_tracks(tracks: Sequence[av.AudioStream], taken: av.AudioStream) -> list[str]:
    """Say which of several sound tracks was taken, and what the others are; nothing where there is one."""
    if len(tracks) < 2:
        return []
    names = [
        " ".join(filter(None, (track.metadata.get("language", ""), *_about_codec(track.codec_context))))
        for track in tracks
    ]
    number = [track.index for track in tracks].index(taken.index)
    place = f"the {_PLACES[number]}" if number < len(_PLACES) else f"number {number + 1}"
    return [f"has {len(tracks)} sound tracks ({', '.join(names)}): {place} was taken"]


def _about_codec(codec: av.AudioCodecContext | None) -> tuple[str, ...]:
    if codec is None:
        return ("in an unknown codec",)
    return _LAYOUTS.get(codec.channels, f"{codec.channels} channels"), codec.name


def plain_layout(codec: av.AudioCodecContext) -> list[str]:
    """Names of a stream's channels, whose order FFmpeg may forget from here on.

    PyAV 18.1 copies layouts by their address, and so frees those of a custom order twice, which ends the
    process. Such an order, as AIFF and CAF files have it, is replaced by none before anything is decoded. The
    layout must be read once only: the object read here frees it, and the codec has let go of it by then.
    """
    layout = codec.layout
    if "(" in layout.name:  # a custom order spells out its channels
        codec.layout = f"{layout.nb_channels}C"
    return [channel.name for channel in layout.channels]
