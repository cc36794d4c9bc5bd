"""Writing clips: 24-bit WAV or FLAC at any rate, never clipped, whole or not at all."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

import numpy as np
import soundfile

from mixdream.audio.loop_chunks import LoopInfo, add_loop_chunks
from mixdream.audio.tags import Tags
from mixdream.errors import InputError
from mixdream.files import whole_or_absent, write_atomically

AudioFormat = Literal["wav", "flac"]

RATES_HZ = (4000, 192_000)  # under 4 kHz the filters that loudness is measured with do not exist

_BYTES_PER_SAMPLE = 3
_MOST_WAV_BYTES = 4 * 10**9  # lengths in WAV files are of 32 bits


def check_rate(rate_hz: int) -> None:
    """Raise InputError for a rate that clips are not written at."""
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise InputError(f"a rate of {rate_hz} Hz is not possible: {RATES_HZ[0]} to {RATES_HZ[1]} Hz are")


def write_audio(
    path: Path,
    audio: np.ndarray,
    rate_hz: int,
    form: AudioFormat = "wav",
    loop: LoopInfo | None = None,
    tags: Tags | None = None,
) -> None:
    """Write 24-bit audio, shape (samples,) or (channels, samples), within +-1, whole or not at all.

    Of a loop, a WAV file says so in its chunks; FLAC has no place for them. InputError for a rate that the
    format does not have.
    """
    file = io.BytesIO()
    with (
        _possible(path, rate_hz, form),
        soundfile.SoundFile(
            file, "w", rate_hz, 1 if audio.ndim == 1 else len(audio), "PCM_24", format=form.upper()
        ) as written,
    ):
        if tags:
            tags.write_texts(written)
        written.write(np.transpose(audio))
    if tags and form == "flac":
        file.seek(0)
        tags.copy_flac(file, tagged := io.BytesIO())
        file = tagged
    content = file.getvalue()
    if loop and form == "wav":
        content = add_loop_chunks(content, np.shape(audio)[-1], rate_hz, loop)
    write_atomically(path, content)


def write_blocks(
    path: Path,
    blocks: Iterable[np.ndarray],
    samples: int,
    rate_hz: int,
    form: AudioFormat = "wav",
    tags: Tags | None = None,
    channels: int = 1,
) -> None:
    """Write 24-bit audio, within +-1, in blocks of shape (n,) or (channels, n), whole or not at all.

    ``samples`` counts those of all blocks, per channel: a WAV file that would pass 4 GB becomes RF64, which
    most programs read as WAV. InputError for a rate that the format does not have.
    """
    long = form == "wav" and samples * channels * _BYTES_PER_SAMPLE > _MOST_WAV_BYTES
    with whole_or_absent(path) as temporary:
        with (
            _possible(path, rate_hz, form),
            _File(temporary) as file,
            soundfile.SoundFile(
                file, "w", rate_hz, channels, subtype="PCM_24", format="RF64" if long else form.upper()
            ) as audio,
        ):
            if tags:
                tags.write_texts(audio)
            for block in blocks:
                audio.write(block.T)
                file.check()
        if tags and form == "flac":
            with (
                whole_or_absent(temporary) as tagged,
                temporary.open("rb") as before,
                tagged.open("wb") as after,
            ):
                tags.copy_flac(before, after)


class _File:
    """A file that libsndfile writes to, which prints errors of Python, and Ctrl-C, instead of returning them.

    After a full disk, or Ctrl-C, nothing more is written; `check` and the end of the context say so.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._error: OSError | KeyboardInterrupt | None = None
        self.seek, self.tell = self._file.seek, self._file.tell

    def write(self, data: bytes) -> int:
        """Write all of the data, as far as there is room."""
        rest = memoryview(data)
        try:
            while rest and self._error is None:
                rest = rest[self._file.write(rest) :]
        except (OSError, KeyboardInterrupt) as error:
            self._error = error
        return len(data)

    def check(self) -> None:
        """Raise what ended an earlier `write`."""
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self.check()


@contextmanager
def _possible(path: Path, rate_hz: int, form: AudioFormat) -> Iterator[None]:
    """InputError where libsndfile does not write such audio."""
    try:
        yield
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} cannot be written as {form} at {rate_hz} Hz: {error.error_string}"
        ) from None
