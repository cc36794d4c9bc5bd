"""Sound and pictures inside a page: nothing is fetched, so a page can be mailed and opened from a disk."""

import base64
import io
import itertools
from dataclasses import dataclass

import numpy as np
import soundfile
from PIL import Image

from mixdream.analysis.levels import RANGE_DB, levels_db
from mixdream.spectrogram.picture import for_the_eye

LOWEST_HZ = 50.0  # bottom of pictures with a frequency axis
_TICKS_HZ = {100.0: "100 Hz", 300.0: "300 Hz", 1000.0: "1 kHz", 3000.0: "3 kHz", 10_000.0: "10 kHz"}
_FRAME_S = 0.05
_SIZE = (120, 360)  # pixels of a picture with a frequency axis: rows, columns


@dataclass(frozen=True)
class Sound:
    """A sound on a page, as ``players.html`` shows it."""

    title: str
    audio: str  # address, see flac_url
    picture: str  # address, see picture_url and spectrogram_url
    note: str = ""
    loop: bool = False  # played again and again
    ticks: tuple[tuple[str, float], ...] = ()  # of the frequency axis, in per cent from the top
    bars: tuple[float, ...] = ()  # where they begin, in per cent from the left


def data_url(kind: str, content: bytes) -> str:
    """Content as a ``data:`` URL.

    >>> data_url("text/plain", b"hi")
    'data:text/plain;base64,aGk='
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def flac_url(audio: np.ndarray, rate_hz: int) -> str:
    """Sound, shape (samples,) or (samples, channels), as 16-bit FLAC.

    That is a tenth of the size of a 24-bit WAV that was resampled upward.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate_hz, format="FLAC", subtype="PCM_16")
    return data_url("audio/flac", buffer.getvalue())


def picture_url(magnitudes: np.ndarray) -> str:
    """Spectrogram, shape (bins, frames), linear, as a PNG in colours, a pixel for each cell."""
    return data_url("image/png", _coloured(for_the_eye(magnitudes)))


def spectrogram_url(audio: np.ndarray, rate_hz: int, highest_hz: float, *, loop: bool) -> str:
    """Picture of `spectrogram_png` as an address."""
    return data_url("image/png", spectrogram_png(audio, rate_hz, highest_hz, loop=loop))


def spectrogram_png(audio: np.ndarray, rate_hz: int, highest_hz: float, *, loop: bool) -> bytes:
    """Spectrogram of audio, shape (samples,), as a PNG whose rows are spaced as octaves are.

    Its bottom is `LOWEST_HZ`, its top ``highest_hz``; `frequency_ticks` says where what stands.
    """
    levels = levels_db(audio, rate_hz, _FRAME_S, _SIZE[1], loop=loop)
    bins_hz = np.linspace(0, rate_hz / 2, len(levels))
    rows_hz = np.geomspace(LOWEST_HZ, highest_hz, _SIZE[0])
    # Between the bins, and the loudest of them where a row spans several.
    rows = np.stack([np.interp(rows_hz, bins_hz, column) for column in levels.T], axis=1)
    edges = np.searchsorted(bins_hz, np.geomspace(LOWEST_HZ, highest_hz, _SIZE[0] + 1))
    for row, (first, last) in enumerate(itertools.pairwise(edges)):
        if last - first > 1:
            rows[row] = levels[first:last].max(axis=0)
    return _coloured(1 + rows / RANGE_DB)


def frequency_ticks(highest_hz: float) -> tuple[tuple[str, float], ...]:
    """Labels of a frequency axis from `LOWEST_HZ` to ``highest_hz``, in per cent from the top.

    >>> frequency_ticks(5000)[0]
    ('100 Hz', 84.9)
    """
    octaves = np.log2(highest_hz / LOWEST_HZ)
    return tuple(
        (label, round(float(100 * np.log2(highest_hz / hz) / octaves), 1))
        for hz, label in _TICKS_HZ.items()
        if hz < 0.9 * highest_hz
    )


def _coloured(brightness: np.ndarray) -> bytes:
    """Values in [0, 1], shape (rows, columns), lowest row at the bottom, as a PNG in colours."""
    from matplotlib import colormaps  # here: matplotlib takes its time to import

    colours = colormaps["magma"](brightness[::-1])
    buffer = io.BytesIO()
    Image.fromarray((255 * colours[..., :3]).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
