"""Keys that are known: how many clips get one, how many of these are right, and the MIREX score.

Run ``python -m benchmarks.keys [--seeds 3] [--music FOLDER] [--rate-grid | --whole]``. Clips are every two
bars of the tracks of the built-in sets, at other seeds and tempos. With ``--music`` (the folder of the tracks
of ``tests/analysis/beats/real_downbeats.tsv``) those whose score was at hand are judged too, and of the
others how often the key of two bars is the one that all of the track's windows together are in.
``--rate-grid`` hears what is known through the 8 kHz grid of the model that comes with mixdream and its
inversion. ``--whole`` judges whole tracks, as the studio does sets: by excerpts spread over them.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import mir_eval
import numpy as np
import torch
from tests.analysis.beats.real_tracks import RealTrack, real_tracks

from benchmarks.key_profiles import BARS, TRACKS, excerpts, key_of
from mixdream.analysis.key import Key
from mixdream.analysis.key_finder import find_key, find_main_key
from mixdream.analysis.voice import Voice
from mixdream.audio.decode import read_audio
from mixdream.audio.resample import to_rate
from mixdream.demo.effects import master
from mixdream.demo.synth import RATE_HZ
from mixdream.demo.track import render_track
from mixdream.runs.run import Run
from mixdream.spectrogram.transform import magnitudes
from mixdream.studio.sets.set_keys import excerpts_of

_HZ = 8000
_TEMPOS = (1.0, 0.96, 1.05)
_EVERY_BARS = 4

# Read off the notes of the LMMS projects that these were rendered from (Debian's lmms-common 1.2.2): the bass
# and the notes that sound longest.
SCORES = {
    "achim-settelmeier/innerrecreation.opus": "Cm",
    "alf42red/mauiwowi.opus": "Cm",
    "capdan/zerosumgame.opus": "C#m",
    "e-sox/cpu.opus": "Fm",
    "impulslogik/zen.opus": "Cm",
    "jousboxx/buzzerbeater.opus": "F#m",
    "momo64/esp.opus": "Em",
    "oglsdl/pptrip.opus": "Am",
    "skiessi/onion.opus": "Bm",
}

Clips = list[tuple[np.ndarray, Key]]
Hear = Callable[[np.ndarray], np.ndarray]


def built_in(seeds: int) -> Clips:
    """Every two bars of the tracks of the built-in sets, and their keys."""
    clips = []
    for seed in range(seeds):
        for track in TRACKS:
            faster = replace(track, bpm=round(track.bpm * _TEMPOS[seed % len(_TEMPOS)]))
            key = Key(*key_of(track))
            clips += [(audio, key) for audio in excerpts(faster, np.random.default_rng(seed))]
    return clips


def built_in_tracks(seeds: int) -> Clips:
    """The tracks of the built-in sets, whole, at 8 kHz, and their keys."""
    tracks = []
    for seed in range(seeds):
        for track in TRACKS:
            audio = master(render_track(track, np.random.default_rng(seed))[0]).mean(axis=0)
            tracks.append((to_rate(audio, RATE_HZ, _HZ), Key(*key_of(track))))
    return tracks


def windows(folder: Path, track: RealTrack, every_bars: int = _EVERY_BARS) -> Iterator[np.ndarray]:
    """Two bars from every so many, at 8 kHz."""
    audio, _ = read_audio(folder / track.file, _HZ)
    bar = 240 / track.bpm * _HZ
    first, last = track.first_downbeat_s * _HZ, min(track.to_s * _HZ, len(audio))
    for start in np.arange(first, last - BARS * bar, every_bars * bar):
        if start >= track.from_s * _HZ - 1:
            yield audio[round(start) :][: round(BARS * bar)].mean(axis=1)


def through_grid() -> Hear:
    """Hear a clip as the model that comes with mixdream would say it: its grid, scaling and inversion."""
    run = Run.pretrained()
    grid = run.recipe.grid
    voice = Voice(grid, run.scaler, run.recipe.inversion)

    def hear(audio: np.ndarray) -> np.ndarray:
        fitted = np.resize(audio, grid.samples).astype(np.float32)
        return voice.spoken(magnitudes(torch.from_numpy(fitted)[None], grid), [0])[0][0, :, 0]

    return hear


def row(clips: Clips, hear: Hear | None) -> str:
    """Figures of clips whose keys are known, as cells of a table."""
    return figures([(find_key(hear(audio) if hear else audio, _HZ, loop=True), key) for audio, key in clips])


def whole(tracks: Clips) -> str:
    """Figures of whole tracks, shape (samples,)."""
    frames = [(np.round(audio[:, None] * 32767).astype(np.int16), key) for audio, key in tracks]
    return figures([(find_main_key(excerpts_of(audio, _HZ), _HZ), key) for audio, key in frames])


def figures(found: list[tuple[Key | None, Key]]) -> str:
    """Figures of keys that were found, or not, and those that are right."""
    named = [(heard, key) for heard, key in found if heard]
    right = sum(heard == key for heard, key in named)
    score = np.mean([mir_eval.key.weighted_score(spelt(key), spelt(heard)) for heard, key in named])
    sure = np.mean([heard.probability for heard, _ in named])
    shares = (len(named) / len(found), right / len(named), right / len(found))
    return " | ".join([str(len(found)), *(f"{share:.0%}" for share in shares), f"{score:.2f}", f"{sure:.0%}"])


def spelt(key: Key) -> str:
    """Key as mir_eval reads it."""
    return f"{key.name.removesuffix('m')} {'minor' if key.minor else 'major'}"


def agreement(folder: Path, tracks: list[RealTrack]) -> str:
    """How often two bars are in the key that gets most probability in the windows of its whole track."""
    same = named = windows_in_all = 0
    for track in tracks:
        keys = [find_key(audio, _HZ, loop=True) for audio in windows(folder, track, 6 * _EVERY_BARS)]
        heard = [key for key in keys if key]
        votes = {key: sum(other.probability for other in heard if other == key) for key in heard}
        named += len(heard)
        windows_in_all += len(keys)
        same += sum(key == max(votes, key=votes.__getitem__) for key in heard)
    return f"{windows_in_all} | {named / windows_in_all:.0%} | {same / named:.0%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--music", type=Path)
    parser.add_argument("--rate-grid", action="store_true")
    parser.add_argument("--whole", action="store_true")
    chosen = parser.parse_args()
    hear = through_grid() if chosen.rate_grid else None
    scored = [track for track in real_tracks() if track.file in SCORES]
    if chosen.whole:
        print("| all of | tracks | named | of those right | of all right | MIREX | mean probability |")
        print("|---|---|---|---|---|---|---|", flush=True)
        print(f"| built-in tracks | {whole(built_in_tracks(chosen.seeds))} |", flush=True)
        if chosen.music:
            real = [(read_audio(chosen.music / track.file, _HZ)[0].mean(axis=1), track) for track in scored]
            known = [(audio, Key.parse(SCORES[track.file])) for audio, track in real]
            print(f"| real tracks with scores | {whole(known)} |", flush=True)
        return
    print("| two bars of | clips | named | of those right | of all right | MIREX | mean probability |")
    print("|---|---|---|---|---|---|---|", flush=True)
    print(f"| built-in tracks | {row(built_in(chosen.seeds), hear)} |", flush=True)
    if not chosen.music:
        return
    clips = [
        (audio, Key.parse(SCORES[track.file])) for track in scored for audio in windows(chosen.music, track)
    ]
    print(f"| {len(scored)} real tracks with scores | {row(clips, hear)} |", flush=True)
    others = [track for track in real_tracks() if track.file not in SCORES and track.quarters == 4]
    print(f"| {len(others)} other real tracks, as their track | {agreement(chosen.music, others)} | | | |")


if __name__ == "__main__":
    main()
