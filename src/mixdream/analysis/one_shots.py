"""One-shots: single hits cut from the stems of a loop, the cleanest of each sound."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from mixdream.analysis.key import PITCH_CLASSES
from mixdream.analysis.levels import levels_db, rises_db
from mixdream.analysis.lines.salience import note_salience
from mixdream.analysis.lines.struck import find_struck
from mixdream.analysis.stems.stems import Stems
from mixdream.audio.level import SILENCE
from mixdream.audio.limiter import TRUE_PEAK_DBTP, true_peak

_DRUMS = {"kick": ("kick", 0.5), "snare": ("snare", 0.4), "hat": ("hat", 0.15), "open": ("hat", 0.4)}
"""Folder of what is struck, and its longest time in seconds."""

_STAB_S, _SHORTEST_S = 0.8, 0.03
_LIKELY = 0.5
_FRAME_S, _HOP_S = 0.012, 0.003
_BEFORE_S, _FADE_IN_S = 0.002, 0.002
_FADE_OUT = 0.15  # share of the hit
_ENDED_DB = 40.0  # below its peak
_STANDS_OUT_DB = 6.0  # over what was before, or it is no hit
_ONSET_DB = 4.0  # mean rise of all frequencies within which the music strikes a stab
_NEAR = 0.4  # of a step, where the onset is looked for
_STAB_NOTES = 45, 84
_MOST = 4  # of one sound or kind
_SAME_DB = 5.0  # root mean square difference of third-octave levels
_DEEP_DB, _LEAST_COMPARED = 40.0, 10  # frames of 10 ms
_EDGES_HZ = tuple(62.5 * 2 ** (third / 3) for third in range(25))


@dataclass(frozen=True)
class OneShot:
    """A hit, shape (samples,) or (channels, samples), with a true peak of -1 dBTP.

    ``clean_db`` is how far it stands out from what was before and after, ``pitch`` a note such as ``A3``.
    """

    kind: str
    audio: np.ndarray
    clean_db: float
    pitch: str | None = None


def find_one_shots(stems: Stems, rate_hz: int, beats: int) -> list[OneShot]:
    """Cut kicks, snares, hats and stabs from a loop; of those that sound nearly the same the cleanest.

    Drums are cut where they are struck (`mixdream.analysis.lines.struck`), and if possible where no other
    drum is; stabs where the music rises at once and stands out.
    """
    drums, music = stems.drums, stems.music
    whole = np.atleast_2d(drums + stems.bass + music).mean(axis=0)
    odds = find_struck(whole, rate_hz, beats)
    struck = {name: odds[name] > _LIKELY for name in _DRUMS}
    drums_at = np.sum(list(struck.values()), axis=0)
    step_s = drums.shape[-1] / rate_hz / len(drums_at)
    shots: list[OneShot] = []
    for name, (kind, longest_s) in _DRUMS.items():
        alone = struck[name] & (drums_at == 1)
        found = []
        for step in np.flatnonzero(alone if alone.any() else struck[name]).tolist():
            free = 1 + int(np.append(np.roll(drums_at, -step - 1) > 0, True).argmax())
            start = _onset(drums, rate_hz, step * step_s, _NEAR * step_s)
            found += _cut(kind, drums, rate_hz, start, min(longest_s, free * step_s))
        shots += _different(found, rate_hz)
    stabs = [
        shot
        for start, until_s in _strokes(music, rate_hz)
        for shot in _cut("stab", music, rate_hz, start, min(_STAB_S, until_s))
    ]
    return shots + _different(stabs, rate_hz)


def _onset(stem: np.ndarray, rate_hz: int, at_s: float, near_s: float) -> int:
    """Sample at which a stem rises most near to a moment."""
    rises, hop = _rises(stem, rate_hz)
    first, last = (round((at_s + side * near_s) * rate_hz / hop) for side in (-1, 1))
    window = np.arange(first, last + 1)
    return round(int(window[rises[window % len(rises)].argmax()]) * hop)


def _rises(stem: np.ndarray, rate_hz: int) -> tuple[np.ndarray, float]:
    mono = np.atleast_2d(stem).mean(axis=0)
    frames = round(len(mono) / rate_hz / _HOP_S)
    return rises_db(levels_db(mono, rate_hz, _FRAME_S, frames, loop=True), loop=True), len(mono) / frames


def _strokes(music: np.ndarray, rate_hz: int) -> Iterator[tuple[int, float]]:
    """Where the music strikes, in samples, and for how long until the next stroke, in seconds."""
    rises, hop = _rises(music, rate_hz)
    reach = round(0.05 / _HOP_S)
    within = np.convolve(np.pad(rises, 4, mode="wrap"), np.ones(9), "valid")
    peaks = np.flatnonzero(
        (within == maximum_filter1d(within, 2 * reach + 1, mode="wrap")) & (within > _ONSET_DB)
    )
    for peak, following in zip(peaks, [*peaks[1:], *(peaks[:1] + len(rises))], strict=True):
        yield round(peak * hop), (following - peak) * hop / rate_hz


def _cut(kind: str, stem: np.ndarray, rate_hz: int, start: int, longest_s: float) -> list[OneShot]:
    """One hit, faded, trimmed and levelled; none where nothing stands out."""
    before, length = round(_BEFORE_S * rate_hz), round(longest_s * rate_hz)
    around = np.arange(start - 10 * before, start + length) % stem.shape[-1]
    audio = stem[..., around]
    level = np.sqrt(np.square(np.atleast_2d(audio)).mean(axis=0))
    size = max(1, 4 * before)
    level = np.convolve(level, np.ones(size) / size, "same")
    hit, rest = level[9 * before :], level[: 9 * before]
    loudest = hit.max(initial=0.0)
    if loudest < SILENCE:
        return []
    peak = int(hit.argmax())
    quiet = np.flatnonzero(hit[peak:] < loudest * 10 ** (-_ENDED_DB / 20))
    end = peak + int(quiet[0]) if len(quiet) else len(hit)
    clean_db = 20 * float(np.log10(loudest / max(np.median(rest), hit[end - 1], SILENCE * loudest)))
    if clean_db < _STANDS_OUT_DB or end < _SHORTEST_S * rate_hz:
        return []
    audio = audio[..., 9 * before : 9 * before + end].copy()
    fade_in, fade_out = round(_FADE_IN_S * rate_hz), max(1, round(_FADE_OUT * end))
    audio[..., :fade_in] *= np.linspace(0, 1, fade_in)
    audio[..., -fade_out:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade_out + 1) / fade_out)
    audio *= 10 ** (TRUE_PEAK_DBTP / 20) / true_peak(audio)
    return [OneShot(kind, audio, clean_db, _pitch(audio, rate_hz) if kind == "stab" else None)]


def _pitch(audio: np.ndarray, rate_hz: int) -> str:
    """Name of the note that is heard most."""
    frames = max(1, round(audio.shape[-1] / rate_hz / _FRAME_S))
    salience = note_salience(np.atleast_2d(audio).mean(axis=0), rate_hz, frames, *_STAB_NOTES)
    note = _STAB_NOTES[0] + int(salience.sum(axis=0).argmax())
    return f"{PITCH_CLASSES[note % 12]}{note // 12 - 1}"


def _different(shots: list[OneShot], rate_hz: int) -> list[OneShot]:
    """The cleanest first, at most so many; those are left out that are nearly one before."""
    chosen: list[tuple[OneShot, np.ndarray]] = []
    for shot in sorted(shots, key=lambda shot: -shot.clean_db):
        own = _print(shot.audio, rate_hz)
        if all(_distance_db(own, other) > _SAME_DB for _, other in chosen):
            chosen.append((shot, own))
    return [shot for shot, _ in chosen[:_MOST]]


def _print(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """Levels of third-octaves every 10 ms, shape (bands, frames)."""
    mono = np.atleast_2d(audio).mean(axis=0)
    frames = max(1, round(len(mono) / rate_hz / 0.01))
    return np.maximum(levels_db(mono, rate_hz, 0.03, frames, loop=False, edges_hz=_EDGES_HZ), -_DEEP_DB)


def _distance_db(first: np.ndarray, second: np.ndarray) -> float:
    """Root mean square difference over the time that both last, before they fade out, of at least 100 ms."""
    frames = max(_LEAST_COMPARED, int((1 - _FADE_OUT) * min(first.shape[1], second.shape[1])))
    both = [
        np.pad(one, [(0, 0), (0, frames)], constant_values=-_DEEP_DB)[:, :frames] for one in (first, second)
    ]
    return float(np.sqrt(np.mean((both[0] - both[1]) ** 2)))
