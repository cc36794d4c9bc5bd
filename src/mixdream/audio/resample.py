"""Resampling: audio and streams of blocks to one rate; loops to an exact number of samples."""

import numpy as np
import soxr

QUALITY = "HQ"
"""soxr's 20-bit quality: aliases are more than 120 dB down, below what int16 can hold."""


def to_rate(audio: np.ndarray, own_hz: float, rate_hz: float) -> np.ndarray:
    """Bring audio that is there as a whole, shape (samples,) or (samples, channels), to a rate; float32."""
    audio = np.asarray(audio, np.float32)
    return audio if own_hz == rate_hz else soxr.resample(audio, own_hz, rate_hz, quality=QUALITY)


class Resampler:
    """Resamples a stream of blocks to one rate; a change of their own rate begins a new filter.

    Examples
    --------
    >>> resampler = Resampler(8000, channels=1)
    >>> second = np.zeros((44100, 1), np.float32)
    >>> len(resampler.push(second, 44100)) + len(resampler.finish())
    8000
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.rate_hz = rate_hz
        self.channels = channels
        self._source_hz = rate_hz
        self._stream: soxr.ResampleStream | None = None

    def push(self, samples: np.ndarray, source_hz: int) -> np.ndarray:
        """Resample the next block, shape (n, channels), float32, of rate ``source_hz``.

        What comes back is as much as is ready; the filter holds a little back until `finish`.
        """
        before = self._empty
        if source_hz != self._source_hz:
            before = self.finish()
            self._source_hz = source_hz
            if source_hz != self.rate_hz:
                self._stream = soxr.ResampleStream(
                    source_hz, self.rate_hz, self.channels, dtype="float32", quality=QUALITY
                )
        made = self._stream.resample_chunk(samples) if self._stream else samples
        return np.concatenate([before, made]) if len(before) else made

    def finish(self) -> np.ndarray:
        """Return what the filter still holds, shape (m, channels)."""
        stream, self._stream, self._source_hz = self._stream, None, self.rate_hz
        return stream.resample_chunk(self._empty, last=True) if stream else self._empty

    @property
    def _empty(self) -> np.ndarray:
        return np.zeros((0, self.channels), np.float32)


def resample_loop(audio: np.ndarray, samples: int) -> np.ndarray:
    """Resample one period of a periodic signal to an exact number of samples, shape (..., samples), float64.

    The Fourier series of the period is read at other moments, so the result is exactly periodic too: no
    filter runs in or out at the ends.

    >>> turn = np.sin(2 * np.pi * np.arange(100) / 100)
    >>> np.allclose(resample_loop(turn, 160), np.sin(2 * np.pi * np.arange(160) / 160))
    True
    """
    # Here, because it takes its time to import; what only changes the rate need not wait for it.
    from scipy.signal import resample

    return resample(np.asarray(audio, dtype=np.float64), samples, axis=-1)
