"""Sound and pictures inside a page: nothing is fetched, so a page can be mailed and opened from a disk."""

import base64
import io

import numpy as np
import soundfile
from matplotlib import colormaps
from PIL import Image

from mixdream.spectrogram.picture import for_the_eye


def data_url(kind: str, content: bytes) -> str:
    """Content as an address that holds it.

    >>> data_url("text/plain", b"hi")
    'data:text/plain;base64,aGk='
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def flac_url(audio: np.ndarray, rate_hz: int) -> str:
    """Sound as 16-bit FLAC, a tenth of the size of a 24-bit WAV that was resampled upward.

    Parameters
    ----------
    audio : np.ndarray, shape (samples,) or (samples, channels), full scale is +-1
    rate_hz : int
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate_hz, format="FLAC", subtype="PCM_16")
    return data_url("audio/flac", buffer.getvalue())


def picture_url(magnitudes: np.ndarray) -> str:
    """Spectrogram, shape (bins, frames), linear, as a PNG in colours, a pixel for each cell."""
    colours = colormaps["magma"](for_the_eye(magnitudes)[::-1])
    buffer = io.BytesIO()
    Image.fromarray((255 * colours[..., :3]).astype(np.uint8)).save(buffer, "PNG")
    return data_url("image/png", buffer.getvalue())
