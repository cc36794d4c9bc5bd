"""Hints: what is known of the beats of a set before it is heard, and how tracking follows it."""

from dataclasses import dataclass

import numpy as np

from mixdream.analysis.beats.downbeats import Bars

SEAM_BEATS = 4
"""Beats on both sides of a jump, or of a bar that is cut short, that are not to be trusted."""

_NEAR = 0.04  # ratio, as a logarithm: a set drifts that far from the tempo that is given


@dataclass(frozen=True)
class Hints:
    """Tempo and downbeats of a set, as far as somebody knows them.

    Attributes
    ----------
    tempos : tuple of (sample, bpm), rising
        Tempo from each kept sample on; the first holds before it, too. Empty where nobody says.
    downbeats : tuple of float, rising
        Kept samples. Bars are counted from each to the next, and back from the first.
    """

    tempos: tuple[tuple[float, float], ...] = ()
    downbeats: tuple[float, ...] = ()

    def tempo_at(self, sample: np.ndarray, heard_bpm: np.ndarray) -> np.ndarray:
        """Tempo to follow at kept samples: what is heard or its octave where near to the hint, else the hint.

        Parameters
        ----------
        sample, heard_bpm : np.ndarray, shape (N,)
        """
        starts, tempos = np.array(self.tempos).T
        bpm = tempos[np.maximum(np.searchsorted(starts, sample, "right") - 1, 0)]
        octave = heard_bpm * 2.0 ** np.rint(np.log2(bpm / heard_bpm))
        return np.where(np.abs(np.log(octave / bpm)) < _NEAR, octave, bpm)


NO_HINTS = Hints()


def bars_from(half_beats: np.ndarray, downbeats: np.ndarray, heard: Bars) -> Bars:
    """Count bars from downbeats; each is brought to the nearest half beat.

    Parameters
    ----------
    half_beats : np.ndarray, shape (H,), in frames
    downbeats : np.ndarray, shape (D,), in frames, rising
        Those outside of the half beats do not count.
    heard : Bars
        Says whether a beat is one half beat of the pulse, two or four, and how certainly; all of it is
        returned where no downbeat is inside.
    """
    step = (half_beats[-1] - half_beats[0]) / (len(half_beats) - 1)
    inside = (downbeats >= half_beats[0] - step / 2) & (downbeats <= half_beats[-1] + step / 2)
    if not inside.any():
        return heard
    numbers = np.arange(len(half_beats))
    first = np.rint(np.interp(downbeats[inside], half_beats, numbers)).astype(int)
    place = numbers - first[np.maximum(np.searchsorted(first, numbers, "right") - 1, 0)]
    if len(heard.frame) > 1:
        beat = 2 ** min(max(round(np.log2(np.median(np.diff(heard.frame)) / step)), 0), 2)
    else:
        beat = 2
    on_beat = place % beat == 0
    in_bar = place[on_beat] // beat % 4
    tempo_certainty = np.zeros(len(in_bar))
    if len(heard.frame):
        tempo_certainty = np.interp(half_beats[on_beat], heard.frame, heard.tempo_certainty)
    certainty = tempo_certainty.copy()
    for jump in np.flatnonzero(np.diff(in_bar) % 4 != 1):
        certainty[max(0, jump + 1 - SEAM_BEATS) : jump + 1 + SEAM_BEATS] = 0
    return Bars(half_beats[on_beat], in_bar.astype(np.int8), certainty, tempo_certainty)
