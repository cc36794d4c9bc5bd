"""Writing clips: 24-bit WAV or FLAC at any rate, never clipped, whole or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from mixdream.audio.loop_chunks import LoopInfo, add_loop_chunks
from mixdream.errors import InputError
from mixdream.files import whole_or_absent

AudioFormat = Literal["wav", "flac"]

RATES_HZ = (4000, 192_000)  # under 4 kHz the filters that loudness is measured with do not exist

_BYTES_PER_SAMPLE = 3
_MOST_WAV_BYTES = 4 * 10**9  # lengths in WAV files are of 32 bits


def check_rate(rate_hz: int) -> None:
    """Raise InputError for a rate that clips are not written at."""
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise InputError(f"a rate of {rate_hz} Hz is not possible: {RATES_HZ[0]} to {RATES_HZ[1]} Hz are")


def write_audio(
    path: Path, audio: np.ndarray, rate_hz: int, form: AudioFormat = "wav", loop: LoopInfo | None = None
) -> None:
    """Write 24-bit audio, shape (samples,) or (channels, samples), within +-1, whole or not at all.

    Of a loop, a WAV file says so in its chunks; FLAC has no place for them. InputError for a rate that the
    format does not have.
    """
    with _whole_or_not(path, rate_hz, form) as temporary:
        with temporary.open("wb") as file:
            soundfile.write(file, np.transpose(audio), rate_hz, subtype="PCM_24", format=form.upper())
        if loop and form == "wav":
            wav = temporary.read_bytes()
            temporary.write_bytes(add_loop_chunks(wav, np.shape(audio)[-1], rate_hz, loop))


def write_blocks(
    path: Path, blocks: Iterable[np.ndarray], samples: int, rate_hz: int, form: AudioFormat = "wav"
) -> None:
    """Write 24-bit mono audio, within +-1, block by block, whole or not at all.

    ``samples`` counts those of all blocks: a WAV file that would pass 4 GB becomes RF64, which most programs
    read as WAV. InputError for a rate that the format does not have.
    """
    long = form == "wav" and samples * _BYTES_PER_SAMPLE > _MOST_WAV_BYTES
    with (
        _whole_or_not(path, rate_hz, form) as temporary,
        temporary.open("wb") as file,
        soundfile.SoundFile(
            file, "w", rate_hz, channels=1, subtype="PCM_24", format="RF64" if long else form.upper()
        ) as audio,
    ):
        for block in blocks:
            audio.write(block)


@contextmanager
def _whole_or_not(path: Path, rate_hz: int, form: AudioFormat) -> Iterator[Path]:
    """Yield a temporary name; what was written to it takes the name ``path``, unless there was an error."""
    try:
        with whole_or_absent(path) as temporary:
            yield temporary
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} cannot be written as {form} at {rate_hz} Hz: {error.error_string}"
        ) from None
