"""Drum sounds: each a function of a generator that renders one hit at full velocity, shape (samples,)."""

from collections.abc import Callable

import numpy as np

from mixdream.demo.synth import (
    Audio,
    adsr,
    decay,
    fixed_filter,
    moving_filter,
    noise,
    pulse,
    sine,
    times_s,
    to_samples,
)

Drum = Callable[[np.random.Generator], Audio]


def _kick(low_hz: float, high_hz: float, sweep_s: float, body_s: float, click: float, drive: float) -> Drum:
    """Make a kick: a sine that falls from `high_hz` to `low_hz`, a click in front, some drive."""

    def render(rng: np.random.Generator) -> Audio:
        samples = to_samples(4.0 * body_s)
        t = times_s(samples)
        # Two falls in one: a snap within milliseconds (the beater), then the slower drop of the skin.
        pitch_hz = low_hz + (high_hz - low_hz) * np.exp(-t / sweep_s) + 5 * high_hz * np.exp(-t / 0.004)
        body = np.tanh(drive * sine(pitch_hz, samples) * decay(samples, body_s)) / np.tanh(drive)
        snap = fixed_filter(noise(samples, rng), (1200.0, 7000.0), "band") * decay(samples, 0.005)
        return _faded(body + click * snap)

    return render


def _faded(hit: Audio) -> Audio:
    """Bring the last 10 ms to zero and the peak to 1."""
    end = to_samples(0.01)
    hit[-end:] *= np.linspace(1.0, 0.0, end, dtype=np.float32)
    return np.asarray(hit / np.abs(hit).max(), dtype=np.float32)


def clap(rng: np.random.Generator) -> Audio:
    """Four hands within 30 ms, then the room."""
    samples = to_samples(0.35)
    t = times_s(samples)
    level = 0.6 * decay(samples, 0.07)
    for start_s in (0.0, 0.009, 0.019, 0.029):
        level += np.where(t >= start_s, np.exp(-np.maximum(t - start_s, 0.0) / 0.005), 0.0).astype(np.float32)
    hiss = noise(samples, rng)
    return _faded(
        (fixed_filter(hiss, (900.0, 2400.0), "band") + 0.25 * fixed_filter(hiss, 3500.0, "high")) * level
    )


def snare(rng: np.random.Generator) -> Audio:
    """Two modes of the skin, falling a little, and the wires beneath."""
    samples = to_samples(0.3)
    bend = 1.0 + 0.35 * decay(samples, 0.012)
    skin = sine(185.0 * bend, samples) + 0.6 * sine(331.0 * bend, samples)
    wires = fixed_filter(noise(samples, rng), (1500.0, 9000.0), "band")
    return _faded(0.8 * skin * decay(samples, 0.06) + 1.1 * wires * decay(samples, 0.085))


def _metal(samples: int, rng: np.random.Generator, base_hz: float) -> Audio:
    """Six square waves in no harmonic relation, and hiss: the sound of struck metal."""
    partials = (1.0, 1.342, 1.482, 1.931, 2.546, 2.738)
    ring = sum(
        (pulse(base_hz * p, samples, phase=float(rng.random())) for p in partials),
        np.zeros(samples, np.float32),
    )
    return np.asarray(0.25 * ring + 0.6 * noise(samples, rng), dtype=np.float32)


def hat(rng: np.random.Generator) -> Audio:
    """Closed hi-hat."""
    samples = to_samples(0.12)
    return _faded(fixed_filter(_metal(samples, rng, 540.0), 5200.0, "high") * decay(samples, 0.022))


def open_hat(rng: np.random.Generator) -> Audio:
    """Open hi-hat, closed again after a third of a second."""
    samples = to_samples(0.34)
    return _faded(fixed_filter(_metal(samples, rng, 540.0), 4300.0, "high") * decay(samples, 0.13))


def ride(rng: np.random.Generator) -> Audio:
    """Ride cymbal: a stick's tick and a long shimmer that reaches below 4 kHz."""
    samples = to_samples(0.9)
    metal = fixed_filter(_metal(samples, rng, 780.0), 2600.0, "high")
    return _faded(metal * (0.35 * decay(samples, 0.28) + decay(samples, 0.02)))


def crash(rng: np.random.Generator) -> Audio:
    """Crash cymbal that grows darker as it rings, 3 s."""
    samples = to_samples(3.0)
    metal = fixed_filter(_metal(samples, rng, 430.0), 500.0, "high") * decay(samples, 0.75)
    return _faded(moving_filter(metal, np.geomspace(16000.0, 1800.0, 32)))


def shaker(rng: np.random.Generator) -> Audio:
    """Grains in a shell: a soft start, no tone."""
    grains = fixed_filter(noise(to_samples(0.1), rng), (3000.0, 9000.0), "band")
    return _faded(grains * adsr(0.03, 0.018, 0.03, 0.4, 0.07))


def rim(rng: np.random.Generator) -> Audio:
    """Rim shot: a short woody knock at 1.7 kHz over 480 Hz."""
    samples = to_samples(0.09)
    wood = sine(1710.0, samples) * decay(samples, 0.011) + 0.7 * sine(480.0, samples) * decay(samples, 0.02)
    return _faded(wood + 0.2 * noise(samples, rng) * decay(samples, 0.004))


def _tuned_skin(freq_hz: float, ring_s: float) -> Drum:
    """Make a conga or a tom: a skin whose pitch falls by a sixth as it rings."""

    def render(rng: np.random.Generator) -> Audio:
        samples = to_samples(5.0 * ring_s)
        bend = 1.0 + 0.6 * decay(samples, 0.03)
        skin = sine(freq_hz * bend, samples) + 0.35 * sine(1.59 * freq_hz * bend, samples) * decay(
            samples, 0.04
        )
        slap = fixed_filter(noise(samples, rng), (600.0, 3500.0), "band") * decay(samples, 0.008)
        return _faded(skin * decay(samples, ring_s) + 0.7 * slap)

    return render


DRUMS: dict[str, Drum] = {
    "kick_deep": _kick(low_hz=46.0, high_hz=150.0, sweep_s=0.045, body_s=0.13, click=0.3, drive=2.4),
    "kick_round": _kick(low_hz=52.0, high_hz=130.0, sweep_s=0.05, body_s=0.12, click=0.25, drive=1.4),
    "kick_punch": _kick(low_hz=51.0, high_hz=230.0, sweep_s=0.03, body_s=0.11, click=0.25, drive=2.2),
    "kick_tight": _kick(low_hz=58.0, high_hz=190.0, sweep_s=0.025, body_s=0.08, click=0.2, drive=1.8),
    "kick_soft": _kick(low_hz=48.0, high_hz=75.0, sweep_s=0.06, body_s=0.16, click=0.02, drive=1.0),
    **{drum.__name__: drum for drum in (clap, snare, hat, open_hat, ride, crash, shaker, rim)},
    "conga_high": _tuned_skin(310.0, 0.07),
    "conga_low": _tuned_skin(205.0, 0.1),
    "tom": _tuned_skin(105.0, 0.16),
}
