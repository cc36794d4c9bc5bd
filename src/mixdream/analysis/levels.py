"""Spectra over time in decibels, of clips and of loops, which have no edge."""

import itertools

import numpy as np

from mixdream.spectrogram.frames import cut_frames

RANGE_DB = 60.0
"""What is further below the loudest cell counts as equally quiet."""


def levels_db(
    audio: np.ndarray,
    rate_hz: int,
    frame_s: float,
    frames: int,
    *,
    loop: bool,
    edges_hz: tuple[float, ...] | None = None,
    range_db: float = RANGE_DB,
) -> np.ndarray:
    """Levels of every frequency, or of bands, in frames that are spread evenly over the audio.

    Parameters
    ----------
    audio : ndarray, shape (samples,)
    frame_s : float
        Length of a frame, a Hann window, in seconds.
    frames : int
        Frame ``i`` is centred on sample ``i * samples / frames``.
    loop : bool
        Frames reach from the end to the start; otherwise into silence.
    edges_hz : tuple of float, optional
        Edges of bands, ascending.
    range_db : float, optional
        What is further below the loudest cell counts as equally quiet.

    Returns
    -------
    ndarray, shape (bins or bands, frames), in [-range_db, 0]
        dB below the loudest cell; digital silence is all at the bottom.
    """
    size = max(16, round(frame_s * rate_hz))
    starts = np.round(np.arange(frames) * (len(audio) / frames)).astype(int)
    around = np.pad(audio, (size // 2, size), mode="wrap" if loop else "constant")
    power = np.abs(np.fft.rfft(cut_frames(around, size, starts) * np.hanning(size), axis=1)).T ** 2
    if edges_hz is not None:
        hz = np.fft.rfftfreq(size, 1 / rate_hz)
        bands = [(hz >= low) & (hz < high) for low, high in itertools.pairwise(edges_hz)]
        power = np.stack([power[band].sum(axis=0) for band in bands])
    loudest = power.max()
    if loudest == 0:
        return np.full_like(power, -range_db)
    return 10 * np.log10(np.maximum(power / loudest, 10 ** (-range_db / 10)))


def rises_db(levels: np.ndarray, *, loop: bool) -> np.ndarray:
    """How far levels, shape (bands, frames), rise from frame to frame, 0 where they fall; shape (frames,).

    The half-wave rectified flux of a logarithmic spectrum (Bello et al. 2005, "A tutorial on onset detection
    in music signals", section III-A-2), mean over bands; the first frame of a loop comes after the last.
    """
    before = np.roll(levels, 1, axis=1)
    if not loop:
        before[:, 0] = levels[:, 0]
    return np.maximum(levels - before, 0).mean(axis=0)
