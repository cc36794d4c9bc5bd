"""Integrated loudness of a stream (ITU-R BS.1770-4), without holding the stream in memory."""

import math

import numpy as np
from pyloudnorm import IIRfilter
from scipy.signal import lfilter

_HOP_S = 0.1  # blocks of 400 ms overlap by 75 %: every block is four hops
_BLOCK_HOPS = 4
_ABSOLUTE_LUFS = -70.0
_RELATIVE_LU = -10.0


class LoudnessMeter:
    """Measures the loudness of audio that is pushed block by block.

    Only the energy of every 100 ms is kept: 36 000 numbers an hour.

    Parameters
    ----------
    rate_hz : int
    channels : int
        1 or 2, both with weight 1.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        shelf = IIRfilter(4.0, 1 / math.sqrt(2), 1500.0, rate_hz, "high_shelf")
        high_pass = IIRfilter(0.0, 0.5, 38.0, rate_hz, "high_pass")
        self._filters = [(part.b, part.a) for part in (shelf, high_pass)]
        self._states = [np.zeros((2, channels)) for _ in self._filters]
        self._rate_hz = rate_hz
        self._samples = 0
        self._hops: list[float] = []
        self._open_hop = 0.0

    def push(self, samples: np.ndarray) -> None:
        """Add samples, shape (n, channels), full scale +-1."""
        weighted = samples.astype(np.float64)
        for i, (b, a) in enumerate(self._filters):
            weighted, self._states[i] = lfilter(b, a, weighted, axis=0, zi=self._states[i])
        energy = np.square(weighted).sum(axis=1)
        first, last = self._hop_of(self._samples), self._hop_of(self._samples + len(energy))
        edges = [self._edge(hop) - self._samples for hop in range(first + 1, last + 1)]
        sums = [float(part.sum()) for part in np.split(energy, edges)]
        sums[0] += self._open_hop
        *closed, self._open_hop = sums
        self._hops += closed
        self._samples += len(energy)

    def integrated_lufs(self) -> float:
        """Gated loudness of everything pushed, in LUFS; minus infinity where all of it is below the gates.

        Equations 3 to 7 of BS.1770-4: blocks above -70 LUFS give a mean; those above 10 LU below that
        mean give the loudness.
        """
        hops = np.array(self._hops)
        if len(hops) < _BLOCK_HOPS:
            return -math.inf
        blocks = np.convolve(hops, np.ones(_BLOCK_HOPS), "valid") / (_BLOCK_HOPS * _HOP_S * self._rate_hz)
        loud = blocks[blocks > _power(_ABSOLUTE_LUFS)]
        if len(loud):
            loud = loud[loud > loud.mean() * 10 ** (_RELATIVE_LU / 10)]
        return -0.691 + 10 * math.log10(loud.mean()) if len(loud) else -math.inf

    def _edge(self, hop: int) -> int:
        """First sample of a hop."""
        return hop * self._rate_hz // 10

    def _hop_of(self, sample: int) -> int:
        """Hop that a sample lies in."""
        hop = sample * 10 // self._rate_hz
        return hop + (self._edge(hop + 1) <= sample)


def _power(lufs: float) -> float:
    """Mean square of the weighted signal at a loudness."""
    return 10 ** ((lufs + 0.691) / 10)
