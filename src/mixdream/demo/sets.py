"""Render the built-in sets and write them with their ground truth.

Examples
--------
>>> from mixdream.demo.sets import render_set
>>> audio, truth = render_set("ambient")
>>> audio.shape[0], truth.bpm, truth.sections[0].name
(2, 88.0, 'intro')
"""

from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
import soundfile

from mixdream.demo.effects import master
from mixdream.demo.mixing import mix_tracks
from mixdream.demo.score import BEATS_PER_BAR
from mixdream.demo.specs import SET_SPECS
from mixdream.demo.synth import RATE_HZ, Audio, to_samples
from mixdream.demo.track import render_track
from mixdream.demo.truth import GroundTruth
from mixdream.errors import InputError
from mixdream.files import write_atomically, write_with
from mixdream.progress import Report, silent

__all__ = ["RATE_HZ", "SETS", "GroundTruth", "render_set", "write_sets"]

SETS: tuple[str, ...] = tuple(SET_SPECS)


def render_set(name: str, seed: int = 0) -> tuple[Audio, GroundTruth]:
    """Render one built-in set: float32 audio, shape (2, samples), at `RATE_HZ`, peak -1 dBFS, and its truth.

    The seed changes velocities, variations of the patterns, noises and phases, never the facts of the ground
    truth. The same seed gives the same samples. InputError where there is no set of that name.
    """
    if name not in SET_SPECS:
        raise InputError(f"no built-in set is called {name!r}; there are {', '.join(SETS)}")
    spec = SET_SPECS[name]
    # The name is part of the seed, so that sets do not share their noise and keep it when others change.
    rng = np.random.default_rng([seed, crc32(name.encode())])
    rendered = [render_track(track, rng) for track in spec.tracks]
    audio, tracks, sections = mix_tracks(spec.tracks, rendered, spec.overlap_bars)
    bar_s, bpm = spec.tracks[0].bar_s, spec.tracks[0].bpm
    fade = to_samples(bar_s)
    audio[:, -fade:] *= np.cos(np.linspace(0.0, 0.5 * np.pi, fade, dtype=np.float32))
    beats = tuple(beat * 60.0 / bpm for beat in range(round(audio.shape[-1] / RATE_HZ * bpm / 60.0)))
    truth = GroundTruth(
        name=name,
        seed=seed,
        rate_hz=RATE_HZ,
        duration_s=audio.shape[-1] / RATE_HZ,
        bpm=bpm,
        key=spec.tracks[0].key,
        beat_times_s=beats,
        downbeat_times_s=beats[::BEATS_PER_BAR],
        tracks=tuple(tracks),
        sections=tuple(sections),
    )
    return master(audio), truth


def write_sets(folder: Path, seed: int = 0, report: Report = silent) -> list[Path]:
    """Render all sets and write each as 16-bit FLAC, with its ground truth as JSON beside it.

    Each file appears under its name only when it is complete; files of the same names are replaced. Returns
    the audio files, in the order of `SETS`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for done, name in enumerate(SETS):
        report(done / len(SETS), name)
        audio, truth = render_set(name, seed)
        path = folder / f"{name}.flac"
        # Level 0 of FLAC takes half the time of the usual level 5 for a few per cent more bytes.
        frames = np.round(audio.T * 32767.0).astype(np.int16)
        save = partial(
            soundfile.write,
            data=frames,
            samplerate=RATE_HZ,
            format="FLAC",
            subtype="PCM_16",
            compression_level=0.0,
        )
        write_with(path, save)
        write_atomically(folder / f"{name}.json", truth.to_json())
        written.append(path)
    return written
