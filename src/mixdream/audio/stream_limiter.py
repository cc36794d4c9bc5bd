"""The limiter for audio that comes in blocks: what it gives does not depend on where the blocks end."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from scipy.fft import next_fast_len
from scipy.ndimage import maximum_filter1d

from mixdream.audio.level import TRUE_PEAK_DBTP
from mixdream.audio.limiter import WIDTH_S, limit
from mixdream.audio.resample import resample_loop

_HAIR_DB = 0.1  # between true peaks read at four points per sample and those that there are
_CEILING = 10 ** ((TRUE_PEAK_DBTP - _HAIR_DB) / 20)
_OVERSAMPLING = 4
_MARGIN_S = 4 * WIDTH_S  # the limiter looks `WIDTH_S` to either side; the ripple of cut ends needs the rest


class StreamLimiter:
    """Holds the true peaks of mono audio under `TRUE_PEAK_DBTP`, block by block.

    Attributes
    ----------
    true_peak : float
        The highest of what was given so far; 1 is full scale.
    limited_db : float
        How far the loudest peak so far was turned down.

    Parameters
    ----------
    rate_hz : int

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
        self._margin = round(_MARGIN_S * rate_hz)

    def limit(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Limit blocks, each of shape (n,), and give them back one block later.

        All but the first must be longer than `WIDTH_S`; before the first and after the last is silence.
        """
        before, block = np.zeros(self._margin), np.zeros(0)
        for after in blocks:
            if len(block):
                yield self._limited(before, block, after)
                before = np.concatenate([before, block])[-self._margin :]
            block = after
        yield self._limited(before, block, np.zeros(self._margin))

    def _limited(self, before: np.ndarray, block: np.ndarray, after: np.ndarray) -> np.ndarray:
        around = np.concatenate([before, block, after[: self._margin]])
        around = np.pad(around, (0, next_fast_len(len(around), real=True) - len(around)))
        fine = np.abs(resample_loop(around, _OVERSAMPLING * len(around)))
        envelope = maximum_filter1d(fine, 2 * _OVERSAMPLING + 1, mode="wrap")[::_OVERSAMPLING]
        limited = limit(around, envelope, _CEILING, self._rate_hz, loop=False)
        inside = slice(len(before), len(before) + len(block))
        if len(block):
            highest = float(envelope[inside].max())
            self.limited_db = max(self.limited_db, 20 * math.log10(max(1.0, highest / _CEILING)))
            fine = np.abs(resample_loop(limited, _OVERSAMPLING * len(limited)))
            peak = fine[_OVERSAMPLING * inside.start : _OVERSAMPLING * inside.stop].max()
            self.true_peak = max(self.true_peak, float(peak))
        return limited[inside]
