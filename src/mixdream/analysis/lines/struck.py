"""What is struck at each sixteenth of a loop: kick, snare, hats, bass; by a small network."""

from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from mixdream.analysis.levels import RANGE_DB, levels_db
from mixdream.audio.resample import resample_loop

STRUCK = ("kick", "snare", "hat", "open", "bass")
"""Bass drum; snare or clap; closed hi-hat, shaker or ride; open hi-hat; a note of the bass."""

STEPS_PER_BEAT = 4
FRAMES_PER_STEP = 8
WINDOW = 4, 12  # frames before and after the beginning of a step that are heard
BLOCKS = 1, 4, 8, 16  # steps to each side that each block looks

_BACKBEATS = 0.5
"""Log odds of snares on the second and fourth beat, chosen on the built-in sets: electronic music has more of
them than the loops that were made up."""

_RATE_HZ = 32_000
_MIDDLE_HZ = 160, 250, 350, 500, 700, 1000, 1400, 1900, 2400, 2900, 3400, 4000
_TOP_HZ = 5000, 6300, 8000, 10_000, 13_000, 16_000
_LOW_HZ = 20, 44, 66, 88, 110, 135, 165, 200, 250, 320, 420, 600, 1000
_SCALES = (  # length of a frame in seconds, edges of bands, and how far down soft hits lie
    (0.012, (0, *_MIDDLE_HZ, *_TOP_HZ), 90.0),
    (0.045, _LOW_HZ, RANGE_DB),
)
_WEIGHTS = Path(__file__).with_name("struck.safetensors")


def struck_features(audio: np.ndarray, rate_hz: int, steps: int) -> np.ndarray:
    """What the network hears of each step, shape (steps, features), of one period, shape (samples,).

    Levels in bands over frames of 12 and 45 ms, around the beginning of the step.
    """
    own = resample_loop(audio, round(len(audio) * _RATE_HZ / rate_hz))
    frames = steps * FRAMES_PER_STEP
    levels = np.concatenate(
        [
            levels_db(own, _RATE_HZ, frame_s, frames, loop=True, edges_hz=edges_hz, range_db=range_db)
            for frame_s, edges_hz, range_db in _SCALES
        ]
    )
    around = np.arange(steps)[:, None] * FRAMES_PER_STEP + np.arange(-WINDOW[0], WINDOW[1])
    return levels[:, around % frames].swapaxes(0, 1).reshape(steps, -1).astype(np.float32) / 20 + 1.5


def find_struck(audio: np.ndarray, rate_hz: int, beats: int) -> dict[str, np.ndarray]:
    """Probability that something is struck at each step of a loop that begins on a downbeat.

    A layer for each step, then residual blocks over the steps around, on a circle; see `benchmarks.lines` for
    how it is fitted.

    Parameters
    ----------
    audio : ndarray, shape (samples,)
        One period.

    Returns
    -------
    dict of ndarray, shape (STEPS_PER_BEAT * beats,), by name in `STRUCK`
    """
    weights = _weights()
    steps = STEPS_PER_BEAT * beats
    places = weights["place"][np.arange(steps) % len(weights["place"])]
    x = np.maximum(struck_features(audio, rate_hz, steps) @ weights["first"] + places, 0)
    for number, reach in enumerate(BLOCKS):
        around = np.concatenate([np.roll(x, reach, axis=0), x, np.roll(x, -reach, axis=0)], axis=1)
        x = x + np.maximum(around @ weights[f"block.{number}"] + weights[f"bias.{number}"], 0)
    logits = x @ weights["last"] + weights["last_bias"]
    logits[STEPS_PER_BEAT :: 2 * STEPS_PER_BEAT, STRUCK.index("snare")] += _BACKBEATS
    return dict(zip(STRUCK, (1 / (1 + np.exp(-logits))).T, strict=True))


@cache
def _weights() -> dict[str, np.ndarray]:
    return {name: tensor.astype(np.float32) for name, tensor in load_file(_WEIGHTS).items()}
