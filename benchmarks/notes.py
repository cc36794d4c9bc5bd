"""How well the notes of `mixdream export --midi` are those that are played: F measures on the built-in sets.

Run ``python -m benchmarks.notes [--recipe cpu] [--seed N]``. Onsets count within 50 ms
(`mir_eval.transcription`), with pitch within half a semitone where it says so. With a recipe the windows
first go through its grid and inversion, as a perfect model's would.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
import torch

from benchmarks.parts import BEATS, Window, windows
from mixdream.analysis.lines.notes import DRUM_NOTES, Lines, Note, find_lines
from mixdream.analysis.lines.struck import STEPS_PER_BEAT
from mixdream.analysis.stems.stems import split_stems
from mixdream.audio.resample import resample_loop
from mixdream.demo.score import Note as TrueNote
from mixdream.demo.score import Part
from mixdream.demo.synth import RATE_HZ
from mixdream.recipes.load import load_recipe
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.transform import stft

_TOLERANCE_S = 0.05
_DRUM_SOUNDS = {
    "kick": ("kick_deep", "kick_round", "kick_punch", "kick_tight", "kick_soft"),
    "snare": ("snare", "clap"),
    "hat": ("hat", "shaker", "ride"),
    "open": ("open_hat",),
}
_BASSES = ("sub_bass", "groove_bass", "rolling_bass", "reese")
_MELODIES = ("pluck", "supersaw", "bell", "acid")


@dataclass(frozen=True)
class Line:
    """A line that is scored: which parts play it, how it is read from `Lines`, whether pitch counts."""

    name: str
    wanted: Callable[[Part], bool]
    found: Callable[[Lines], Sequence[Note]]
    pitched: bool = False


def _lines() -> list[Line]:
    def drum(kind: str) -> Line:
        return Line(
            kind,
            lambda part: part.sound in _DRUM_SOUNDS[kind],
            lambda lines: [note for note in lines.drums if note.midi == DRUM_NOTES[kind]],
        )

    def bass(part: Part) -> bool:
        return part.sound in _BASSES

    def melody(part: Part) -> bool:
        return part.sound in _MELODIES and len(part.voices) == 1

    return [
        *map(drum, DRUM_NOTES),
        Line("bass", bass, lambda lines: lines.bass),
        Line("bass, pitch", bass, lambda lines: lines.bass, pitched=True),
        Line("melody", melody, lambda lines: lines.melody),
        Line("melody, pitch", melody, lambda lines: lines.melody, pitched=True),
    ]


def counts(
    truth: Sequence[TrueNote], found: Sequence[Note], swing: float, step_s: float, pitched: bool
) -> np.ndarray:
    """Notes that match, that are played and that are found, shape (3,)."""
    if not truth or not found:
        return np.array([0, len(truth), len(found)])
    own = [(note.step + swing * (note.step % 2)) * step_s for note in found]
    starts = [note.start_s for note in truth], own
    spans = [np.stack([at, np.add(at, 0.05)], axis=1) + 1 for at in starts]  # mir_eval knows no time before 0
    hz = [440 * 2 ** ((np.array([note.midi for note in line]) - 69) / 12) for line in (truth, found)]
    if pitched:
        matches = mir_eval.transcription.match_notes(
            spans[0], hz[0], spans[1], hz[1], onset_tolerance=_TOLERANCE_S, offset_ratio=None
        )
    else:
        matches = mir_eval.transcription.match_note_onsets(*spans, onset_tolerance=_TOLERANCE_S)
    return np.array([len(matches), len(truth), len(found)])


def f_measure(counted: np.ndarray) -> str:
    """F measure of what `counts` gives; a dash where nothing is played or found."""
    matched, played, found = counted
    return f"{2 * matched / (played + found):.2f}" if played + found else "-"


def through(window: Window, recipe: str) -> tuple[np.ndarray, int]:
    """One period in mono, through the grid of a recipe and its inversion, and its rate."""
    chosen = load_recipe(recipe)
    grid = chosen.grid
    mono = resample_loop(window.audio.mean(axis=0), grid.clip_samples)
    seen = stft(torch.from_numpy(mono.astype(np.float32)), grid, loop=True)[: grid.bins].abs()
    heard = invert(chosen.inversion, seen[None], grid, [0], loop=True)[0].numpy()
    return heard, round(grid.clip_samples / (window.audio.shape[-1] / RATE_HZ))


def main() -> None:
    """Print an F measure for each window and line, and that of all notes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", help="whose grid and inversion the windows pass first")
    parser.add_argument("--seed", type=int, default=0, help="of another playing of the same music")
    chosen = parser.parse_args()
    recipe = chosen.recipe
    lines = _lines()
    print("F measure: " + "; ".join(line.name for line in lines))
    rows = []
    for window in windows(chosen.seed):
        audio, rate_hz = (window.audio, RATE_HZ) if recipe is None else through(window, recipe)
        heard = find_lines(split_stems(audio, rate_hz), rate_hz, BEATS)
        step_s = window.track.bar_s / 4 / STEPS_PER_BEAT
        rows.append(
            [
                counts(window.notes(line.wanted), line.found(heard), heard.swing, step_s, line.pitched)
                for line in lines
            ]
        )
        swings = f"swing {heard.swing:.2f}, in truth {window.track.swing:.2f}"
        print(f"  {window.title}: " + "; ".join(map(f_measure, rows[-1])) + f"; {swings}")
    print("all notes: " + "; ".join(map(f_measure, np.sum(rows, axis=0))))


if __name__ == "__main__":
    main()
