"""Effects on whole buses: reverb, echo, ducking, opening filters and the master."""

from collections.abc import Sequence

import numpy as np
from scipy import signal

from mixdream.demo.synth import (
    RATE_HZ,
    Audio,
    fixed_filter,
    from_db,
    moving_filter,
    noise,
    place,
    times_s,
    to_samples,
)

PEAK_DB = -1.0


def reverb(send: Audio, seconds: float, rng: np.random.Generator) -> Audio:
    """Room of decaying noise, whose highs die sooner than its lows: the wet sound only, shape (2, samples).

    It has fallen by 60 dB after ``seconds``; the generator makes the room's reflections.
    """
    samples = to_samples(seconds)
    t = times_s(samples)
    raw = np.stack([noise(samples, rng), noise(samples, rng)])
    # Below 180 Hz a room only muddies the kick.
    dark = fixed_filter(fixed_filter(raw, 180.0, "high"), 2500.0, "low")
    bright = fixed_filter(raw, 2500.0, "high")
    room = dark * np.exp(-6.9 * t / seconds) + 0.7 * bright * np.exp(-6.9 * t / (0.45 * seconds))
    room *= np.minimum(t / 0.02, 1.0)  # the walls answer a little later than the source
    room /= np.sqrt(np.sum(room**2, axis=-1, keepdims=True))
    wet = signal.oaconvolve(send, room.astype(np.float32), axes=-1)
    return np.asarray(wet[:, : send.shape[-1]], dtype=np.float32)


def echo(send: Audio, delay_s: float, feedback: float = 0.5, repeats: int = 5) -> Audio:
    """Ping-pong echo: each repeat is softer than the last and on the other side, shape (2, samples)."""
    source = fixed_filter(send.mean(axis=0), (300.0, 4500.0), "band", order=1)
    wet = np.zeros_like(send)
    for repeat in range(1, repeats + 1):
        place(wet[repeat % 2], to_samples(repeat * delay_s), source, feedback**repeat)
    return wet


def ducking(kicks_s: Sequence[float], samples: int, depth: float, recovery_s: float = 0.22) -> Audio:
    """Gain that makes room under each kick, as a sidechained compressor does, shape (samples,).

    It falls from 1 to 1 - ``depth``, which is in 0..1, and is back after ``recovery_s``.
    """
    gain = np.ones(samples, dtype=np.float32)
    t = times_s(to_samples(recovery_s)) / recovery_s
    dip = 1.0 - depth * np.cos(0.5 * np.pi * t) ** 2
    for kick_s in kicks_s:
        start = to_samples(kick_s)
        stop = min(start + len(dip), samples)
        gain[start:stop] = np.minimum(gain[start:stop], dip[: stop - start])
    return gain


def sweep_section(bus: Audio, start_s: float, end_s: float, cutoffs_hz: tuple[float, float]) -> None:
    """Open or close a low-pass filter over one section of a bus, in place.

    The edges are crossfaded over 10 ms, so that switching the filter in and out does not click.
    """
    start, stop = to_samples(start_s), min(to_samples(end_s), bus.shape[-1])
    region = bus[:, start:stop]
    wet = moving_filter(region, np.geomspace(*cutoffs_hz, 64), q=1.4)
    edge = np.minimum(np.arange(stop - start), np.arange(stop - start)[::-1])
    mix = np.minimum(edge / (0.01 * RATE_HZ), 1.0).astype(np.float32)
    bus[:, start:stop] = region + mix * (wet - region)


def master(audio: Audio, drive: float = 1.0) -> Audio:
    """Soft-limit a mix, take out what lies below hearing, and bring its peak to -1 dBFS.

    ``drive`` is the gain into the limiter; more is louder and denser.
    """
    out = np.tanh(drive * fixed_filter(audio, 25.0, "high"))
    out -= out.mean(axis=-1, keepdims=True)
    return out * np.float32(from_db(PEAK_DB) / np.abs(out).max())
