"""Two-bar windows of the built-in sets whose parts and notes are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from mixdream.demo.drums import DRUMS
from mixdream.demo.score import BEATS_PER_BAR, Note, Part, Track, notes_of
from mixdream.demo.specs import SET_SPECS
from mixdream.demo.synth import to_samples
from mixdream.demo.track import render_track

STEMS = ("drums", "bass", "music")
BARS = 2
BEATS = BARS * BEATS_PER_BAR

_BASSES = ("sub_bass", "groove_bass", "rolling_bass", "reese")
_SILENT_DB = -300.0
_PEAK = 0.89


@dataclass(frozen=True)
class Window:
    """Two bars of a section, with what came before still sounding, as in a set.

    ``stems`` are the true parts, shape (2, samples) at `mixdream.demo.synth.RATE_HZ`, whose sum has a peak of
    -1 dB.
    """

    title: str
    track: Track
    stems: dict[str, np.ndarray]
    seed: int = 0

    @property
    def audio(self) -> np.ndarray:
        """The sum of all stems, shape (2, samples)."""
        return np.sum(list(self.stems.values()), axis=0)

    def notes(self, wanted: Callable[[Part], bool]) -> list[Note]:
        """Notes of the parts that are wanted, from the beginning of the window."""
        rng = np.random.default_rng(self.seed)  # as `render_track` draws them
        written = {name: notes_of(self.track, name, rng) for name in self.track.parts}
        start_s = BARS * self.track.bar_s
        return [
            replace(note, start_s=note.start_s - start_s)
            for name, part in self.track.parts.items()
            if wanted(part)
            for note in written[name]
            if note.start_s >= start_s - 1e-6
        ]


def windows(seed: int = 0) -> Iterator[Window]:
    """A window of every section in which drums, bass and other parts play; the seed varies the playing."""
    for spec in SET_SPECS.values():
        for track in spec.tracks:
            for section in track.sections:
                playing = {stem_of(track.parts[name]) for name in section.parts.split()}
                if section.bars >= 2 * BARS and playing == set(STEMS):
                    alone = replace(section, bars=2 * BARS, fill=False)
                    yield _render(f"{track.title}, {section.name}", replace(track, sections=(alone,)), seed)


def stem_of(part: Part) -> str:
    """Stem that a part belongs to."""
    return "drums" if part.sound in DRUMS else "bass" if part.sound in _BASSES else "music"


def _render(title: str, track: Track, seed: int) -> Window:
    stems = {}
    start = to_samples(BARS * track.bar_s)
    for stem in STEMS:
        parts = {
            name: part if stem_of(part) == stem else replace(part, gain_db=_SILENT_DB)
            for name, part in track.parts.items()
        }
        audio, _ = render_track(replace(track, parts=parts), np.random.default_rng(seed))
        stems[stem] = audio[:, start:].astype(np.float64)
    gain = _PEAK / np.abs(np.sum(list(stems.values()), axis=0)).max()
    return Window(title, track, {stem: gain * audio for stem, audio in stems.items()}, seed)
