"""Tuned instruments: each renders one note, (freq_hz, gate_s, rng) -> stereo of shape (2, samples).

A note lasts its gate and then rings out; levels are near 1 at full velocity, mixing is the part's work.
"""

from collections.abc import Callable

import numpy as np

from mixdream.demo.synth import (
    RATE_HZ,
    Audio,
    Curve,
    adsr,
    decay,
    fixed_filter,
    moving_filter,
    noise,
    panned,
    pulse,
    saw,
    sine,
    times_s,
    to_samples,
)

Instrument = Callable[[float, float, np.random.Generator], Audio]


def _falling(samples: int, from_hz: float, to_hz: float, tau_s: float) -> Curve:
    """Cutoff that falls exponentially between two frequencies, as a filter envelope does."""
    return to_hz + (from_hz - to_hz) * decay(samples, tau_s)[:: max(samples // 64, 1)]


def _unison(
    freq_hz: float, samples: int, cents: tuple[float, ...], width: float, rng: np.random.Generator
) -> Audio:
    """Detuned sawtooths spread over the stereo image, shape (2, samples)."""
    total = np.zeros((2, samples), np.float32)
    for index, detune in enumerate(cents):
        pan = width * (2.0 * index / (len(cents) - 1) - 1.0) * (-1.0) ** index
        total += panned(saw(freq_hz * 2 ** (detune / 1200), samples, float(rng.random())), pan)
    return total / np.float32(len(cents) ** 0.5)


def sub_bass(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Round bass: a sine with a little drive and an octave above."""
    level = adsr(gate_s, 0.004, 0.25, 0.7, 0.05)
    samples = len(level)
    return panned(np.tanh(1.8 * (sine(freq_hz, samples) + 0.35 * sine(2 * freq_hz, samples))) * level, 0.0)


def groove_bass(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Plucked analogue bass: saw and pulse through a filter that closes."""
    level = adsr(gate_s, 0.003, 0.2, 0.55, 0.06)
    samples = len(level)
    wave = 0.6 * saw(freq_hz, samples) + 0.4 * pulse(freq_hz, samples, 0.4) + 0.5 * sine(freq_hz, samples)
    return panned(moving_filter(wave, _falling(samples, 2200.0, 320.0, 0.08), q=1.3) * level, 0.0)


def rolling_bass(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Short, dark trance bass for the steps between kicks."""
    level = adsr(gate_s, 0.003, 0.12, 0.5, 0.03)
    samples = len(level)
    wave = saw(freq_hz, samples) + 0.6 * sine(freq_hz, samples)
    return panned(moving_filter(wave, _falling(samples, 1500.0, 450.0, 0.05), q=0.9) * level, 0.0)


def acid(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Resonant squelch: a saw through a whistling filter that falls fast, then drive."""
    level = adsr(gate_s, 0.002, 0.3, 0.6, 0.03)
    samples = len(level)
    wet = moving_filter(saw(freq_hz, samples), _falling(samples, 3200.0, 420.0, 0.09), q=5.0)
    return panned(np.tanh(1.2 * wet) * level, 0.0)


def reese(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Jungle bass: detuned saws that beat against each other over a clean sub."""
    level = adsr(gate_s, 0.01, 0.4, 0.8, 0.08)
    samples = len(level)
    growl = _unison(freq_hz * 2, samples, (-16.0, 0.0, 17.0), 0.6, rng)
    swing_hz = 500.0 + 450.0 * np.sin(np.linspace(0.0, 3 * np.pi, 64)) ** 2
    return (0.7 * moving_filter(growl, swing_hz, q=1.6) + panned(0.8 * sine(freq_hz, samples), 0.0)) * level


def pad(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Warm pad: slow attack, a filter that breathes once per note."""
    level = adsr(gate_s, min(0.4, 0.4 * gate_s), 1.0, 0.85, 0.5)
    samples = len(level)
    wave = _unison(freq_hz, samples, (-9.0, -4.0, 3.0, 8.0), 0.9, rng)
    breath_hz = 700.0 + 1600.0 * np.sin(np.linspace(0.0, np.pi, 64)) ** 2
    return 0.5 * moving_filter(wave, breath_hz, q=0.8) * level


def supersaw(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Wide bright lead of seven saws."""
    level = adsr(gate_s, 0.006, 0.3, 0.65, 0.18)
    wave = _unison(freq_hz, len(level), (-19.0, -12.0, -6.0, 0.0, 6.0, 12.0, 19.0), 0.9, rng)
    return 0.5 * fixed_filter(wave, 9000.0, "low", order=1) * level


def pluck(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Short bright note whose filter shuts within a tenth of a second."""
    level = adsr(gate_s, 0.002, 0.16, 0.12, 0.25)
    samples = len(level)
    wave = _unison(freq_hz, samples, (-7.0, 0.0, 7.0), 0.7, rng) + 0.5 * pulse(freq_hz, samples, 0.3)
    return 0.6 * moving_filter(wave, _falling(samples, 6500.0, 500.0, 0.07), q=1.5) * level


def organ_stab(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """House organ: drawbars that start with a percussive third harmonic."""
    level = adsr(gate_s, 0.004, 0.25, 0.4, 0.1)
    samples = len(level)
    drawbars = ((0.5, 0.5), (1.0, 1.0), (2.0, 0.7), (3.0, 0.35), (4.0, 0.4), (6.0, 0.15), (8.0, 0.2))
    tone: Audio = np.zeros(samples, np.float32)
    for ratio, height in drawbars:
        tone += np.float32(height) * sine(ratio * freq_hz, samples)
    tone += 0.8 * sine(3.0 * freq_hz, samples) * decay(samples, 0.05)
    warm: Audio = np.tanh(tone)
    return panned(0.4 * warm * level, 0.0)


def electric_piano(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Electric piano by frequency modulation: a tine that dies away, a slow sway between the sides."""
    level = adsr(gate_s, 0.003, 0.6, 0.3, 0.3)
    samples = len(level)
    cycles = np.arange(samples) * (freq_hz / RATE_HZ)
    body = np.sin(2 * np.pi * cycles + 1.4 * decay(samples, 0.25) * np.sin(2 * np.pi * cycles))
    tine = np.sin(2 * np.pi * cycles + 0.8 * decay(samples, 0.05) * np.sin(2 * np.pi * 14 * cycles))
    sway = 0.25 * np.sin(2 * np.pi * 4.5 * times_s(samples))
    tone = (0.7 * body + 0.3 * tine).astype(np.float32) * level
    return np.stack([tone * (1.0 + sway), tone * (1.0 - sway)]).astype(np.float32)


def bell(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Soft bell: stretched partials, the high ones gone first; rings for 2.5 s whatever its gate."""
    samples = to_samples(2.5)
    tone = np.zeros((2, samples), np.float32)
    for index, (ratio, height) in enumerate(
        ((1.0, 1.0), (2.0, 0.45), (3.01, 0.25), (4.17, 0.18), (5.43, 0.1))
    ):
        partial = height * sine(ratio * freq_hz, samples, float(rng.random())) * decay(samples, 0.8 / ratio)
        tone += panned(partial, 0.5 * (-1.0) ** index)
    return 0.6 * tone * adsr(2.2, 0.004, 5.0, 0.9, 0.3)


def drone(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Choir-like drone that swells and moves through vowel-like bands over its whole length."""
    level = adsr(gate_s, 0.3 * gate_s, 5.0, 0.9, 1.0)
    samples = len(level)
    wave = _unison(freq_hz, samples, (-11.0, 0.0, 12.0), 0.9, rng)
    vowel_hz = 750.0 + 450.0 * np.sin(np.linspace(0.0, 5.0, 64) + 6.0 * rng.random())
    soft: Audio = moving_filter(wave, vowel_hz, "band", q=2.0) + 0.5 * fixed_filter(wave, 300.0, "low")
    return 0.7 * soft * level


def riser(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Noise and a tone that rise for the whole gate and stop dead: what leads into a drop."""
    samples = to_samples(gate_s)
    growth = np.linspace(0.0, 1.0, samples, dtype=np.float32)
    hiss = np.stack([noise(samples, rng), noise(samples, rng)])
    wind = moving_filter(hiss, np.geomspace(300.0, 9000.0, 64), "band", q=3.0)
    tone = sine(freq_hz * 4.0 ** growth.astype(np.float64), samples)
    tone += 0.4 * sine(2.005 * freq_hz * 4.0 ** growth.astype(np.float64), samples)
    return (0.5 * wind + 0.12 * tone) * growth**1.6 * np.minimum(1.0, (1.0 - growth) * 80.0)


def fall(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Noise that sinks for 3 s: what leads out of a drop."""
    samples = to_samples(3.0)
    hiss = np.stack([noise(samples, rng), noise(samples, rng)])
    return 0.4 * moving_filter(hiss, np.geomspace(9000.0, 250.0, 64), q=1.5) * adsr(0.5, 0.01, 5.0, 0.9, 2.5)


def air(freq_hz: float, gate_s: float, rng: np.random.Generator) -> Audio:
    """Wind: noise in a band that wanders slowly, for the whole gate."""
    level = adsr(gate_s, 0.25 * gate_s, 5.0, 0.9, 0.5)
    hiss = np.stack([noise(len(level), rng), noise(len(level), rng)])
    path_hz = 1200.0 * 2.0 ** (1.3 * np.sin(np.linspace(0.0, 9.0, 96) + 6.0 * rng.random()))
    return 0.25 * moving_filter(hiss, path_hz, "band", q=2.5) * level


INSTRUMENTS: dict[str, Instrument] = {
    instrument.__name__: instrument
    for instrument in (
        *(sub_bass, groove_bass, rolling_bass, acid, reese),
        *(pad, supersaw, pluck, organ_stab, electric_piano, bell),
        *(drone, riser, fall, air),
    )
}
