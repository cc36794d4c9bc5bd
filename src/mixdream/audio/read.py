"""Short files read whole: decoded and brought to one rate."""

import math
from collections import deque
from pathlib import Path

import numpy as np
import soxr

from mixdream.audio.decode import Block, Decoder
from mixdream.audio.resample import QUALITY
from mixdream.errors import InputError


def read_audio(
    path: Path, rate_hz: float, channels: int = 1, last_s: float = math.inf
) -> tuple[np.ndarray, int]:
    """Decode a file of any format that FFmpeg reads, whole.

    Parameters
    ----------
    path : Path
    rate_hz : float
        To bring it to; need not be whole.
    channels : int
        To mix it to.
    last_s : float
        Only so many seconds of its end are wanted, or a little more; what lies before is not kept.

    Returns
    -------
    audio : np.ndarray, shape (samples, channels), float32
    nonfinite : int
        Samples of the file that were no numbers; they are 0 in the audio.

    Raises
    ------
    InputError
        A file that cannot be read, holds no audio or changes its rate midway.
    """
    decoder = Decoder(path, channels)
    blocks: deque[Block] = deque()
    kept = 0
    for block in decoder.blocks():
        blocks.append(block)
        kept += len(block.samples)
        while kept - len(blocks[0].samples) > last_s * block.rate_hz:
            kept -= len(blocks.popleft().samples)
    if not blocks:
        raise InputError(f"'{path}' holds no audio")
    if len({block.rate_hz for block in blocks}) > 1:
        raise InputError(f"'{path}' changes its rate midway, from {blocks[0].rate_hz} Hz")
    audio = np.concatenate([block.samples.reshape(len(block.samples), -1) for block in blocks])
    if blocks[0].rate_hz != rate_hz:
        audio = soxr.resample(audio, blocks[0].rate_hz, rate_hz, quality=QUALITY)
    return audio.astype(np.float32, copy=False), decoder.nonfinite_samples
