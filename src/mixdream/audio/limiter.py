"""Peak limiter: holds true peaks under a ceiling by turning down smoothly around them, never by clipping."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import minimum_filter1d, uniform_filter1d

TRUE_PEAK_DBTP = -1.0
"""Highest true peak of whatever is written."""

WIDTH_S = 0.03
"""Time over which the gain goes down and up again: less distorts bass, more is heard to pump."""

MARGIN_SAMPLES = 256
"""Silence around audio that does not repeat, in which what the samples stand for dies away."""

_OVERSAMPLING = 4  # as BS.1770-4 annex 2; a tone at a quarter of the rate is then read 0.2 dB low at worst
_STREAM_MARGIN_S = 4 * WIDTH_S  # the limiter looks `WIDTH_S` to either side; ripple of cut ends needs more
_STREAM_CEILING = 10 ** ((TRUE_PEAK_DBTP - 0.1) / 20)  # peaks between the four points are up to 0.1 dB higher


def padded(audio: np.ndarray, before: int, after: int) -> np.ndarray:
    """Put silence around audio, shape (..., samples); behind it some more, to a length with a fast FFT."""
    samples = audio.shape[-1]
    length = next_fast_len(before + samples + after, real=True)
    return np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(before, length - before - samples)])


def oversampled(audio: np.ndarray) -> np.ndarray:
    """Magnitude, at four points per sample, of the periodic signal that the samples stand for.

    Audio, shape (..., samples), gives shape (4, ..., samples): at the samples, and a quarter, a half and
    three quarters behind each. Three short transforms back take a third of the time of a long one.
    """
    samples = audio.shape[-1]
    spectrum = rfft(audio)
    later = np.exp(2j * np.pi / _OVERSAMPLING / samples * np.arange(spectrum.shape[-1]))
    fine = np.empty((_OVERSAMPLING, *audio.shape))
    np.abs(audio, out=fine[0])
    for point in fine[1:]:
        spectrum *= later
        np.abs(irfft(spectrum, samples), out=point)
    return fine


def peaks_around(fine: np.ndarray) -> np.ndarray:
    """True peak around each sample, up to the one before and the next, from what `oversampled` gives."""
    behind = fine.max(axis=0)
    return np.max([np.roll(behind, 1, axis=-1), behind, np.roll(fine[0], -1, axis=-1)], axis=0)


def true_peak(audio: np.ndarray, loop: bool = False) -> float:
    """Largest magnitude of the continuous signals that samples stand for (BS.1770-4, annex 2).

    Audio is of shape (..., samples); 1 is full scale. A loop goes on from its end to its start; otherwise
    there is silence around the samples.

    >>> between = np.tile([0.5, 0.5, -0.5, -0.5], 100)  # a sine whose peaks lie between the samples
    >>> round(true_peak(between, loop=True), 3)
    0.707
    """
    if not audio.any():
        return 0.0
    return float(oversampled(audio if loop else padded(audio, MARGIN_SAMPLES, MARGIN_SAMPLES)).max())


def limit(audio: np.ndarray, envelope: np.ndarray, ceiling: float, rate_hz: int, loop: bool) -> np.ndarray:
    """Turn audio down where its envelope passes a ceiling.

    The gain that every sample needs, held for `WIDTH_S` and smoothed over `WIDTH_S`, with as much look-ahead:
    a mean of values that are all small enough is small enough.

    Parameters
    ----------
    audio : ndarray, shape (samples,)
    envelope : ndarray, shape (samples,), >= 0
        True peak around each sample.
    loop : bool
        The end goes on into the start.

    Examples
    --------
    >>> step = np.where(np.arange(8000) < 4000, 0.25, 1.0)
    >>> limited = limit(step, step, 0.5, 8000, loop=False)
    >>> limited[0].item(), round(limited.max().item(), 9), round(limited[-1].item(), 9)
    (0.25, 0.5, 0.5)
    """
    needed = ceiling / np.maximum(envelope, ceiling)
    half = 2 * round(WIDTH_S * rate_hz / 4) + 1
    mode = "wrap" if loop else "nearest"
    held = minimum_filter1d(needed, 2 * half - 1, mode=mode)
    # Two running means are a triangle.
    return audio * uniform_filter1d(uniform_filter1d(held, half, mode=mode), half, mode=mode)


class StreamLimiter:
    """Holds the true peaks of audio under `TRUE_PEAK_DBTP`, block by block, wherever the blocks end.

    Channels are turned down together: nothing moves from left to right.

    Attributes
    ----------
    true_peak : float
        The highest of what was given so far; 1 is full scale.
    limited_db : float
        How far the loudest peak so far was turned down.

    Examples
    --------
    >>> tone = 2 * np.sin(2 * np.pi * 100 / 8000 * np.arange(24_000))
    >>> limiter = StreamLimiter(8000)
    >>> blocks = list(limiter.limit([tone[:9000], tone[9000:]]))
    >>> [len(block) for block in blocks], round(limiter.limited_db, 1), round(limiter.true_peak, 2)
    ([9000, 15000], 7.1, 0.88)
    """

    def __init__(self, rate_hz: int) -> None:
        self.true_peak = 0.0
        self.limited_db = 0.0
        self._rate_hz = rate_hz
        self._margin = round(_STREAM_MARGIN_S * rate_hz)

    def limit(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Limit blocks, each of shape (n,) or (channels, n), and give them back one block later.

        All but the first must be longer than `WIDTH_S`; before the first and after the last is silence.
        """
        before: np.ndarray | None = None
        block = np.zeros(0)
        for after in blocks:
            if before is None:
                before = np.zeros((*after.shape[:-1], self._margin))
            else:
                yield self._limited(before, block, after)
                before = np.concatenate([before, block], -1)[..., -self._margin :]
            block = after
        before = np.zeros(self._margin) if before is None else before
        yield self._limited(before, block, np.zeros_like(before))

    def _limited(self, before: np.ndarray, block: np.ndarray, after: np.ndarray) -> np.ndarray:
        around = padded(np.concatenate([before, block, after[..., : self._margin]], -1), 0, 0)
        envelope = np.atleast_2d(peaks_around(oversampled(around))).max(axis=0)
        limited = limit(around, envelope, _STREAM_CEILING, self._rate_hz, loop=False)
        inside = slice(before.shape[-1], before.shape[-1] + block.shape[-1])
        if block.size:
            highest = float(envelope[inside].max())
            self.limited_db = max(self.limited_db, 20 * math.log10(max(1.0, highest / _STREAM_CEILING)))
            self.true_peak = max(self.true_peak, float(oversampled(limited)[..., inside].max()))
        return limited[..., inside]
