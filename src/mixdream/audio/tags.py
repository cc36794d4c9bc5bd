"""Tags: what an audio file says of itself to DAWs, DJ programs and people."""

from dataclasses import dataclass
from typing import BinaryIO

import av
import soundfile

from mixdream import __version__
from mixdream.files import valid_text

SOFTWARE = f"mixdream {__version__}"
"""What wrote a file."""


@dataclass(frozen=True)
class Tags:
    """What a file says; that mixdream wrote it is said, too.

    Parameters
    ----------
    title, comment : str
    licence : str, optional
        Of what made the music.
    bpm : float, optional
    key : str, optional
        As in ``Am``, which DJ programs read.
    """

    title: str
    comment: str
    licence: str | None = None
    bpm: float | None = None
    key: str | None = None

    def write_texts(self, file: soundfile.SoundFile) -> None:
        """Let libsndfile write the texts, before any audio: WAV files have them in ``LIST`` ``INFO``."""
        file.title, file.comment, file.software = valid_text(self.title), valid_text(self.comment), SOFTWARE
        if self.licence:
            file.copyright = self.licence

    @property
    def comments(self) -> dict[str, str]:
        """Vorbis comments that DJ programs read, and libsndfile does not write."""
        bpm = {} if self.bpm is None else {"BPM": f"{self.bpm:g}"}
        return bpm | ({} if self.key is None else {"INITIALKEY": self.key})

    def copy_flac(self, source: BinaryIO, target: BinaryIO) -> None:
        """Copy a FLAC file, its packets as they are, and add `comments` to those it has."""
        with av.open(source, "r") as before, av.open(target, "w", format="flac") as after:
            stream = before.streams.audio[0]
            after.metadata.update(before.metadata | self.comments)
            copied = after.add_stream_from_template(stream)
            for packet in before.demux(stream):
                if packet.size:  # the last one is empty
                    packet.stream = copied
                    after.mux(packet)
