"""Match of clips with moments of longer audio, wherever in the moment a clip begins."""

from dataclasses import dataclass

import numpy as np
import scipy.fft


@dataclass(frozen=True)
class Templates:
    """Clips, made ready for `match`; from `make_templates`."""

    spectra: np.ndarray  # conjugate, over time, shape (frequencies, bands, clips), complex64
    norms: np.ndarray  # of each band's changes, shape (bands, clips), float32
    frames: int  # of a clip


def make_templates(levels: np.ndarray) -> Templates:
    """Make levels of clips, shape (clips, bands, frames), ready to be matched."""
    changes = levels - levels.mean(axis=2, keepdims=True)
    spectra = scipy.fft.rfft(changes, axis=2).conj().transpose(2, 1, 0)
    return Templates(
        np.ascontiguousarray(spectra, np.complex64),
        np.sqrt(np.square(changes).sum(axis=2)).T,
        levels.shape[2],
    )


def match(templates: Templates, levels: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlate clips with every moment of audio, each clip turned in time to where it fits best.

    Of each band only what changes is compared: the mean over the moment, and with it steady noise and
    equalisers, is taken out. The correlation is ``sum_b <c_b, m_b> / sum_b |c_b| |m_b|`` over bands ``b`` of
    clip and moment: a band that noise has flattened in one of them has little weight. All turns at once are a
    circular correlation, one product per frequency.

    ``levels``, shape (bands, frames), are at least as long as a clip; ``step`` frames lie between moments.

    Returns
    -------
    correlation : np.ndarray, shape (moments, clips), in [-1, 1]
        0 where nothing changes.
    turn : np.ndarray, shape (moments, clips), int
        How many frames into the moment the clip begins.

    Examples
    --------
    >>> levels = np.random.default_rng(0).random((5, 40), dtype=np.float32)
    >>> clip = np.roll(levels[:, 6:26], -3, axis=1)
    >>> correlation, turn = match(make_templates(clip[None]), levels, step=2)
    >>> int(correlation.argmax()), round(float(correlation.max()), 5), int(turn[3, 0])
    (3, 1.0, 3)
    """
    moments = np.lib.stride_tricks.sliding_window_view(levels, templates.frames, axis=1)[:, ::step]
    changes = moments - moments.mean(axis=2, keepdims=True)
    norms = np.sqrt(np.square(changes).sum(axis=2)).T
    spectra = np.ascontiguousarray(scipy.fft.rfft(changes, axis=2).transpose(2, 1, 0))
    products = scipy.fft.irfft(spectra @ templates.spectra, templates.frames, axis=0)
    turn = products.argmax(axis=0)
    best = np.take_along_axis(products, turn[None], axis=0)[0]
    return best / np.maximum(norms @ templates.norms, np.finfo(np.float32).tiny), turn
