"""What can be done to the clips of a condition: through a grid and back, or made bad on purpose."""

import numpy as np
import soxr
from scipy.signal import cheby2, fftconvolve, firwin, kaiserord, sosfiltfilt

from mixdream.spectrogram.grid import Grid

ANCHOR_HZ = 1000.0
"""Where the anchor's low-pass is 3 dB down; from 1.5 times that on it is 80 dB down."""

ANCHOR_STEPS = 8
"""Steps of quantisation on either side of zero: 4 bits."""

_STOP = 1.1
"""Where the low-pass of an anchor has reached its depth, of the frequency up to which it is flat."""

_DEPTH_DB = 60.0

_COARSE_HZ = 3000  # rate of the coarse samples: all of their noise is within what is heard


def through_grid(audio: np.ndarray, rate_hz: int, grid: Grid, seed: int) -> np.ndarray:
    """Turn a clip, shape (samples,), into a spectrogram and back, as if a perfect model had made it.

    Scaled as the grid scales and inverted as `mixdream.spectrogram.inversion.default_inversion` says, so real
    clips get the quality of generated ones (thesis 4.7). What is longer than the grid's clip is cut. The seed
    is that of random phases.
    """
    import torch

    from mixdream.analysis.voice import Voice
    from mixdream.spectrogram.inversion import default_inversion
    from mixdream.spectrogram.scaling import Scaler
    from mixdream.spectrogram.statistics import fit_statistics
    from mixdream.spectrogram.transform import magnitudes

    low = soxr.resample(audio, rate_hz, grid.rate_hz, quality="VHQ")
    own_samples = min(len(low), grid.clip_samples)
    # The clip begins ``lead`` samples after the first frame does.
    low = np.pad(low, (grid.lead, max(0, grid.samples - grid.lead - len(low))))[: grid.samples]
    wanted, name = magnitudes(torch.from_numpy(low).float()[None], grid), ["clip"]
    fitted = fit_statistics(lambda: [(name, wanted)]) if grid.scaling == "log-standard" else None
    voice = Voice(grid, Scaler(grid.scaling, fitted), default_inversion(grid))
    made = voice.heard(voice.seen(wanted, name), [seed])
    back = soxr.resample(made[0].double().numpy()[:own_samples], grid.rate_hz, rate_hz, quality="VHQ")
    return back[: len(audio)]


def anchor(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """Make a clip, shape (samples, channels), bad: 4 bits at 3 kHz, then a low-pass at 1 kHz."""
    low = soxr.resample(audio, rate_hz, _COARSE_HZ, quality="VHQ")
    step = max(float(np.abs(low).max(initial=0.0)) / ANCHOR_STEPS, 1e-9)
    coarse = soxr.resample(np.round(low / step) * step, _COARSE_HZ, rate_hz, quality="VHQ")
    coarse = np.pad(coarse, ((0, max(0, len(audio) - len(coarse))), (0, 0)))[: len(audio)]
    sections = cheby2(6, 40, 1.5 * ANCHOR_HZ, fs=rate_hz, output="sos")  # forth and back: twice 40 dB
    return sosfiltfilt(sections, coarse, axis=0)


def low_passed(audio: np.ndarray, rate_hz: int, edge_hz: float) -> np.ndarray:
    """Low-pass a clip, shape (samples, channels), as an anchor of MUSHRA (ITU-R BS.1534-3).

    Flat within 0.1 dB up to the edge. BS.1534 asks for 25 dB less at 4 kHz and 50 dB at 4.5 kHz of the anchor
    of 3.5 kHz; here it is 3 dB at 3.64 kHz and 60 dB from 3.85 kHz on, and for other edges in proportion.
    Linear phase, without delay: switching in place stays in time.
    """
    width_hz = (_STOP - 1) * edge_hz
    taps, beta = kaiserord(_DEPTH_DB, 2 * width_hz / rate_hz)
    kernel = firwin(taps | 1, edge_hz + width_hz / 2, window=("kaiser", beta), fs=rate_hz)
    return fftconvolve(audio, kernel[:, None], mode="same", axes=0)
