"""Spectra of one period of a periodic signal, such as a loop, and the way back, without an edge."""

import numpy as np
from scipy.signal.windows import hann


class PeriodicTransform:
    """Short-time Fourier transform on a circle: frames reach over the end to the start, however many samples.

    See `circular_frames` for where they are. Their window, the root of a Hann window, is applied before and
    after; what the windows add up to is divided out, so that spectra that were not changed give the signal
    again.

    >>> transform = PeriodicTransform(samples=1001, size=256, hop=64)
    >>> noise = np.random.default_rng(0).standard_normal(1001)
    >>> np.allclose(transform.inverse(transform(noise)), noise)
    True
    """

    def __init__(self, samples: int, size: int, hop: int) -> None:
        """Frames of an even ``size``, about ``hop`` samples apart, at most ``size / 2``."""
        self.samples, self.size = samples, size
        self.frames = max(1, round(samples / hop), -(-2 * samples // size))
        self._places = _places(samples, self.frames, size)
        self._window = np.sqrt(hann(size, sym=False))
        self._sum = self._add(np.broadcast_to(self._window**2, (self.frames, size)))

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """Spectra, shape (..., frames, size // 2 + 1), of one period, shape (..., samples)."""
        return np.fft.rfft(audio[..., self._places] * self._window)

    def inverse(self, spectra: np.ndarray) -> np.ndarray:
        """One period, shape (..., samples), of spectra, shape (..., frames, size // 2 + 1)."""
        frames = np.fft.irfft(spectra, self.size) * self._window
        periods = [self._add(one) for one in frames.reshape(-1, *frames.shape[-2:])]
        return np.reshape(periods, (*frames.shape[:-2], self.samples)) / self._sum

    def _add(self, frames: np.ndarray) -> np.ndarray:
        """Overlap and add frames, shape (frames, size), on the circle."""
        return np.bincount(self._places.ravel(), frames.ravel(), self.samples)


def circular_frames(period: np.ndarray, frames: int, size: int) -> np.ndarray:
    """Excerpts of one period, shape (..., samples), that reach over its ends, shape (..., frames, size).

    Frame ``i`` is centred on the sample nearest to ``i * samples / frames``.

    >>> circular_frames(np.arange(6), 3, 2).tolist()
    [[5, 0], [1, 2], [3, 4]]
    """
    return period[..., _places(period.shape[-1], frames, size)]


def _places(samples: int, frames: int, size: int) -> np.ndarray:
    centres = np.round(np.arange(frames) * samples / frames).astype(int)
    return (centres[:, None] + np.arange(size) - size // 2) % samples
