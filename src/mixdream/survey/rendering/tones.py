"""Tones to be counted: the clips of attention items, which only tell whether somebody listens."""

import numpy as np

COUNTS = (2, 3, 4, 5)
SECONDS = 4.0
"""Length, whatever the number: how long a clip is says nothing."""

_SLOT_S = 0.7
_TONE_S = 0.4
_RAMP_S = 0.03
_LEVEL = 0.5
_SCALE_HZ = (262.0, 330.0, 392.0, 523.0, 659.0)  # speakers of phones have these


def tones(number: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Make a few tones, one after the other, with silence between them: shape (samples,), within +-0.5.

    Tones of 0.4 s begin 0.7 s apart, each at another pitch, after a lead that is drawn; silence follows.

    >>> clip = tones(2, 8000, np.random.default_rng(0))
    >>> len(clip) / 8000, round(float(abs(clip).max()), 2)
    (4.0, 0.5)
    """
    audio = np.zeros(round(SECONDS * rate_hz))
    room_s = SECONDS - number * _SLOT_S
    start_s = 0.1 + rng.uniform(0, room_s - 0.1)
    time_s = np.arange(round(_TONE_S * rate_hz)) / rate_hz
    edge = np.minimum(time_s, _TONE_S - time_s) / _RAMP_S
    envelope = _LEVEL * np.sin(np.pi / 2 * np.clip(edge, 0, 1)) ** 2
    for i, pitch_hz in enumerate(rng.permutation(_SCALE_HZ)[:number]):
        first = round((start_s + i * _SLOT_S) * rate_hz)
        audio[first : first + len(time_s)] = envelope * np.sin(2 * np.pi * pitch_hz * time_s)
    return audio
