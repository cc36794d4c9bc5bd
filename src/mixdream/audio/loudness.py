"""Integrated loudness of a stream (ITU-R BS.1770-4), without holding the stream in memory."""

import math
from functools import lru_cache

import numpy as np

_HOP_S = 0.1  # blocks of 400 ms overlap by 75 %: every block is four hops
_BLOCK_HOPS = 4
_ABSOLUTE_LUFS = -70.0
_RELATIVE_LU = -10.0
_RESPONSE_S = 0.1  # by then the filters' response has fallen by more than 180 dB
_PIECE = 1 << 14
_SHELF_HZ = 1500.0


class LoudnessMeter:
    """Measures the loudness of audio that is pushed block by block.

    Only the energy of every 100 ms is kept: 36 000 numbers an hour.

    Parameters
    ----------
    rate_hz : int
    channels : int
        1 or 2, both with weight 1.

    Examples
    --------
    >>> meter = LoudnessMeter(48_000, channels=1)
    >>> meter.push(np.sin(2 * np.pi * 997 / 48_000 * np.arange(96_000))[:, None])
    >>> round(meter.integrated_lufs())
    -3
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._response = k_weighting(rate_hz)
        self._tail = np.zeros((len(self._response) - 1, channels))
        self._rate_hz = rate_hz
        self._samples = 0
        self._hops: list[float] = []
        self._open_hop = 0.0

    def push(self, samples: np.ndarray) -> None:
        """Add samples, shape (n, channels), full scale +-1."""
        for start in range(0, len(samples), _PIECE):
            self._add(np.square(self._weight(samples[start : start + _PIECE])).sum(axis=1))

    def integrated_lufs(self) -> float:
        """Gated loudness of everything pushed, in LUFS; minus infinity where all of it is below the gates.

        Equations 3 to 7 of BS.1770-4: blocks above -70 LUFS give a mean; those above 10 LU below that
        mean give the loudness.
        """
        hops = np.array(self._hops)
        if len(hops) < _BLOCK_HOPS:
            return -math.inf
        blocks = np.convolve(hops, np.ones(_BLOCK_HOPS), "valid") / (_BLOCK_HOPS * _HOP_S * self._rate_hz)
        loud = blocks[blocks > 10 ** ((_ABSOLUTE_LUFS + 0.691) / 10)]
        if len(loud):
            loud = loud[loud > loud.mean() * 10 ** (_RELATIVE_LU / 10)]
        return -0.691 + 10 * math.log10(loud.mean()) if len(loud) else -math.inf

    def _weight(self, samples: np.ndarray) -> np.ndarray:
        """Filter by overlap-add, shape (n, channels)."""
        length = len(samples) + len(self._tail)
        size = 1 << (length - 1).bit_length()
        spectrum = np.fft.rfft(samples, size, axis=0) * np.fft.rfft(self._response, size)[:, None]
        whole = np.fft.irfft(spectrum, size, axis=0)[:length]
        whole[: len(self._tail)] += self._tail
        self._tail = whole[len(samples) :].copy()
        return whole[: len(samples)]

    def _add(self, energy: np.ndarray) -> None:
        """Add energies, shape (n,), to the hops that they fall into."""
        end = self._samples + len(energy)
        first, last = (sample * 10 // self._rate_hz for sample in (self._samples, end))
        edges = [-(-hop * self._rate_hz // 10) - self._samples for hop in range(first + 1, last + 1)]
        sums = [float(part.sum()) for part in np.split(energy, edges)]
        sums[0] += self._open_hop
        *closed, self._open_hop = sums
        self._hops += closed
        self._samples = end


@lru_cache(maxsize=8)
def k_weighting(rate_hz: int) -> np.ndarray:
    """Impulse response of the two filters of BS.1770-4 at any rate, shape (0.1 s,).

    A shelf of +4 dB from 1.5 kHz, for the head, then a high-pass at 38 Hz, as second-order sections of the
    Audio EQ Cookbook (Bristow-Johnson). Audio whose rate leaves no room above the shelf goes without it.
    """
    response = np.zeros(round(_RESPONSE_S * rate_hz))
    response[0] = 1
    if rate_hz > 2.5 * _SHELF_HZ:
        response = _section(response, *_shelf(rate_hz))
    return _section(response, *_high_pass(rate_hz))


def _shelf(rate_hz: int) -> tuple[list[float], list[float]]:
    amplitude = 10 ** (4.0 / 40)
    angle = 2 * math.pi * _SHELF_HZ / rate_hz
    cosine, width = math.cos(angle), math.sin(angle) * math.sqrt(amplitude / 0.5)
    more, less = amplitude + 1, amplitude - 1
    feed = [more + less * cosine + width, -2 * (less + more * cosine), more + less * cosine - width]
    back = [more - less * cosine + width, 2 * (less - more * cosine), more - less * cosine - width]
    return [amplitude * value for value in feed], back


def _high_pass(rate_hz: int) -> tuple[list[float], list[float]]:
    angle = 2 * math.pi * 38.0 / rate_hz
    cosine, width = math.cos(angle), math.sin(angle)
    half = (1 + cosine) / 2
    return [half, -2 * half, half], [1 + width, -2 * cosine, 1 - width]


def _section(wave: np.ndarray, feed: list[float], back: list[float]) -> np.ndarray:
    """Run a second-order section over a wave, sample by sample."""
    out = np.zeros_like(wave)
    for n in range(len(wave)):
        value = sum(feed[k] * wave[n - k] for k in range(min(3, n + 1)))
        value -= sum(back[k] * out[n - k] for k in range(1, min(3, n + 1)))
        out[n] = value / back[0]
    return out
