"""Writing clips: 24-bit WAV or FLAC at any rate, never clipped, whole or not at all."""

from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from mixdream.audio.loop_chunks import LoopInfo, add_loop_chunks
from mixdream.errors import InputError
from mixdream.files import flush

AudioFormat = Literal["wav", "flac"]

RATES_HZ = (4000, 192_000)  # under 4 kHz the filters that loudness is measured with do not exist


def check_rate(rate_hz: int) -> None:
    """Raise InputError for a rate that clips are not written at."""
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise InputError(f"a rate of {rate_hz} Hz is not possible: {RATES_HZ[0]} to {RATES_HZ[1]} Hz are")


def write_audio(
    path: Path, audio: np.ndarray, rate_hz: int, form: AudioFormat = "wav", loop: LoopInfo | None = None
) -> None:
    """Write 24-bit audio under a temporary name and rename it.

    Parameters
    ----------
    path : Path
    audio : ndarray, shape (samples,) or (channels, samples), within +-1
    rate_hz : int
    form : {"wav", "flac"}
    loop : LoopInfo, optional
        The audio is a loop; a WAV file says so in its chunks, FLAC has no place for them.

    Raises
    ------
    InputError
        A rate that the format does not have.
    OSError
        A folder that cannot be written.
    """
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with temporary.open("wb") as file:
            soundfile.write(file, np.transpose(audio), rate_hz, subtype="PCM_24", format=form.upper())
        if loop and form == "wav":
            temporary.write_bytes(add_loop_chunks(temporary.read_bytes(), loop))
        flush(temporary)
        temporary.replace(path)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} cannot be written as {form} at {rate_hz} Hz: {error.error_string}"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
