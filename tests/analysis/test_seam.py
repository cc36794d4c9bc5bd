from collections.abc import Callable

import numpy as np
import pytest

from mixdream.analysis.seam import Seam, seam_score
from mixdream.audio.resample import resample_loop
from tests.analysis import music


@pytest.mark.parametrize("rate_hz", [8000, 44_100])
@pytest.mark.parametrize(
    "loop",
    [music.chord(), music.noise(), music.GROOVE, music.FOUR_TO_THE_FLOOR, music.OFF_BEAT_HATS],
    ids=["chord", "noise", "groove", "kicks", "hats"],
)
def test_what_is_periodic_has_an_ordinary_seam_wherever_it_is_turned(loop: np.ndarray, rate_hz: int) -> None:
    """Also with a kick on the downbeat: the other beats have kicks too."""
    audio = resample_loop(loop, round(len(loop) * rate_hz / music.RATE_HZ))
    for turn in (0, 0.13, 0.5, 0.77):
        assert seam_score(np.roll(audio, round(turn * len(audio))), rate_hz).ratio < 1.1


def jump(loop: np.ndarray) -> np.ndarray:
    return loop + np.linspace(-0.3, 0.3, len(loop)) * np.abs(loop).max()


def phase_break(loop: np.ndarray) -> np.ndarray:
    return loop[:-37]


def click(loop: np.ndarray) -> np.ndarray:
    clicked = loop.copy()
    clicked[-1] += 0.3 * np.abs(loop).max()
    return clicked


@pytest.mark.parametrize("flaw", [jump, phase_break, click])
@pytest.mark.parametrize("kicks", [0, 1])
def test_a_cut_stands_out(kicks: int, flaw: Callable[[np.ndarray], np.ndarray]) -> None:
    loop = np.roll(music.chord() + kicks * music.FOUR_TO_THE_FLOOR, -1000)  # between two kicks
    seam = seam_score(flaw(loop), music.RATE_HZ)
    assert seam.quantile == 1
    assert seam.ratio > 1.5
    assert seam.ratio > 2 * seam_score(loop, music.RATE_HZ).ratio


def test_a_cut_in_a_whole_groove_is_the_strongest_place() -> None:
    seam = seam_score(phase_break(np.roll(music.GROOVE, -1000)), music.RATE_HZ)
    assert seam.quantile > 0.97


def test_level_does_not_matter_and_silence_is_ordinary() -> None:
    quiet = seam_score(0.001 * music.GROOVE, music.RATE_HZ)
    assert quiet.ratio == pytest.approx(seam_score(music.GROOVE, music.RATE_HZ).ratio)
    assert seam_score(np.zeros(8000), 8000) == Seam(ratio=1.0, quantile=0.0)
