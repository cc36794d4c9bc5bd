"""How much every note is heard in music of many voices, by the sum over its harmonics."""

import numpy as np

from mixdream.audio.resample import resample_loop
from mixdream.spectrogram.periodic import circular_frames

_RATE_HZ = 10_000
_WINDOW_S = 0.093
_N_FFT = 4096
_HARMONICS, _WEAKER = 5, 0.7
_ROOT = 0.5  # of magnitudes: what is soft counts too, as loudness grows slower than amplitude


def note_salience(audio: np.ndarray, rate_hz: int, frames: int, lowest: int, highest: int) -> np.ndarray:
    """Salience of MIDI notes in frames spread evenly over a loop, shape (frames, highest - lowest + 1), >= 0.

    The root of the magnitude at the first five harmonics, each counting 0.7 of the one before (subharmonic
    summation, Hermes 1988).
    """
    own = resample_loop(audio, round(len(audio) * _RATE_HZ / rate_hz))
    around = circular_frames(own, frames, round(_WINDOW_S * _RATE_HZ))
    roots = np.abs(np.fft.rfft(around * np.hanning(around.shape[1]), _N_FFT)) ** _ROOT
    hz = 440 * 2 ** ((np.arange(lowest, highest + 1) - 69) / 12)
    salience = np.zeros((frames, len(hz)))
    for number in range(1, _HARMONICS + 1):
        bins = np.round(number * hz * _N_FFT / _RATE_HZ).astype(int)
        inside = bins <= _N_FFT // 2
        salience[:, inside] += _WEAKER ** (number - 1) * roots[:, bins[inside]]
    return salience
