"""Building blocks of sound: oscillators, envelopes, noise, fixed and moving filters.

Everything is vectorised over samples, float32 at `RATE_HZ`, channels first. A moving filter is the only
thing that seems to need a loop over samples; here it is a gain that changes from one short-time spectrum
to the next.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

RATE_HZ = 44_100

Audio = NDArray[np.float32]
Curve = NDArray[np.floating]
FilterKind = Literal["low", "high", "band"]


def to_samples(seconds: float) -> int:
    """Round a duration (s) to whole samples."""
    return round(seconds * RATE_HZ)


def from_db(level_db: float) -> float:
    """Turn a level (dB) into an amplitude factor."""
    return float(10.0 ** (level_db / 20.0))


def midi_to_hz(note: float) -> float:
    """Frequency (Hz) of a MIDI note number; 69 is A4, 440 Hz."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def times_s(samples: int) -> Audio:
    """Time (s) of each of the first `samples` samples, shape (samples,)."""
    return (np.arange(samples) / RATE_HZ).astype(np.float32)


def sine(freq_hz: float | Curve, samples: int, phase: float = 0.0) -> Audio:
    """Sine of fixed or moving frequency, shape (samples,), from a phase in cycles."""
    # Phase is kept in float64: float32 would detune long notes audibly.
    steps = np.broadcast_to(np.asarray(freq_hz, dtype=np.float64) / RATE_HZ, (samples,))
    cycles = np.cumsum(steps) - steps[:1] + phase
    return np.sin(2 * np.pi * (cycles % 1.0).astype(np.float32), dtype=np.float32)


def saw(freq_hz: float, samples: int, phase: float = 0.0) -> Audio:
    """Sawtooth in -1..1 whose jumps are rounded over two samples (polyBLEP), so it hardly aliases."""
    step = freq_hz / RATE_HZ
    cycle = phase + step * np.arange(samples)
    cycle -= np.floor(cycle)  # several times faster than the remainder
    wave = (2.0 * cycle - 1.0).astype(np.float32)
    after, before = np.flatnonzero(cycle < step), np.flatnonzero(cycle > 1.0 - step)
    wave[after] += (1.0 - cycle[after] / step) ** 2
    wave[before] -= (1.0 - (1.0 - cycle[before]) / step) ** 2
    return wave


def pulse(freq_hz: float, samples: int, width: float = 0.5, phase: float = 0.0) -> Audio:
    """Pulse wave without DC: the difference of two sawtooths `width` of a cycle apart."""
    return saw(freq_hz, samples, phase) - saw(freq_hz, samples, phase + width)


def noise(samples: int, rng: np.random.Generator) -> Audio:
    """White Gaussian noise of unit variance, shape (samples,)."""
    return rng.standard_normal(samples, dtype=np.float32)


def decay(samples: int, tau_s: float) -> Audio:
    """Exponential decay from 1 with time constant `tau_s`, shape (samples,)."""
    return np.exp(-times_s(samples) / tau_s)


def adsr(gate_s: float, attack_s: float, decay_s: float, sustain: float, release_s: float) -> Audio:
    """Attack, decay to the sustain level, hold until the gate ends, release: level in 0..1.

    It lasts gate_s + release_s and ends at 0, so that a note never clicks.
    """
    samples = to_samples(gate_s + release_s)
    t = times_s(samples)
    level = sustain + (1.0 - sustain) * np.exp(-np.maximum(t - attack_s, 0.0) / decay_s)
    level *= np.minimum(t / max(attack_s, 1e-4), 1.0)
    # Squaring the straight release makes it fall fast first, as a string or a capacitor does.
    level *= np.clip((gate_s + release_s - t) / release_s, 0.0, 1.0) ** 2
    return level.astype(np.float32)


def fixed_filter(
    audio: Audio, freq_hz: float | tuple[float, float], kind: FilterKind, order: int = 2
) -> Audio:
    """Butterworth filter along the last axis; `freq_hz` is a pair (Hz) for kind "band"."""
    kinds: dict[FilterKind, Literal["lowpass", "highpass", "bandpass"]]
    kinds = {"low": "lowpass", "high": "highpass", "band": "bandpass"}
    edges = np.asarray(freq_hz, dtype=np.float64)
    sos = signal.butter(order, edges, kinds[kind], fs=RATE_HZ, output="sos").astype(np.float32)
    return np.asarray(signal.sosfilt(sos, audio, axis=-1), dtype=np.float32)


def moving_filter(audio: Audio, cutoff_hz: Curve, kind: FilterKind = "low", q: float = 0.8) -> Audio:
    """Filter whose cutoff moves: an analogue two-pole magnitude on half-overlapping short-time spectra.

    Parameters
    ----------
    audio : ndarray, shape (..., samples)
    cutoff_hz : ndarray, shape (points,)
        Cutoff at evenly spaced moments from the first sample to the last.
    q : float
        Resonance; 0.7 is flat, 4 whistles.
    """
    n_fft, hop = 1024, 512
    samples = audio.shape[-1]
    frames = -(-samples // hop) + 1
    pad = [(0, 0)] * (audio.ndim - 1) + [(hop, frames * hop - samples)]
    # The root of a Hann window, applied before and after, adds up to one at half overlap.
    window = np.sqrt(signal.windows.hann(n_fft, sym=False)).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(np.pad(audio, pad), n_fft, axis=-1)
    spectra = fft.rfft(blocks[..., ::hop, :] * window)

    moments = np.linspace(0.0, 1.0, frames)
    points = np.linspace(0.0, 1.0, len(cutoff_hz))
    cutoff = np.exp(np.interp(moments, points, np.log(cutoff_hz))).astype(np.float32)
    ratio = np.fft.rfftfreq(n_fft, 1 / RATE_HZ).astype(np.float32) / cutoff[:, None]
    gain = 1.0 / np.sqrt((1.0 - ratio**2) ** 2 + (ratio / q) ** 2)
    if kind == "low":
        # Two poles let too much through for the sound of a synthesiser; one more pole is enough.
        gain = gain / np.sqrt(1.0 + ratio**2)
    elif kind == "high":
        gain = gain * ratio**2
    else:
        gain = gain * ratio / q
    out = fft.irfft(spectra * gain, n=n_fft) * window
    joined = out[..., 1:, :hop] + out[..., :-1, hop:]
    return np.asarray(joined.reshape(*audio.shape[:-1], -1)[..., :samples], dtype=np.float32)


def panned(mono: Audio, pan: float) -> Audio:
    """Place mono audio between left (-1) and right (1) at equal power, shape (2, samples)."""
    angle = (pan + 1.0) * np.pi / 4.0
    return np.stack([mono * np.float32(np.cos(angle)), mono * np.float32(np.sin(angle))]) * np.float32(2**0.5)


def place(bus: Audio, start: int, sound: Audio, gain: float = 1.0) -> None:
    """Add `sound` into `bus` from sample `start` on, in place; what reaches past the end is dropped."""
    stop = min(start + sound.shape[-1], bus.shape[-1])
    if stop > start:
        bus[..., start:stop] += np.float32(gain) * sound[..., : stop - start]
