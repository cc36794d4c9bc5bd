"""The notes of a clip: how loud each semitone is once drums, overtones and tuning are taken out."""

import numpy as np
import soxr
from scipy.ndimage import median_filter

from mixdream.analysis.parabola import top_between
from mixdream.audio.level import SILENCE
from mixdream.audio.resample import resample_loop

LOWEST, HIGHEST = 24, 108
"""MIDI notes that are told apart, 33 Hz to 4.2 kHz."""

_RATE_HZ = 8000  # harmonies lie below 4 kHz
_N_FFT = 2048  # 0.26 s: longer frames smear what drums do over the notes
_HOP = _N_FFT // 4
_TONE_S, _HIT_HZ = 0.6, 120.0  # medians over longer and wider than this leave tones and hits
_HEARD = 0.003  # of a frame's loudest bin; peaks below are no notes
_TUNED_HZ = 110.0  # below, semitones are too few bins apart
_OVERTONE = 0.8  # of the one before
_OVERTONES = 10
_STEPS = 15


def note_levels(audio: np.ndarray, rate_hz: float, loop: bool = False) -> tuple[np.ndarray, float] | None:
    """Hear the notes of a clip.

    Drums are taken out by median filtering (Fitzgerald 2010), peaks of the spectrum placed by a parabola
    through three bins (Smith 2011, "Spectral audio signal processing"); tuning is the circular mean of how
    far they lie from semitones. Each frame is a sum, with weights that are not negative, of notes with
    overtones that fall geometrically (Mauch & Dixon 2010, "Approximate note transcription for the improved
    identification of difficult chords"), found by the multiplicative steps of Lee & Seung (2001).

    Parameters
    ----------
    audio : numpy.ndarray, shape (samples,)
    loop : bool
        Whether its end meets its start: then it is analysed on a circle.

    Returns
    -------
    levels : numpy.ndarray, shape (HIGHEST - LOWEST + 1,)
        Mean over time of the root of each note's weight; equal for audio of any loudness but for a factor.
    tuning : float in [-0.5, 0.5]
        Semitones above a piano's at 440 Hz, since varispeed leaves clips between its keys.

    None where nothing is heard, and for clips under 0.26 s.
    """
    audio = np.asarray(audio, dtype=np.float64)
    samples = round(len(audio) * _RATE_HZ / rate_hz)
    if samples < _N_FFT or np.abs(audio).max() < SILENCE:
        return None
    audio = resample_loop(audio, samples) if loop else soxr.resample(audio, rate_hz, _RATE_HZ)
    spectrum = _without_drums(_frames(audio, loop), loop)
    pitch, level, frame = _peaks(spectrum)
    if not len(pitch):
        return None
    tuned = level * (pitch > 69 + 12 * np.log2(_TUNED_HZ / 440))
    tuning = float(np.angle(np.sum(tuned * np.exp(2j * np.pi * pitch))) / (2 * np.pi))
    note = np.rint(pitch - tuning).astype(int)
    level = level * np.cos(np.pi * (pitch - tuning - note)) ** 2
    inside = (note >= LOWEST) & (note <= HIGHEST)
    heard = np.zeros((HIGHEST - LOWEST + 1, spectrum.shape[1]))
    np.add.at(heard, (note[inside] - LOWEST, frame[inside]), level[inside])
    return np.sqrt(_without_overtones(heard)).mean(axis=1), tuning


def _frames(audio: np.ndarray, loop: bool) -> np.ndarray:
    """Magnitudes, shape (bins, frames), by the frame's loudest over all."""
    count = max(1, round(len(audio) / _HOP)) if loop else (len(audio) - _N_FFT) // _HOP + 1
    starts = np.round(np.arange(count) * len(audio) / count).astype(int) if loop else np.arange(count) * _HOP
    taken = (starts[:, None] + np.arange(_N_FFT)) % len(audio)
    spectrum = np.abs(np.fft.rfft(audio[taken] * np.hanning(_N_FFT), axis=1)).T
    return spectrum / spectrum.max()


def _without_drums(spectrum: np.ndarray, loop: bool) -> np.ndarray:
    """Weigh each bin by the share of what lasts in it beside what is wide, squared (Wiener)."""
    frames = round(_TONE_S * _RATE_HZ / _HOP) | 1
    bins = round(_HIT_HZ * _N_FFT / _RATE_HZ) | 1
    tone = median_filter(spectrum, size=(1, frames), mode="wrap" if loop else "reflect") ** 2
    hit = median_filter(spectrum, size=(bins, 1), mode="reflect") ** 2
    return spectrum * tone / (tone + hit + 1e-20)


def _peaks(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitch (MIDI notes, with fractions), magnitude and frame of all peaks."""
    below, bins, above = spectrum[:-2], spectrum[1:-1], spectrum[2:]
    at = np.nonzero((bins > below) & (bins >= above) & (bins > _HEARD * spectrum.max(axis=0)))
    left, middle, right = (np.log(beside[at] + 1e-12) for beside in (below, bins, above))
    shift = top_between(left, middle, right, 1e-9)
    hz = (at[0] + 1 + shift) * _RATE_HZ / _N_FFT
    return 69 + 12 * np.log2(hz / 440), bins[at], at[1]


def _without_overtones(heard: np.ndarray) -> np.ndarray:
    """Weights of notes, shape (notes, frames), whose overtones explain what is heard, of the same shape."""
    sound = np.zeros((len(heard), len(heard)))
    for overtone in range(1, _OVERTONES + 1):
        up = round(12 * np.log2(overtone))
        sound += _OVERTONE ** (overtone - 1) * np.eye(len(heard), k=-up)
    projected = sound.T @ heard + 1e-9
    weights, between = projected.copy(), sound.T @ sound
    for _ in range(_STEPS):
        weights *= projected / (between @ weights + 1e-9)
    return weights
