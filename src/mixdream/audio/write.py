"""Writing clips: 24-bit WAV or FLAC at any rate, never clipped, whole or not at all."""

from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from mixdream.errors import InputError
from mixdream.files import flush

AudioFormat = Literal["wav", "flac"]

PEAK_DBFS = -1.0
"""Level of the loudest sample of a clip."""

RATES_HZ = (1000, 192_000)


def resample_and_level(audio: np.ndarray, rate_hz: int, target_hz: int) -> tuple[np.ndarray, float]:
    """Resample a clip and set its level so that its loudest sample is at `PEAK_DBFS`.

    Parameters
    ----------
    audio : ndarray, shape (samples,), float
        Any level.
    rate_hz, target_hz : int

    Returns
    -------
    audio : ndarray, shape (samples * target_hz / rate_hz,), float64
    gain_db : float
        What was done to the level; 0 for silence, which stays silent.

    Raises
    ------
    InputError
        A target rate that no file has, or audio that is not finite.
    """
    if not RATES_HZ[0] <= target_hz <= RATES_HZ[1]:
        raise InputError(f"a rate of {target_hz} Hz is not possible: {RATES_HZ[0]} to {RATES_HZ[1]} Hz are")
    if not np.isfinite(audio).all():
        raise InputError("the audio holds NaN or infinite samples: the model or spectrogram is broken")
    resampled = soxr.resample(np.asarray(audio, dtype=np.float64), rate_hz, target_hz, quality="VHQ")
    peak = np.abs(resampled).max(initial=0.0)
    if peak == 0.0:
        return resampled, 0.0
    gain = 10 ** (PEAK_DBFS / 20) / peak
    return resampled * gain, float(20 * np.log10(gain))


def write_audio(path: Path, audio: np.ndarray, rate_hz: int, form: AudioFormat = "wav") -> None:
    """Write 24-bit audio under a temporary name and rename it.

    Parameters
    ----------
    path : Path
    audio : ndarray, shape (samples,) or (channels, samples), within +-1
    rate_hz : int
    form : {"wav", "flac"}

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
        flush(temporary)
        temporary.replace(path)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} cannot be written as {form} at {rate_hz} Hz: {error.error_string}"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
