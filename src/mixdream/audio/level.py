"""The level of clips: one loudness for all, true peaks below full scale, peaks limited but never clipped."""

import math
from dataclasses import dataclass

import numpy as np

from mixdream.audio.limiter import (
    MARGIN_SAMPLES,
    TRUE_PEAK_DBTP,
    limit,
    oversampled,
    padded,
    peaks_around,
    true_peak,
)
from mixdream.audio.loudness import LoudnessMeter
from mixdream.errors import InputError

LOUDNESS_LUFS = -14.0
_CEILING = 10 ** (TRUE_PEAK_DBTP / 20)

MOST_LIMITING_DB = 6.0
"""How far peaks are turned down to reach the loudness; a mastering engineer would seldom go further."""

SILENCE = 1e-4
"""Samples that all stay under -80 dB of full scale are silence, which is not made louder."""

_LOOP_HEARD_S = 4.0
_ROUNDS = 4  # limiting takes a little loudness, which more gain gives back
_NEAR_LU = 0.05


@dataclass(frozen=True)
class Level:
    """What the level of a clip became, and how.

    Attributes
    ----------
    gain_db : float
        What was done to it as a whole.
    limited_db : float, >= 0
        How far its loudest peak was turned down beyond that.
    loudness_lufs : float or None
        None where it cannot be measured: silence, or less than 0.4 s that do not repeat.
    true_peak_dbtp : float or None
        None for digital silence.
    """

    gain_db: float
    limited_db: float
    loudness_lufs: float | None
    true_peak_dbtp: float | None


def set_level(
    audio: np.ndarray,
    rate_hz: int,
    *,
    loop: bool = False,
    keep: bool = False,
    target_lufs: float = LOUDNESS_LUFS,
    most_limiting_db: float = MOST_LIMITING_DB,
) -> tuple[np.ndarray, Level]:
    """Bring a clip to a loudness with true peaks of at most `TRUE_PEAK_DBTP`.

    One gain, then a limiter for what passes the peak; where that would have to take more than
    ``most_limiting_db`` from a peak, the clip stays quieter instead.

    Parameters
    ----------
    audio : ndarray, shape (samples,) or (channels, samples), float
    rate_hz : int, >= 4000
    loop : bool
        The clip is heard over and over.
    keep : bool
        Leave the level as it is, unless the true peak passes `TRUE_PEAK_DBTP`.

    Returns
    -------
    audio : ndarray of the same shape, float64
    level : Level

    Raises
    ------
    InputError
        Audio that is not finite.

    Examples
    --------
    >>> tone = 0.01 * np.sin(2 * np.pi * 997 / 48_000 * np.arange(96_000))
    >>> _, level = set_level(tone, 48_000)
    >>> round(level.gain_db, 1), round(level.loudness_lufs, 1), round(level.true_peak_dbtp, 1)
    (29.1, -14.0, -10.9)
    """
    audio = np.asarray(audio, dtype=np.float64)
    if not np.isfinite(audio).all():
        raise InputError("the audio holds NaN or infinite samples: the model or spectrogram is broken")
    margin = 0 if loop else MARGIN_SAMPLES
    channels = np.atleast_2d(audio)
    fine = oversampled(channels if loop else padded(channels, margin, margin)).max(axis=1)
    peak = float(fine.max(initial=0.0))
    if peak < SILENCE:
        return audio, Level(0.0, 0.0, None, _decibels(peak))
    # Measured with its peak at the ceiling, near where it ends up: the gate of BS.1770 is absolute.
    audio, room_db = audio * (_CEILING / peak), TRUE_PEAK_DBTP - 20 * math.log10(peak)
    lufs = loudness_lufs(audio, rate_hz, loop)
    more_db = 0.0 if lufs is None else target_lufs - lufs
    if not keep and lufs is not None and more_db > 0:
        envelope = _CEILING / peak * peaks_around(fine)[margin : margin + audio.shape[-1]]
        return _limited(audio, envelope, room_db, lufs, rate_hz, loop, target_lufs, most_limiting_db)
    if keep:
        more_db = min(0.0, -room_db)
    reached = None if lufs is None else lufs + more_db
    level = Level(room_db + more_db, 0.0, reached, TRUE_PEAK_DBTP + more_db)
    return audio * 10 ** (more_db / 20), level


def _limited(
    audio: np.ndarray,
    envelope: np.ndarray,
    room_db: float,
    lufs: float,
    rate_hz: int,
    loop: bool,
    target_lufs: float,
    most_limiting_db: float,
) -> tuple[np.ndarray, Level]:
    """Limit audio whose peak is at the ceiling, so that it gets louder."""
    limited, more_db = audio, 0.0
    for _ in range(_ROUNDS):
        if more_db == most_limiting_db or target_lufs - lufs < _NEAR_LU:
            break
        more_db = min(more_db + target_lufs - lufs, most_limiting_db)
        gain = 10 ** (more_db / 20)
        limited = limit(gain * audio, gain * envelope, _CEILING, rate_hz, loop)
        lufs = loudness_lufs(limited, rate_hz, loop) or lufs
    # The envelope was read at four points per sample and the gain moves: peaks may be slightly over.
    peak = true_peak(limited, loop)
    over = max(1.0, peak / _CEILING)
    level = Level(room_db + more_db, more_db, lufs - 20 * math.log10(over), _decibels(peak / over))
    return limited / over, level


def loudness_lufs(audio: np.ndarray, rate_hz: int, loop: bool = False) -> float | None:
    """Integrated loudness of audio, shape (samples,) or (channels, samples); a loop's while it repeats.

    None where nothing can be measured: all of it is below -70 LUFS, or lasts under 0.4 s and is no loop.
    """
    channels = np.atleast_2d(audio)
    times = 1 + math.ceil(_LOOP_HEARD_S * rate_hz / channels.shape[1]) if loop else 1
    meter = LoudnessMeter(rate_hz, len(channels))
    for _ in range(times):
        meter.push(channels.T)
    lufs = meter.integrated_lufs()
    return lufs if math.isfinite(lufs) else None


def _decibels(peak: float) -> float | None:
    return 20 * math.log10(peak) if peak > 0 else None
