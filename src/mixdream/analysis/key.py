"""The key of a clip: chroma, corrected for tuning, against key profiles."""

from dataclasses import dataclass

import librosa
import numpy as np
import soxr

from mixdream.analysis.parabola import top_between
from mixdream.audio.level import SILENCE

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""One spelling for all keys, the one of sample libraries."""

_RATE_HZ = 8000  # harmonies lie below 4 kHz
_N_FFT = 2048  # 0.26 s: longer frames smear what drums do over the notes
_BINS_HZ = np.arange(_N_FFT // 2 + 1) * _RATE_HZ / _N_FFT
_LEAST_CONTRAST = 0.3  # of the chroma, standard deviation by mean; white and brown noise have 0.09 to 0.15
_LEAST_FIT = 0.5

# How well each pitch class fits a key, from the tonic upward: Krumhansl & Kessler 1982, "Tracing the dynamic
# changes in perceived tonal organization in a spatial representation of musical keys".
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_PROFILES = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])


@dataclass(frozen=True)
class Key:
    """A key.

    Attributes
    ----------
    tonic : int in [0, 11]
        Pitch class; C is 0.
    fit : float in [0.5, 1]
        Correlation of the chroma with the profile of the key.
    tuning_cents : float in [-50, 50)
        How far the notes lie above equal temperament at A = 440 Hz.
    """

    tonic: int
    minor: bool
    fit: float
    tuning_cents: float

    @property
    def name(self) -> str:
        """Name as in ``Am`` or ``F#``.

        >>> Key(9, True, 1.0, 0.0).name, Key(6, False, 1.0, 0.0).name
        ('Am', 'F#')
        """
        return PITCH_CLASSES[self.tonic] + ("m" if self.minor else "")


def find_key(audio: np.ndarray, rate_hz: int) -> Key | None:
    """Find the key of a clip by the algorithm of Krumhansl & Schmuckler (Krumhansl 1990, chapter 4).

    Drums are taken out (median filtering, Fitzgerald 2010), the tuning is estimated, since varispeed leaves
    clips between the keys of a piano, and the mean chroma is correlated with the profiles of 24 keys.
    Relative and parallel keys are often mistaken for each other.

    None for silence, noise, drums and what else fits no key: a chroma that is nearly flat, or that
    correlates by less than 0.5 with every profile; and for clips under 0.26 s.
    """
    audio = soxr.resample(np.asarray(audio, dtype=np.float64), rate_hz, _RATE_HZ)
    if len(audio) < _N_FFT or np.abs(audio).max() < SILENCE:
        return None
    spectrum = np.abs(librosa.stft(audio, n_fft=_N_FFT, hop_length=_N_FFT // 4))
    harmonic, _ = librosa.decompose.hpss(spectrum)
    tuning = _tuning(harmonic)
    chroma = librosa.feature.chroma_stft(S=harmonic**2, sr=_RATE_HZ, tuning=tuning, norm=None).mean(axis=1)
    if chroma.std() < _LEAST_CONTRAST * chroma.mean() or chroma.std() == 0:
        return None
    fits = np.corrcoef(chroma, _PROFILES)[0, 1:]
    best = int(fits.argmax())
    if fits[best] < _LEAST_FIT:
        return None
    return Key(best % 12, best >= 12, float(fits[best]), 100 * float(tuning))


def _tuning(spectrum: np.ndarray) -> float:
    """How far notes are from those of a piano at 440 Hz, in semitones, in [-0.5, 0.5).

    Peaks between 150 Hz and 4 kHz, placed by a parabola through three bins (Smith 2011, "Spectral audio
    signal processing"), the louder half of them. `librosa.estimate_tuning` does the same through a compiled
    function whose cache on the disk breaks for good where two processes make it at once.
    """
    below, bins, above = spectrum[:-2], spectrum[1:-1], spectrum[2:]
    heard = (_BINS_HZ >= 150) & (_BINS_HZ < 4000)
    peaks = (bins > below) & (bins >= above) & (bins > 0.1 * spectrum.max(axis=0)) & heard[1:-1, None]
    if not peaks.any():  # no notes at all, which the contrast tells
        return 0.0
    height = bins[peaks]
    shift = top_between(below[peaks], height, above[peaks])
    hz = (np.nonzero(peaks)[0] + 1 + shift) * _RATE_HZ / _N_FFT
    return float(librosa.pitch_tuning(hz[height >= np.median(height)]))
