"""One-shots of a loop that is made of known parts."""

from functools import cache

import numpy as np

from mixdream.analysis.one_shots import OneShot, find_one_shots
from mixdream.analysis.stems.stems import Stems
from mixdream.audio.limiter import true_peak
from tests.analysis import loop_parts as parts


@cache
def shots() -> tuple[OneShot, ...]:
    drums = parts.kicks() + parts.snares() + parts.hats()
    stems = Stems(drums, parts.bass(), parts.stabs())
    return tuple(find_one_shots(stems, parts.RATE_HZ, parts.BEATS))


def test_each_sound_is_there_once_and_doubles_are_dropped() -> None:
    """Eight equal kicks, four of them under a snare, are one."""
    kinds = [shot.kind for shot in shots()]
    assert set(kinds) == {"kick", "snare", "hat", "stab"}
    assert len(kinds) <= 5 and kinds.count("stab") == 1


def test_stabs_are_named_by_their_note() -> None:
    (stab,) = (shot for shot in shots() if shot.kind == "stab")
    assert stab.pitch is not None and stab.pitch[0] in "EB"


def test_hits_are_levelled_and_faded() -> None:
    for shot in shots():
        assert abs(20 * np.log10(true_peak(shot.audio)) + 1) < 0.05
        assert abs(shot.audio[0]) < 1e-6 and abs(shot.audio[-1]) < 1e-2
        assert 0.03 <= len(shot.audio) / parts.RATE_HZ <= 0.8


def test_a_kick_begins_at_its_onset() -> None:
    kick = next(shot for shot in shots() if shot.kind == "kick")
    loud = np.flatnonzero(np.abs(kick.audio) > 0.1 * np.abs(kick.audio).max())
    assert loud[0] / parts.RATE_HZ < 0.012


def test_a_loop_of_silence_has_none() -> None:
    silence = np.zeros(len(parts.T))
    assert find_one_shots(Stems(silence, silence, silence), parts.RATE_HZ, parts.BEATS) == []
