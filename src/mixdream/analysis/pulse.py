"""Whether a clip has a beat, and how strong: onsets that repeat, weighed by how far they rise."""

import math

import numpy as np

from mixdream.analysis.levels import levels_db, rises_db

SLOWEST_BPM, FASTEST_BPM = 85.0, 175.0
"""Where the beat is looked for when the tempo is not known."""

_EDGES_HZ = (0.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 4000.0)  # to 4 kHz, which every named grid has
_FRAME_S, _HOP_S = 0.032, 0.008
_NEAR_S = 0.03  # what begins so near to a beat is heard on it


def pulse_strength_db(
    audio: np.ndarray, rate_hz: int, *, bpm: float | None = None, loop: bool = False
) -> float:
    """Strength of the pulse: how far the levels of bands rise, in step with the beat.

    Pulse clarity is usually the largest normalised autocorrelation of an onset envelope (Lartillot et al.
    2008, "Multi-feature modeling of pulse clarity", section 3.2). Normalised, a ripple of a tenth of a
    decibel that is perfectly regular is clearer than any music: that is what a collapsed generator makes
    (docs/experiments.md). This is the root of the autocovariance, which keeps the unit of the envelope.

    Without ``bpm`` the strongest from `SLOWEST_BPM` to `FASTEST_BPM` counts; the end of a ``loop`` goes on
    into its start.

    Returns
    -------
    float, >= 0
        In dB per frame of 8 ms, mean over six bands. 0 for what does not repeat or does not rise.
    """
    return strongest_pulse(audio, rate_hz, bpm=bpm, loop=loop)[0]


def strongest_pulse(
    audio: np.ndarray, rate_hz: int, *, bpm: float | None = None, loop: bool = False
) -> tuple[float, float]:
    """Strength of the pulse, see `pulse_strength_db`, and its tempo in BPM.

    The tempo of four seconds may be half or double of what a person would say: compare distributions.
    """
    frames = max(2, round(len(audio) / (_HOP_S * rate_hz)))
    envelope = _envelope(audio, rate_hz, frames, loop)
    envelope = envelope - envelope.mean()
    padded = frames if loop else 2 * frames
    covariance = np.fft.irfft(np.abs(np.fft.rfft(envelope, padded)) ** 2, padded)[: padded // 2] / frames
    per_minute = 60 * rate_hz * frames / len(audio)
    # A frame to either side: tempos seldom are whole numbers of frames.
    shortest = math.floor(per_minute / (bpm or FASTEST_BPM))
    longest = math.ceil(per_minute / (bpm or SLOWEST_BPM))
    inside = covariance[shortest : longest + 1]
    if not len(inside):
        return 0.0, bpm or SLOWEST_BPM
    strongest = int(inside.argmax())
    return math.sqrt(max(0.0, inside[strongest])), per_minute / (shortest + strongest)


def on_beat_share(audio: np.ndarray, rate_hz: int, beats: int) -> float:
    """Share of the onsets of a loop that lie within 30 ms of one of its beats, each weighed by its rise.

    The loop is of whole beats, sample 0 is one. Onsets that know nothing of the beat have a share of
    ``0.06 s / beat``, 0.12 at 120 BPM; what has no onsets has 0.
    """
    per_beat = max(2, round(len(audio) / rate_hz / beats / _HOP_S))
    envelope = _envelope(audio, rate_hz, beats * per_beat, loop=True)
    # Squared: onsets count, not the restlessness between them.
    energy = np.square(envelope).reshape(beats, per_beat).sum(axis=0)
    beat_s = len(audio) / rate_hz / beats
    offset_s = (np.arange(per_beat) / per_beat + 0.5) % 1.0 * beat_s - beat_s / 2
    near = np.abs(offset_s) <= _NEAR_S
    return float(energy[near].sum() / energy.sum()) if energy.sum() > 0 else 0.0


def _envelope(audio: np.ndarray, rate_hz: int, frames: int, loop: bool) -> np.ndarray:
    levels = levels_db(audio, rate_hz, _FRAME_S, frames, loop=loop, edges_hz=_EDGES_HZ)
    return rises_db(levels, loop=loop)
