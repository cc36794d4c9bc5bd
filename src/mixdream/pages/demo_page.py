"""One self-contained HTML page with players and pictures: nothing is fetched, it can be mailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import soundfile
from torch import Tensor

from mixdream.pages.media import data_url, flac_url, picture_url


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
    loop : bool
        Played again and again.
    """

    title: str
    audio: Path
    magnitudes: Tensor
    note: str = ""
    loop: bool = False


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
    environment = jinja2.Environment(loader=jinja2.PackageLoader("mixdream.pages", "."), autoescape=True)
    content = environment.get_template("demo_page.html").render(
        title=title,
        facts=facts,
        sounds={
            heading: [
                {
                    "title": sound.title,
                    "note": sound.note,
                    "loop": sound.loop,
                    "audio": flac_url(*soundfile.read(sound.audio)),
                    "picture": picture_url(sound.magnitudes.numpy()),
                }
                for sound in some
            ]
            for heading, some in sounds.items()
        },
        pictures={caption: data_url("image/png", file.read_bytes()) for caption, file in pictures.items()},
        next_commands=next_commands,
    )
    path.write_text(content, "utf-8")
