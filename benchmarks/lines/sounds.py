"""Sounds of drum machines that there never were, and notes, at 32 kHz."""

import numpy as np
from scipy.signal import butter, sosfilt

from benchmarks.bars.rhythms import Draw
from benchmarks.bars.sounds import Wave

RATE_HZ = 32_000

_TOP_HZ = 0.48 * RATE_HZ
_LENGTHS_S = {"crash": 2.5, "open": 0.6, "ride": 0.8, "kick": 0.7}
_METALS = {  # how fast they fade, in seconds, and where they begin
    "hat": (0.008, 0.05, 3000),
    "open": (0.07, 0.3, 3000),
    "ride": (0.08, 0.4, 1500),
    "crash": (0.4, 1.2, 1500),
}


def hit(draw: Draw, sound: str) -> Wave:
    """One sound of a drum machine that there never was, of a peak of about 1."""
    time_s = np.arange(round(_LENGTHS_S.get(sound, 0.4) * RATE_HZ)) / RATE_HZ
    noise = draw.rng.standard_normal(len(time_s))
    if sound == "kick":
        return _kick(draw, time_s, noise)
    if sound in ("snare", "snare2", "ghost"):
        return _snare(draw, time_s, noise)
    if sound == "clap":
        return _clap(draw, time_s, noise)
    if sound == "stab":
        root_hz = draw.between(150, 400)
        return _peak(np.sum([tone(root_hz * r, 0.4, 0.7, 0.3, 0.002) for r in (1, 1.19, 1.5)], axis=0))
    if sound == "rim" or (sound == "perc" and draw.chance(0.25)):
        return _rim(draw, time_s, noise)
    if sound == "conga" or (sound == "perc" and draw.chance(0.6)):
        return _skin(draw, time_s, noise)
    if sound == "perc":
        blip = np.sin(2 * np.pi * draw.ratio(150, 5000) * time_s) * _fade(time_s, draw.ratio(0.02, 0.12))
        return _peak(blip + 0.1 * noise * _fade(time_s, 0.01))
    if sound == "shaker":
        low_hz = draw.ratio(2000, 6000)
        grains = _band(noise, low_hz, draw.ratio(1.5 * low_hz, _TOP_HZ))
        rise = np.clip(time_s / draw.between(0.008, 0.04), 0, 1)
        return _peak(grains * _fade(time_s, draw.ratio(0.01, 0.06))) * rise
    shortest_s, longest_s, lowest_hz = _METALS[sound]
    wave = _high(_metal(draw, time_s, noise), draw.ratio(lowest_hz, 9500))
    wave = _peak(wave * _fade(time_s, draw.ratio(shortest_s, longest_s)))
    if sound == "ride":
        return draw.between(0.2, 1) * wave + draw.between(0, 1) * _peak(wave * _fade(time_s, 0.02))
    return wave


def tone(
    hz: float, length_s: float, bright: float, fade_s: float, attack_s: float, detune: float = 0.0
) -> Wave:
    """A note with overtones that die away sooner than its fundamental: the sum of a geometric series."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    wave = np.zeros(len(time_s))
    for own_hz in (hz, hz * (1 + detune)) if detune else (hz,):
        turn = np.exp(2j * np.pi * own_hz * time_s)
        each = bright * _fade(time_s, 4 * fade_s) * turn
        overtones = max(1, int(14_000 / own_hz))
        wave += (turn * (1 - each**overtones) / (1 - each)).imag
    ends = np.minimum(time_s / attack_s, (length_s - time_s) / 0.02)
    return wave * np.clip(ends, 0, 1) * _fade(time_s, 4 * fade_s)


def _kick(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    low_hz, sweep, fall_s = draw.between(38, 75), draw.ratio(1.5, 8), draw.ratio(0.008, 0.06)
    phase = 2 * np.pi * low_hz * (time_s + (sweep - 1) * fall_s * (1 - _fade(time_s, fall_s)))
    body = np.tanh(draw.between(0.8, 3) * np.sin(phase)) * _fade(time_s, draw.ratio(0.05, 0.35))
    click = _band(noise, draw.ratio(30, 2000), draw.ratio(3000, 15_000))
    return body + draw.between(0, 0.4) * click * _fade(time_s, draw.ratio(0.001, 0.008))


def _snare(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    """Two modes of a skin, falling a little, and wires."""
    low_hz = draw.ratio(250, 3000)
    high_hz = max(draw.ratio(3500, 15_500), 1.5 * low_hz)
    wires = _band(noise, low_hz, high_hz, int(draw.one(1, 2))) * _fade(time_s, draw.ratio(0.03, 0.18))
    bend = 1 + draw.between(0, 0.6) * _fade(time_s, draw.ratio(0.006, 0.03))
    phase = 2 * np.pi * draw.between(140, 300) * np.cumsum(bend) / RATE_HZ
    skin = np.sin(phase) + draw.between(0, 0.8) * np.sin(phase * draw.between(1.4, 2))
    return _peak(_peak(wires) + draw.between(0, 1.3) * skin * _fade(time_s, draw.ratio(0.015, 0.1)))


def _clap(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    """Some hands, then a room."""
    low_hz = draw.ratio(400, 1500)
    hiss = _band(noise, low_hz, low_hz * draw.between(1.6, 5))
    hiss += draw.between(0, 0.5) * _high(noise, draw.ratio(2500, 6000))
    level = draw.between(0.3, 1) * _fade(time_s, draw.ratio(0.03, 0.15))
    hand_s = 0.0
    for _ in range(int(draw.one(2, 3, 4))):
        level += np.where(time_s >= hand_s, _fade(np.maximum(time_s - hand_s, 0), 0.005), 0)
        hand_s += draw.between(0.006, 0.013)
    return _peak(hiss * level)


def _rim(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    hz = draw.between(400, 2000)
    wood = np.sin(2 * np.pi * hz * time_s) * _fade(time_s, draw.ratio(0.006, 0.02))
    low = np.sin(2 * np.pi * hz * draw.between(0.2, 0.5) * time_s) * _fade(time_s, draw.ratio(0.01, 0.04))
    stick = noise * _fade(time_s, draw.ratio(0.002, 0.008))
    return _peak(wood + draw.between(0, 1) * low + draw.between(0, 0.5) * stick)


def _skin(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    """A conga or a tom, whose pitch falls, with a slap."""
    bend = 1 + draw.between(0, 0.8) * _fade(time_s, draw.ratio(0.015, 0.06))
    phase = 2 * np.pi * draw.ratio(90, 450) * np.cumsum(bend) / RATE_HZ
    second = np.sin(phase * draw.between(1.4, 2.2)) * _fade(time_s, 0.05)
    ring = (np.sin(phase) + draw.between(0, 0.6) * second) * _fade(time_s, draw.ratio(0.04, 0.2))
    low_hz = draw.ratio(300, 1500)
    slap = _band(noise, low_hz, low_hz * draw.between(2, 7)) * _fade(time_s, draw.ratio(0.004, 0.015))
    return _peak(ring + draw.between(0, 1) * _peak(slap))


def _metal(draw: Draw, time_s: Wave, noise: Wave) -> Wave:
    """Square waves in no harmonic relation, and hiss."""
    hz = draw.ratio(300, 1200) * np.concatenate([[1], draw.rng.uniform(1.2, 3.5, 5)])
    phases = draw.rng.uniform(0, 2 * np.pi, len(hz))
    ring = np.sign(np.sin(2 * np.pi * hz[:, None] * time_s + phases[:, None])).sum(axis=0)
    return draw.between(0, 0.5) * ring + draw.between(0.3, 1) * noise


def _band(wave: Wave, low_hz: float, high_hz: float, order: int = 1) -> Wave:
    edges_hz = low_hz, min(high_hz, _TOP_HZ)
    return np.asarray(sosfilt(butter(order, edges_hz, "band", fs=RATE_HZ, output="sos"), wave))


def _high(wave: Wave, low_hz: float) -> Wave:
    return np.asarray(sosfilt(butter(2, low_hz, "high", fs=RATE_HZ, output="sos"), wave))


def _fade(time_s: Wave, decay_s: float) -> Wave:
    return np.exp(-time_s / decay_s)


def _peak(wave: Wave) -> Wave:
    return wave / (np.abs(wave).max() + 1e-9)
