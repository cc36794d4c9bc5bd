"""Downbeats: where in the bar each moment of a pulse is."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from mixdream.analysis.beats.onsets import FRAMES_PER_S, SPECTRA_PER_S

HALVED_FROM_BPM = 158.0
"""A pulse of this and more may be the half beats of a tempo from 79 BPM on."""

_JUMP = 1e-3  # chance that the bar begins anew at any place
_TRUST = 0.07  # evidence repeats itself from bar to bar, so each piece of it counts for less than it says
_WEIGHTS = {"low": 1.2, "attack": 1.0, "noise": 1.0, "change": 0.4, "section": 3.0}
_BEGINS = 3.0  # log of how much likelier a piece of audio that begins with an attack begins with a bar
_SIXTEENTHS = 3.0  # how much it counts for the fast tempo that notes strike between half beats
_SOME_SIXTEENTHS = 0.1  # as a part of what strikes on half beats; less is as good as none
_FIRST_HIGH_NOTE = 55  # of the spectra: 1 kHz
_NOTHING = 0.1  # standard deviation of what does not tell one place from another
_AT_ONCE = 2048  # places whose spectra are summed up together


@dataclass(frozen=True)
class Bars:
    """Beats of a stretch with one pulse.

    Attributes
    ----------
    frame : np.ndarray, shape (N,), float64, rising
    in_bar : np.ndarray, shape (N,), int8
        0 on downbeats, then 1, 2, 3.
    certainty : np.ndarray, shape (N,), in [0, 1]
        Posterior probability of this reading of the bar.
    """

    frame: np.ndarray
    in_bar: np.ndarray
    certainty: np.ndarray


def find_bars(
    half_beats: np.ndarray, onsets: np.ndarray, spectra: np.ndarray, may_be_slow: bool = True
) -> Bars:
    """Read bars into a pulse: a hidden Markov model whose states are the places in a bar.

    The pulse may be off by half a beat or less, since notes off the beat can be the strongest, and it may be
    of half beats: so it is read in quarters, 16 of which make a bar, or 32.

    Parameters
    ----------
    half_beats : np.ndarray, shape (H,), in frames
    onsets : np.ndarray, shape (3, T), >= 0
        Evened out.
    spectra : np.ndarray, shape (S, notes)
    may_be_slow : bool
        Whether the pulse may be of half beats; not where the tempo is known.
    """
    frames = np.interp(np.arange(2 * len(half_beats) - 1) / 2, np.arange(len(half_beats)), half_beats)
    seen = _seen(frames, onsets, spectra)
    evidence = _evidence(seen, 4)
    bpm = 30 * FRAMES_PER_S / np.median(np.diff(half_beats))
    if may_be_slow and bpm >= HALVED_FROM_BPM:
        many = np.repeat(_sixteenths(half_beats, onsets), 2)[: len(frames), None]
        slow = _evidence(seen, 8) - _SIXTEENTHS * (many - _SOME_SIXTEENTHS)
        evidence = np.concatenate([evidence, slow], axis=1)
    evidence *= _TRUST
    if frames[0] < 3 and onsets[:, :3].max() > 3:
        evidence[0, ::16] += _BEGINS * np.array([1, 1, 0])[: evidence.shape[1] // 16]
    state, certainty = _decode(evidence)
    beat = np.where(state < 16, 4, 8)
    in_bar = np.where(state < 16, state, state - 16)
    on_beat = in_bar % beat == 0
    return Bars(frames[on_beat], (in_bar // beat)[on_beat].astype(np.int8), certainty[on_beat])


def strength_at(frames: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Log of the strongest onset within 16 ms, shape (bands, N)."""
    near = np.rint(frames).astype(int)[:, None] + np.arange(-2, 3)
    return np.log1p(onsets[:, np.clip(near, 0, onsets.shape[1] - 1)].max(axis=2))


def _seen(frames: np.ndarray, onsets: np.ndarray, spectra: np.ndarray) -> dict[str, np.ndarray]:
    """What tells places in a bar apart, at quarters of the pulse; each standardised, of shape (Q,)."""
    low, middle, high = strength_at(frames + 0.5, onsets)  # low notes are slow to rise
    # Snares and claps have more noise after their attack than all else; compared with what is around them.
    hiss = spectra[:, _FIRST_HIGH_NOTE:].mean(axis=1, dtype=np.float32)
    hiss = np.interp(frames / FRAMES_PER_S * SPECTRA_PER_S + 0.9, np.arange(len(hiss)), hiss)
    near, far, section = (_standard(_change(frames, spectra, reach)) for reach in (8, 16, 64))
    return {
        "low": _standard(low),
        "attack": _standard(middle + high),
        "noise": _standard(hiss - uniform_filter1d(hiss, 33)),
        "change": near + far,
        "section": section,
    }


def _evidence(seen: dict[str, np.ndarray], beat: int) -> np.ndarray:
    """Log likelihood, up to a constant, of the places in a bar of electronic music, shape (Q, 4 * beat).

    Bass drums and other attacks are on beats, most of all the first; snares and claps on the second and
    fourth; chords and sections change with the bar.
    """
    expected = {name: np.zeros(4 * beat) for name in seen}
    expected["low"][::beat] = 0.5
    expected["low"][0] = 1.0
    expected["attack"][:: beat // 2] = 0.5
    expected["attack"][::beat] = 1.0
    if beat > 4:
        expected["attack"][beat // 4 :: beat // 2] = 0.25
    expected["noise"][[beat, 3 * beat]] = 1.0
    # Spectra are blurred over a sixteenth and more.
    distance = np.minimum(np.arange(4 * beat), np.arange(4 * beat, 0, -1)) / beat
    expected["change"] = expected["section"] = np.interp(distance, [0, 0.25, 0.5, 1], [1.0, 0.6, 0.2, 0.0])
    return sum(
        _WEIGHTS[name] * seen[name][:, None] * (layout - layout.mean()) for name, layout in expected.items()
    )


def _standard(values: np.ndarray) -> np.ndarray:
    """Distance from the mean in standard deviations; what stands out does so within limits.

    Where nothing differs, as in a metronome, rounding is not made into evidence.
    """
    return np.clip((values - values.mean()) / max(float(values.std()), _NOTHING), -3, 6)


def _change(frames: np.ndarray, spectra: np.ndarray, reach: int) -> np.ndarray:
    """How the spectrum after each frame differs from the one before, over ``reach`` places each."""
    count = len(frames)
    column = np.clip(frames / FRAMES_PER_S * SPECTRA_PER_S, 0, len(spectra))
    column = np.append(column, len(spectra))
    change = np.zeros(count)
    for first in range(0, count, _AT_ONCE):  # spectra of hours are large once they are summed up
        here = np.arange(first, min(first + _AT_ONCE, count))
        turns = column[np.stack([np.maximum(here - reach, 0), here, np.minimum(here + reach, count)])]
        low, high = int(turns[0, 0]), int(turns[2, -1])
        total = np.cumsum(spectra[low : high + 1], axis=0, dtype=np.float64)
        total = np.concatenate([np.zeros((1, total.shape[1])), total])
        whole = np.minimum(turns.astype(int) - low, len(total) - 2)
        part = (turns - low - whole)[..., None]
        sums = (1 - part) * total[whole] + part * total[whole + 1]
        before, after = np.diff(sums, axis=0) / np.maximum(np.diff(turns, axis=0), 1e-3)[..., None]
        change[here] = np.sqrt(np.square(after - before).mean(axis=1))
    # Where there is less than the reach to compare with, there is always a difference; it says nothing.
    inside = slice(reach, max(reach, count - reach))
    middle = change[inside].mean() if count > 2 * reach else 0.0
    change[: inside.start] = change[inside.stop :] = middle
    return change


def _sixteenths(half_beats: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """How much strikes midway between half beats, as a part of what strikes on them, shape (H,).

    Sixteenths are played nearly everywhere in electronic music, thirty-seconds hardly anywhere: so a pulse
    with nothing in between is of half beats.
    """
    step = np.diff(half_beats, append=2 * half_beats[-1] - half_beats[-2])
    on, first, middle, last = (
        strength_at(half_beats + part * step, onsets[1:]).sum(axis=0) for part in (0, 0.25, 0.5, 0.75)
    )
    nothing = (first + last) / 2
    return (middle - nothing) / max(float((on - nothing).mean()), 0.1)


def _decode(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Most likely path of states (Viterbi), and its probability place by place (forward-backward)."""
    count, states = evidence.shape
    following = np.roll(np.arange(16), -1)
    start = np.full(16, 1 / 16)
    if states > 16:
        following = np.concatenate([following, 16 + np.roll(np.arange(32), -1)])
        start = np.concatenate([start / 2, np.full(32, 1 / 64)])
    preceding = np.argsort(following)
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    forward, backward = np.zeros((count, states)), np.ones((count, states))
    came_from = np.zeros((count, states), np.int8)
    belief, score = start, start
    for i in range(count):
        belief = likelihood[i] * ((1 - _JUMP) * belief[preceding] + _JUMP * start)
        belief /= belief.sum()
        forward[i] = belief
        going_on, anew, best = (1 - _JUMP) * score[preceding], _JUMP * start, int(score.argmax())
        came_from[i] = np.where(going_on >= anew * score[best], preceding, best)
        score = likelihood[i] * np.maximum(going_on, anew * score[best])
        score /= score.max()
    path = np.zeros(count, int)
    path[-1] = score.argmax()
    belief = np.ones(states)
    for i in range(count - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
        belief = belief * likelihood[i]
        belief = (1 - _JUMP) * belief[following] + _JUMP * (belief @ start)
        belief /= belief.sum()
        backward[i - 1] = belief
    posterior = forward * backward
    return path, posterior[np.arange(count), path] / posterior.sum(axis=1)
