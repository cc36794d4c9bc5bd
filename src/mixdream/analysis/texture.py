"""Texture: how sharp, how noisy, how rough and how wide a clip is, band by band."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.fft

from mixdream.errors import InputError
from mixdream.spectrogram.frames import cut_frames

EDGES_HZ = (20.0, 200.0, 1000.0, 4000.0, 8000.0, 16_000.0)
"""Edges of the bands: bass, low mids, high mids, presence and hi-hats, air."""

ATTACK_QUANTILES = (0.9, 0.97, 0.995)  # of rises: about 25, 7 and 1 a second lie above
ROUGH_HZ = (20.0, 70.0, 200.0)  # edges of the ranges of fast modulation
FLOOR_DB = -80.0  # under the clip's power: what is quieter is nothing
MONO_DB = -30.0  # side under mid: what is narrower sounds like one point

_USED = 0.9  # of the Nyquist frequency
_SKIRT = 0.1  # bands begin and end over so much of their edges to each side
_STEP_S = 0.002  # of the envelopes
_RISE_STEPS = 2  # a rise is from 4 ms to the next 4 ms
_EDGE_S = 0.030  # left out at the ends, where the clip is cut
_FRAME_S = 0.064  # long enough to tell a tone from noise in the bass
_BIN_FLOOR_DB = -30.0  # under the mean of a frame
_ROUGH_FLOOR_DB = -40.0
_SHORTEST_S = 0.5


@dataclass(frozen=True)
class Descriptor:
    """One number of a texture: ``quantity`` in a band, or of all bands together (``band`` None)."""

    quantity: str  # level, attack, flatness, roughness, width, correlation or mono loss
    band: tuple[float, float] | None  # in Hz
    detail: str = ""  # which of several of its kind


def descriptors(rate_hz: int, channels: int) -> tuple[Descriptor, ...]:
    """What the numbers of `texture` are, in their order."""
    names = []
    for band in bands(rate_hz):
        names += [Descriptor("level", band)]
        names += [Descriptor("attack", band, f"{100 * share:g} %") for share in ATTACK_QUANTILES]
        names += [Descriptor("flatness", band)]
        names += [
            Descriptor("roughness", band, f"{low:g} to {high:g} Hz") for low, high in pairwise(ROUGH_HZ)
        ]
        if channels == 2:
            names += [Descriptor("width", band), Descriptor("correlation", band)]
    return (*names, Descriptor("mono loss", None)) if channels == 2 else tuple(names)


def bands(rate_hz: int) -> list[tuple[float, float]]:
    """Bands that audio of a rate has, the highest one cut off where its spectrum ends."""
    highest_hz = _USED * rate_hz / 2
    return [(low, min(high, highest_hz)) for low, high in pairwise(EDGES_HZ) if 1.2 * low < highest_hz]


def textures(clips: Iterable[np.ndarray], rate_hz: int) -> np.ndarray:
    """Textures of clips, each of shape (samples, channels), together of shape (clips, descriptors)."""
    return np.stack([texture(clip, rate_hz) for clip in clips])


def texture(clip: np.ndarray, rate_hz: int) -> np.ndarray:
    """Describe the surface of a clip: what ears call sharp, hissy, rough and wide.

    In each band, of the mono mix:

    - ``level``: its power, in dB of the clip's;
    - ``attack``: quantiles of the rises of its level from 4 ms to the next 4 ms, in dB. Smeared hits rise
      less;
    - ``flatness``: geometric over arithmetic mean of the spectrum, in dB, 0 for a single click and about -2.5
      for noise, lower for tones; mean over the louder half of frames of 64 ms;
    - ``roughness``: how deep the envelope is modulated at 20 to 70 and 70 to 200 Hz, in dB of its mean
      (Zwicker and Fastl 2007, chapter 11: roughness is modulation at 15 to 300 Hz);

    and where there are two channels

    - ``width``: side over mid, in dB, at least -30, which is mono;
    - ``correlation``: of left and right, in tenths, -10 to 10;
    - ``mono loss``: of power in the sum of both channels, all bands together, in dB.

    Gain does not count, and a band that is empty has values, too, that are the same for all empty ones.

    Parameters
    ----------
    clip : np.ndarray, shape (samples, channels)
        Of one or two channels, finite, at least half a second.

    Returns
    -------
    np.ndarray, shape (descriptors,), float64
        In the order of `descriptors`.
    """
    clip = np.asarray(clip, np.float32)
    if clip.ndim != 2 or clip.shape[1] not in (1, 2):
        raise InputError(
            f"a clip of shape {clip.shape} has no texture: it must be (samples, 1 or 2 channels)"
        )
    if len(clip) < _SHORTEST_S * rate_hz:
        raise InputError(
            f"a clip of {len(clip) / rate_hz:.2f} s is too short for its texture: it needs {_SHORTEST_S:g} s"
        )
    if not np.isfinite(clip).all():
        raise InputError("a clip that is not finite has no texture: leave it out, see analysis.validity")
    sides = clip.T
    power = float(np.square(clip).mean())
    clip = clip / np.sqrt(power) if power > 0 else clip
    mono = clip.mean(axis=1)
    padded = scipy.fft.next_fast_len(len(mono), real=True)
    spectra = [scipy.fft.rfft(one, padded) for one in (mono, *clip.T)]
    frames = _frames(mono, rate_hz)
    values: list[float] = []
    for band in bands(rate_hz):
        envelope = _envelope(spectra[0], band, rate_hz, len(mono), padded)
        values.append(_db(float(envelope.mean())))
        values += np.quantile(_rises_db(envelope), ATTACK_QUANTILES).tolist()
        values.append(_flatness_db(frames, band, rate_hz))
        values += _roughness_db(envelope)
        if len(sides) == 2:
            values += _stereo(spectra, band, rate_hz, padded)
    if len(sides) == 2:
        mean_power = float(np.square(mono).mean())
        values.append(-max(_db(mean_power), MONO_DB))
    return np.array(values)


def _db(power: float) -> float:
    """Power of a clip that has 1, in dB, at least `FLOOR_DB`."""
    return float(10 * np.log10(max(power, 10 ** (FLOOR_DB / 10))))


def _weights(band: tuple[float, float], rate_hz: int, padded: int) -> tuple[int, np.ndarray]:
    """First bin of a band, and weights of its bins: the powers of neighbouring bands add up to 1."""
    low, high = band
    first = int(np.ceil((1 - _SKIRT) * low * padded / rate_hz))
    last = min(int((1 + _SKIRT) * high * padded / rate_hz), padded // 2)
    hz = np.arange(first, last + 1) * (rate_hz / padded)
    rising = np.clip((hz / low - 1) / (2 * _SKIRT) + 0.5, 0, 1)
    falling = np.clip((hz / high - 1) / (2 * _SKIRT) + 0.5, 0, 1)
    return first, (np.sin(np.pi / 2 * rising) * np.cos(np.pi / 2 * falling)).astype(np.float32)


def _envelope(
    spectrum: np.ndarray, band: tuple[float, float], rate_hz: int, samples: int, padded: int
) -> np.ndarray:
    """Power of a band every 2 ms, shape (steps,): the analytic signal, at a rate that is just enough."""
    first, weights = _weights(band, rate_hz, padded)
    inside = spectrum[first : first + len(weights)] * weights
    steps = round(padded / rate_hz / _STEP_S)
    per_step = -(-len(inside) // steps)
    made = scipy.fft.ifft(inside, steps * per_step) * (2 * steps * per_step / padded)
    power = (np.square(made.real) + np.square(made.imag)).reshape(steps, per_step).mean(axis=1) / 2
    edge = round(_EDGE_S / _STEP_S)
    return power[edge : int(steps * samples / padded) - edge].astype(np.float64)


def _rises_db(envelope: np.ndarray) -> np.ndarray:
    """How far the level rises from 4 ms to the next, at every 2 ms."""
    sums = np.convolve(envelope, np.full(_RISE_STEPS, 1 / _RISE_STEPS), "valid")
    levels = 10 * np.log10(sums + 10 ** (FLOOR_DB / 10))
    return levels[_RISE_STEPS:] - levels[:-_RISE_STEPS]


def _frames(mono: np.ndarray, rate_hz: int) -> np.ndarray:
    """Power spectra of frames that overlap by half, shape (frames, bins)."""
    size = 2 * round(_FRAME_S * rate_hz / 2)
    window = np.hanning(size).astype(np.float32)
    spectra = scipy.fft.rfft(cut_frames(mono, size, slice(None, None, size // 2)) * window, axis=1)
    return (np.square(spectra.real) + np.square(spectra.imag)) / float(np.square(window).sum() * size / 2)


def _flatness_db(frames: np.ndarray, band: tuple[float, float], rate_hz: int) -> float:
    """Spectral flatness, mean in dB over the louder half of the frames."""
    hz = np.arange(frames.shape[1]) * rate_hz / (2 * (frames.shape[1] - 1))
    inside = frames[:, (hz >= band[0]) & (hz < band[1])]
    loud = inside[np.argsort(-inside.sum(axis=1))[: -(-len(inside) // 2)]]
    # Where the spectrum ends inside of a band, its empty bins must not be everything.
    floor = 10 ** (_BIN_FLOOR_DB / 10) * loud.mean(axis=1, keepdims=True)
    loud = np.maximum(loud, floor) + 10 ** (FLOOR_DB / 10) / inside.shape[1]
    return float(10 * (np.log10(loud).mean(axis=1) - np.log10(loud.mean(axis=1))).mean())


def _roughness_db(envelope: np.ndarray) -> list[float]:
    """Depth of the modulations of the amplitude, RMS in dB of its mean, in each range of `ROUGH_HZ`."""
    amplitude = np.sqrt(envelope + 10 ** (FLOOR_DB / 10))
    mean = amplitude.mean()
    taper = np.hanning(len(amplitude))
    spectrum = scipy.fft.rfft((amplitude - mean) * taper)
    squares = 2 * np.square(np.abs(spectrum)) / (len(amplitude) * np.square(taper).sum())
    hz = np.arange(len(squares)) / (len(amplitude) * _STEP_S)
    depths = [np.sqrt(squares[(hz >= low) & (hz < high)].sum()) / mean for low, high in pairwise(ROUGH_HZ)]
    return [float(20 * np.log10(max(depth, 10 ** (_ROUGH_FLOOR_DB / 20)))) for depth in depths]


def _stereo(spectra: list[np.ndarray], band: tuple[float, float], rate_hz: int, padded: int) -> list[float]:
    """Width in dB and correlation in tenths, from the spectra of the mono mix, left and right."""
    first, weights = _weights(band, rate_hz, padded)
    inside = slice(first, first + len(weights))
    mid, one, other = (spectrum[inside] * weights for spectrum in spectra)
    powers = [
        float(np.vdot(part, part).real) * 2 / padded**2 for part in (mid, (one - other) / 2, one, other)
    ]
    floor = 10 ** (FLOOR_DB / 10)
    width = 10 * np.log10((powers[1] + floor * 10 ** (MONO_DB / 10)) / (powers[0] + floor))
    product = float(np.vdot(one, other).real) * 2 / padded**2
    correlation = (product + floor) / (np.sqrt(powers[2] * powers[3]) + floor)
    return [max(float(width), MONO_DB), 10 * correlation]
