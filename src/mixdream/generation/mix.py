"""Mixes: loops joined on the beat, of any length, written as they are made."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mixdream import __version__
from mixdream.analysis.key import Key
from mixdream.audio.level import set_level
from mixdream.audio.limiter import StreamLimiter
from mixdream.audio.loudness import LoudnessMeter
from mixdream.audio.write import AudioFormat, write_blocks
from mixdream.corpus.beat_windows import BEATS_PER_BAR
from mixdream.errors import InputError
from mixdream.files import write_atomically, write_json
from mixdream.generation.arrangement import (
    ENERGY,
    LEAST_PHRASES,
    Candidate,
    EnergyScale,
    Section,
    arrange,
    choose,
)
from mixdream.generation.clips import tags_of
from mixdream.generation.decks import BASS_HZ, BeatGrid, Deck, low_pass, play, setting_of
from mixdream.generation.loops import LoopPlan, key_of, make_loop, plan_loops
from mixdream.generation.origin import Origin, name_of
from mixdream.generation.tracklist import beside
from mixdream.generation.wish import Wish
from mixdream.progress import Report, silent
from mixdream.runs.run import Run

PHRASE_BARS = 8
"""Bars for which one loop plays, where that is whole plays of each; else the next number that is."""

CANDIDATES = 3  # loops that are made for each phrase
MOST_CANDIDATES = 48  # loops to choose from at a time; the oldest go
LATELY = 8  # phrases for which a loop rests
MAKEUP_DB = 1.5
"""Gain of all, before the limiter: breaks, builds and fades are quieter than the loops that they are of."""

_MAKING = 0.4  # of the work of a mix for which all loops are made before it begins
_FAINT = 1e-12


@dataclass(frozen=True)
class Pick:
    """A loop that a mix may take."""

    plan: LoopPlan
    """At the tempo and rate of the mix; its wish says how far the loop is transposed."""
    origin: Origin


def make_mix(
    run: Run,
    path: Path,
    minutes: float,
    wish: Wish,
    report: Report = silent,
    checkpoint: Path | None = None,
) -> dict[str, Any]:
    """Join new loops of a run into a mix and write it, see `mix_loops`.

    A mix is a function of the checkpoint, its length and the wish.

    Parameters
    ----------
    run : Run
        Its windows must be of whole bars.
    wish : Wish
        Its seed is that of the first loop that may be taken, the others count up. Of the rest only tempo,
        pitch and rate count.
    checkpoint : Path, optional
        The run's chosen one unless given.

    Raises
    ------
    InputError
        What `plan_loops` or `mix_loops` refuses.
    """
    plan = plan_loops(run, Wish(bpm=wish.bpm, pitch=wish.pitch, rate_hz=wish.rate_hz), checkpoint)
    most = CANDIDATES * _phrases_in(minutes, _phrase_bars([plan]), plan.bpm)
    picks = [Pick(plan, seed) for seed in range(wish.seed, wish.seed + most)]
    about = {**run.about(plan.checkpoint), "seed": wish.seed, "inversion": plan.inversion}
    about |= {"bpm": plan.bpm, "pitch": plan.pitch, "loop_bars": plan.bars}
    return mix_loops(picks, path, minutes, about, report)


def mix_loops(
    picks: Sequence[Pick],
    path: Path,
    minutes: float | None,
    about: dict[str, Any] | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Join loops into a mix and write it, with a JSON, a text and a cue sheet beside it.

    These say which loop plays when. It is written bar by bar, in stereo where any loop is: memory does not
    grow with its length.

    Parameters
    ----------
    picks : sequence of Pick
        Of one tempo and rate.
    path : Path
        Ends in ``.wav`` or ``.flac``; folders above it are made if need be.
    minutes : float, optional
        To the nearest phrase, of the loops that suit best; None: all loops in their order, a phrase each.
    about : dict, optional
        What the JSON says of all loops.

    Raises
    ------
    InputError
        A mix too short for `LEAST_PHRASES`, a name of another format, loops that are all silent, or a file
        that cannot be written.
    """
    form, (plan, *_) = _form_of(path), [pick.plan for pick in picks]
    rate_hz, channels = plan.wish.rate_hz, max(pick.plan.grid.channels for pick in picks)
    grid = BeatGrid(plan.bpm, rate_hz)
    phrase_bars = _phrase_bars([pick.plan for pick in picks])
    phrases = len(picks) if minutes is None else _phrases_in(minutes, phrase_bars, plan.bpm)
    if phrases < LEAST_PHRASES:
        raise InputError(f"a mix needs {LEAST_PHRASES} loops, for intro, drop and outro: these are {phrases}")
    sections, bars = arrange(phrases), phrases * phrase_bars
    crate = _Crate(picks, report, in_order=minutes is None)
    abouts = [_about(section, phrase_bars, grid) for section in sections]
    decks = _decks(crate, sections, phrase_bars, grid, abouts, channels)
    limiter, meter = StreamLimiter(rate_hz), LoudnessMeter(rate_hz, channels)

    def blocks() -> Iterator[np.ndarray]:
        louder = 10 ** (MAKEUP_DB / 20)
        for bar, block in enumerate(limiter.limit(louder * heard for heard in play(decks, bars, grid))):
            meter.push(np.atleast_2d(block).T)
            yield block
            report(crate.share + (1 - crate.share) * (bar + 1) / bars, f"bar {bar + 1} of {bars}")

    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"bpm": plan.bpm} | (about or {})
    write_blocks(path, blocks(), grid.bar(bars), rate_hz, form, tags_of(path.stem, about), channels)
    lufs = meter.integrated_lufs()
    mix = {
        **about,
        "bars": bars,
        "loudness_lufs": lufs if math.isfinite(lufs) else None,
        "true_peak_dbtp": 20 * math.log10(limiter.true_peak),
        "limited_db": limiter.limited_db,
        "sections": abouts,
        "rate_hz": rate_hz,
        "channels": channels,
        "samples": grid.bar(bars),
        "seconds": grid.bar(bars) / rate_hz,
        "mixdream": __version__,
    }
    write_json(path.with_suffix(".json"), mix)
    for other, content in beside(mix, path):
        write_atomically(other, content)
    return mix | {"file": str(path)}


class _Crate:
    """Loops to choose from, or to take in their order, made one after the other as the mix goes on."""

    def __init__(self, picks: Sequence[Pick], report: Report, in_order: bool) -> None:
        self.share = _MAKING * min(1.0, MOST_CANDIDATES / len(picks))  # of the work of a mix
        self._in_order = in_order
        self._coming = iter(picks)
        self._loops: deque[Candidate] = deque(maxlen=MOST_CANDIDATES)
        self._lately: deque[int] = deque(maxlen=min(LATELY, len(picks) // 2))  # of few, others must be left
        self._key: Key | None = None
        first = min(MOST_CANDIDATES, len(picks))
        for i in range(first):
            self._renew(1)
            report(self.share * (i + 1) / first, f"loop {name_of(picks[i].origin)}")
        if not self._loops:
            folder = picks[0].plan.run.folder
            raise InputError(f"the first {first} loops of {folder} are silent: train it for longer")
        self._scale = EnergyScale(self._loops)

    def take(self, wanted: float) -> tuple[Candidate, float]:
        """Take the loop whose turn it is, or that suits the wanted energy best; with the energy it has."""
        if self._in_order:
            taken = self._loops.popleft()
            self._renew(1)
            if not self._loops:  # in place of the last, and of those that are silent
                self._loops.append(taken)
        else:
            taken = choose(self._loops, self._scale, wanted, self._key, self._lately)
            self._lately.append(taken.loop.seed)
            self._key = taken.key
            self._renew(CANDIDATES)
        return taken, self._scale.energy(taken)

    def _renew(self, count: int) -> None:
        for pick in islice(self._coming, count):
            plan, loop = pick.plan, make_loop(pick.plan, pick.origin)
            if not loop.silent:
                key, semitones = key_of(plan, loop), plan.wish.transpose
                bass = low_pass(loop.audio, BASS_HZ, plan.pitched_hz * 2 ** (semitones / 12))
                power, rest = (float(np.square(part).mean()) for part in (bass, loop.audio - bass))
                bass_db = 10 * math.log10((power + _FAINT) / (rest + _FAINT))
                self._loops.append(Candidate(loop, plan, key and key.transposed(semitones), bass_db))


def _decks(
    crate: _Crate,
    sections: list[Section],
    phrase_bars: int,
    grid: BeatGrid,
    abouts: list[dict[str, Any]],
    channels: int,
) -> Iterator[Deck]:
    """Choose a loop for each phrase when its turn comes, and write down in ``abouts`` which it was."""
    drops = {section.first for section in sections if section.name == "drop"}
    for section, about in zip(sections, abouts, strict=True):
        for phrase in range(section.first, section.first + section.phrases):
            taken, energy = crate.take(ENERGY[section.name])
            start = phrase * phrase_bars
            plan = taken.plan
            about["phrases"].append(
                {
                    "start_s": grid.bar(start) / grid.rate_hz,
                    **plan.about(taken.loop.origin),
                    "bars": plan.bars,
                    "transpose": plan.wish.transpose,
                    "key": taken.key.name if taken.key else None,
                    "camelot": taken.key.camelot if taken.key else None,
                    "energy": energy,
                }
            )
            played = plan.play(taken.loop.channels, plan.wish.transpose)
            audio, _ = set_level(played, plan.wish.rate_hz, loop=True)
            if audio.ndim < channels:
                audio = np.stack([audio, audio])
            settings = [
                setting_of(section.name, start - about["bar"] + bar, about["bars"])
                for bar in range(phrase_bars)
            ]
            # Into a drop nothing is faded: all of it is there on the downbeat.
            yield Deck(audio, plan.bars, start, settings, phrase not in drops, phrase + 1 not in drops)


def _about(section: Section, phrase_bars: int, grid: BeatGrid) -> dict[str, Any]:
    """What the JSON says of a section, but for its loops."""
    first = section.first * phrase_bars
    return {
        "name": section.name,
        "start_s": grid.bar(first) / grid.rate_hz,
        "bar": first,
        "bars": section.phrases * phrase_bars,
        "energy_wanted": ENERGY[section.name],
        "phrases": [],
    }


def _form_of(path: Path) -> AudioFormat:
    form: AudioFormat = "flac" if path.suffix == ".flac" else "wav"
    if path.suffix != f".{form}" or path.is_dir():
        raise InputError(f"a mix cannot be written to {path}: give a file whose name ends in .wav or .flac")
    other = path.with_suffix(".flac" if form == "wav" else ".wav")
    if other.exists():  # one JSON cannot speak for both
        raise InputError(f"{other} has the same name in another format: choose another name")
    return form


def _phrase_bars(plans: Sequence[LoopPlan]) -> int:
    """Bars of a phrase: whole plays of the loops of all plans."""
    together = math.lcm(*(plan.bars for plan in plans))
    return together * math.ceil(PHRASE_BARS / together)


def _phrases_in(minutes: float, phrase_bars: int, bpm: float) -> int:
    """Whole phrases that last as long as is wanted."""
    phrase_s = phrase_bars * BEATS_PER_BAR * 60 / bpm
    least = math.ceil(LEAST_PHRASES * phrase_s / 60 * 10) / 10
    if not (math.isfinite(minutes) and round(minutes * 60 / phrase_s) >= LEAST_PHRASES):
        raise InputError(
            f"a mix of {minutes:g} minutes is not possible: intro, drop and outro of {phrase_s:.1f} s each "
            f"need {least:g} minutes"
        )
    return round(minutes * 60 / phrase_s)
