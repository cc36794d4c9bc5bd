import numpy as np
import pytest

from mixdream.analysis.validity import check_clips
from mixdream.errors import InputError

TONE = 0.5 * np.sin(0.1 * np.arange(8000))


def test_each_fault_is_found_and_nothing_else() -> None:
    clipped, touching = np.clip(3 * TONE, -1, 1), TONE.copy()
    touching[100] = 1.0
    broken = TONE.copy()
    broken[7] = np.inf
    found = check_clips([TONE, np.zeros(100), 0.2 + 1e-4 * TONE, clipped, touching, broken])
    assert found.silent.tolist() == [False, True, True, False, False, False]  # an offset is no sound
    assert found.clipped.tolist() == [False, False, False, True, False, False]
    assert found.nan.tolist() == [False, False, False, False, False, True]
    assert found.usable.tolist() == [True, False, False, True, True, False]
    assert found.shares == {"nan": 1 / 6, "silent": 2 / 6, "clipped": 1 / 6}


def test_clipping_up_to_the_ends_is_found() -> None:
    assert check_clips([np.concatenate([TONE, np.ones(3)]), np.ones(5) * np.sign(TONE[:5])]).clipped.all()


def test_a_channel_that_clips_is_enough_and_two_that_touch_are_not() -> None:
    sides = np.stack([0.5 * TONE, np.concatenate([TONE[:-3], np.ones(3)])], axis=1)
    touching = np.stack([0.5 * TONE, 0.5 * TONE], axis=1)
    touching[-2:, 0] = touching[:2, 1] = 1
    assert check_clips([sides, touching]).clipped.tolist() == [True, False]


def test_errors_say_what_to_do() -> None:
    with pytest.raises(InputError, match="no clips"):
        check_clips([])
    with pytest.raises(InputError, match=r"\(samples, channels\)"):
        check_clips([np.zeros((2, 100, 1))])
