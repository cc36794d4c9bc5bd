"""Tones that tell headphones from loudspeakers (Woods, Siegel, Traer & McDermott 2017)."""

import numpy as np

PLACES = (1, 2, 3)
SECONDS = 4.0
"""Three tones of 1 s, 0.5 s apart."""

_TONE_S, _GAP_S, _RAMP_S = 1.0, 0.5, 0.1
_PITCH_HZ = 200.0
_QUIETER_DB = -6.0
_LEVEL = 0.25


def headphone_tones(quietest: int, opposite: int, rate_hz: int) -> np.ndarray:
    """Make three tones of 200 Hz, shape (samples, 2); places are 1 to 3.

    One is 6 dB quieter than the others. Of another, the channels are of opposite phase: with headphones it is
    as loud as the third, before loudspeakers the channels cancel out and it is taken for the quietest.

    >>> tones = headphone_tones(quietest=1, opposite=3, rate_hz=8000)
    >>> bool(abs(tones[24_000:].sum(axis=1)).max() == 0), len(tones) / 8000
    (True, 4.0)
    """
    audio = np.zeros((round(SECONDS * rate_hz), 2))
    time_s = np.arange(round(_TONE_S * rate_hz)) / rate_hz
    edge = np.clip(np.minimum(time_s, _TONE_S - time_s) / _RAMP_S, 0, 1)
    tone = _LEVEL * np.sin(np.pi / 2 * edge) ** 2 * np.sin(2 * np.pi * _PITCH_HZ * time_s)
    for place in PLACES:
        first = round((place - 1) * (_TONE_S + _GAP_S) * rate_hz)
        gain = 10 ** (_QUIETER_DB / 20) if place == quietest else 1.0
        sides = gain * np.array([1.0, -1.0 if place == opposite else 1.0])
        audio[first : first + len(tone)] = tone[:, None] * sides
    return audio
