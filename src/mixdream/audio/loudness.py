"""Integrated loudness of a stream (ITU-R BS.1770-4), without holding the stream in memory."""

import math
from functools import lru_cache

import numpy as np

_HOP_S = 0.1  # blocks of 400 ms overlap by 75 %: every block is four hops
_BLOCK_HOPS = 4
_ABSOLUTE_LUFS = -70.0
_RELATIVE_LU = -10.0
_SHELF_HZ = 1500.0


class LoudnessMeter:
    """Measures the loudness of audio, of one or two channels, that is pushed block by block.

    Only the energy of every 100 ms is kept: 36 000 numbers an hour.

    Examples
    --------
    >>> meter = LoudnessMeter(48_000, channels=1)
    >>> meter.push(np.sin(2 * np.pi * 997 / 48_000 * np.arange(96_000))[:, None])
    >>> round(meter.integrated_lufs())
    -3
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._filters = k_weighting(rate_hz)
        self._state = np.zeros((len(self._filters), 2, channels))
        self._rate_hz = rate_hz
        self._samples = 0
        self._hops: list[float] = []
        self._open_hop = 0.0

    def push(self, samples: np.ndarray) -> None:
        """Add samples, shape (n, channels), full scale +-1."""
        if len(samples):
            from scipy.signal import sosfilt  # here: it takes its time to import

            weighted, self._state = sosfilt(self._filters, samples, axis=0, zi=self._state)
            self._add(np.square(weighted).sum(axis=1))

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
    """The two filters of BS.1770-4 at any rate, as second-order sections, shape (1 or 2, 6).

    A shelf of +4 dB from 1.5 kHz, for the head, then a high-pass at 38 Hz, both of the Audio EQ Cookbook
    (Bristow-Johnson). Audio whose rate leaves no room above the shelf goes without it.
    """
    sections = [_high_pass(rate_hz)]
    if rate_hz > 2.5 * _SHELF_HZ:
        sections.insert(0, _shelf(rate_hz))
    filters = np.array(sections)
    return filters / filters[:, 3:4]


def _shelf(rate_hz: int) -> list[float]:
    amplitude = 10 ** (4.0 / 40)
    angle = 2 * math.pi * _SHELF_HZ / rate_hz
    cosine, width = math.cos(angle), math.sin(angle) * math.sqrt(amplitude / 0.5)
    more, less = amplitude + 1, amplitude - 1
    feed = [more + less * cosine + width, -2 * (less + more * cosine), more + less * cosine - width]
    back = [more - less * cosine + width, 2 * (less - more * cosine), more - less * cosine - width]
    return [*(amplitude * value for value in feed), *back]


def _high_pass(rate_hz: int) -> list[float]:
    angle = 2 * math.pi * 38.0 / rate_hz
    cosine, width = math.cos(angle), math.sin(angle)
    half = (1 + cosine) / 2
    return [half, -2 * half, half, 1 + width, -2 * cosine, 1 - width]
