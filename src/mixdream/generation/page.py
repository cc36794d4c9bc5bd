"""One self-contained HTML page with players and pictures: nothing is fetched, it can be mailed."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
import soundfile
from matplotlib import colormaps
from PIL import Image
from torch import Tensor

from mixdream.spectrogram.picture import for_the_eye


@dataclass(frozen=True)
class Sound:
    """A clip on the page.

    Parameters
    ----------
    title : str
    audio : Path
        Sound file.
    magnitudes : Tensor, shape (bins, frames)
        Its spectrogram.
    note : str
    """

    title: str
    audio: Path
    magnitudes: Tensor
    note: str = ""


def write_page(
    path: Path,
    title: str,
    facts: dict[str, str],
    sounds: dict[str, Sequence[Sound]],
    pictures: dict[str, Path],
    next_commands: Sequence[str],
) -> None:
    """Write the page.

    Parameters
    ----------
    path : Path
    title : str
    facts : dict of str to str
        A table at the top.
    sounds : dict of heading to sounds
    pictures : dict of caption to PNG file
    next_commands : sequence of str
        What to type next.
    """
    environment = jinja2.Environment(loader=jinja2.PackageLoader("mixdream.generation", "."), autoescape=True)
    content = environment.get_template("page.html").render(
        title=title,
        facts=facts,
        sounds={
            heading: [
                {
                    "title": sound.title,
                    "note": sound.note,
                    "audio": _data_url("audio/flac", _flac(sound.audio)),
                    "picture": _data_url("image/png", _picture(sound.magnitudes)),
                }
                for sound in some
            ]
            for heading, some in sounds.items()
        },
        pictures={caption: _data_url("image/png", file.read_bytes()) for caption, file in pictures.items()},
        next_commands=next_commands,
    )
    path.write_text(content, "utf-8")


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _flac(path: Path) -> bytes:
    """Return the sound as 16-bit FLAC, a tenth of the size of a 24-bit WAV that was resampled upward."""
    audio, rate_hz = soundfile.read(path)
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate_hz, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def _picture(magnitudes: Tensor) -> bytes:
    colours = colormaps["magma"](for_the_eye(magnitudes.numpy())[::-1])
    buffer = io.BytesIO()
    Image.fromarray((255 * colours[..., :3]).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
