"""The pitch of one voice over a loop: YIN for every moment, the most likely path through all of them."""

from dataclasses import dataclass

import numpy as np

from mixdream.audio.level import SILENCE
from mixdream.audio.resample import resample_loop
from mixdream.spectrogram.periodic import circular_frames

_OVERSAMPLED = 32  # rate of what YIN compares, over the highest pitch
_WINDOW_S = 0.06  # two periods of a low E
_LEVEL_S = 0.03
_PER_SEMITONE = 10
_LEAN = 0.05  # cost of an octave downward: what repeats after one period does so after two
_UNPITCHED = 0.4  # cost of no pitch; that of a pitch is YIN's, 0 for what repeats exactly
_CHANGE = 0.15  # cost of another note
_HEARD_DB = 25.0  # below the loudest moment
_CLEAR, _AGREED = 0.4, 0.5


@dataclass(frozen=True)
class PitchTrack:
    """The pitch of a loop.

    Attributes
    ----------
    notes : ndarray of int, shape (frames,)
        MIDI numbers, by the tuning of the loop.
    sounds : ndarray of bool, shape (frames,)
        Whether there is a pitch.
    level_db : ndarray, shape (frames,)
        Below the loudest frame.
    tuning : float in [-0.5, 0.5]
        How far the notes lie above those of a piano, in semitones.
    """

    notes: np.ndarray
    sounds: np.ndarray
    level_db: np.ndarray
    tuning: float

    @property
    def hz(self) -> np.ndarray:
        """Fundamental frequency, where there is a pitch, shape (n,)."""
        return _hz(self.notes[self.sounds] + self.tuning)


def track_pitch(audio: np.ndarray, rate_hz: int, frames: int, lowest: int, highest: int) -> PitchTrack:
    """Follow the pitch of one voice between two MIDI notes, in frames spread evenly over a loop.

    The cost of a pitch is the cumulative mean normalised difference of YIN (de Cheveigné & Kawahara 2002,
    equation 8); of all paths the cheapest is taken, in which changes cost too (as in pYIN, Mauch & Dixon
    2014), on a circle.

    Parameters
    ----------
    audio : ndarray, shape (samples,)
        One period.
    """
    own_hz = float(_OVERSAMPLED * _hz(highest))
    own = resample_loop(audio, round(len(audio) * own_hz / rate_hz))
    pitches = np.arange((highest - lowest + 1) * _PER_SEMITONE) / _PER_SEMITONE + lowest - 0.5
    cost = _yin(own, frames, own_hz / _hz(pitches), round(_WINDOW_S * own_hz))
    cost += _LEAN * (highest - pitches) / 12
    level_db = _levels_db(own, frames, round(_LEVEL_S * own_hz))
    weight = np.sqrt(np.clip(1 + level_db / _HEARD_DB, 0, 1))
    clear = weight * (cost.min(axis=1) < _CLEAR)
    turn = np.exp(2j * np.pi * pitches[cost.argmin(axis=1)]) @ clear / max(clear.sum(), 1e-9)
    tuning = float(np.angle(turn) / (2 * np.pi)) if abs(turn) > _AGREED else 0.0
    # Each note is as cheap as its cheapest pitch within 30 cents.
    centres = (np.arange(highest - lowest + 1) + 0.5 + tuning) * _PER_SEMITONE
    near = np.round(centres[:, None] + np.arange(-3, 4)).astype(int)
    notes = cost[:, np.clip(near, 0, len(pitches) - 1)].min(axis=2)
    path = cheapest_path(
        weight[:, None] * np.pad(notes, [(0, 0), (0, 1)], constant_values=_UNPITCHED), _CHANGE
    )
    sounds = (path < notes.shape[1]) & (level_db > -_HEARD_DB)
    return PitchTrack(lowest + path, sounds, level_db, tuning)


def cheapest_path(cost: np.ndarray, change: float) -> np.ndarray:
    """States, shape (frames,), whose costs, shape (frames, states), and changes cost least (Viterbi 1967).

    On a circle: the path goes round twice, and the half in the middle is taken.
    """
    frames, states = cost.shape
    total, back = cost[0].copy(), np.zeros((2 * frames, states), int)
    for frame in range(1, 2 * frames):
        best = int(total.argmin())
        stays = total <= total[best] + change
        back[frame] = np.where(stays, np.arange(states), best)
        total = np.where(stays, total, total[best] + change) + cost[frame % frames]
    path = np.zeros(2 * frames, int)
    path[-1] = total.argmin()
    for frame in range(2 * frames - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    half = frames // 2
    return np.concatenate([path[frames : frames + half], path[half:frames]])


def _levels_db(audio: np.ndarray, frames: int, size: int) -> np.ndarray:
    """Level of a loop around each frame, in dB below the loudest frame."""
    around = circular_frames(audio, frames, size)
    window = np.hanning(size)
    power = np.square(around) @ (window / window.sum())
    return 10 * np.log10(np.maximum(power, 1e-12) / max(float(power.max()), SILENCE**2))


def _yin(audio: np.ndarray, frames: int, periods: np.ndarray, window: int) -> np.ndarray:
    """Normalised difference of YIN at periods in samples, shape (frames, periods)."""
    lags = int(periods.max()) + 2
    around = circular_frames(audio, frames, window + lags)
    size = 2 * around.shape[1]
    spectra = np.fft.rfft(around[:, :window], size).conj() * np.fft.rfft(around, size)
    energy = np.cumsum(np.pad(np.square(around), [(0, 0), (1, 0)]), axis=1)
    energy = energy[:, window : window + lags] - energy[:, :lags]
    difference = np.maximum(energy[:, :1] + energy - 2 * np.fft.irfft(spectra, size)[:, :lags], 0)
    so_far = np.cumsum(difference[:, 1:], axis=1)
    normal = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] * np.arange(1, lags) / np.maximum(so_far, 1e-12)
    whole = periods.astype(int)
    part = periods - whole
    return (1 - part) * normal[:, whole] + part * normal[:, whole + 1]


def _hz(notes: np.ndarray | float) -> np.ndarray:
    """Frequency of MIDI notes."""
    return 440 * 2 ** ((np.asarray(notes) - 69) / 12)
