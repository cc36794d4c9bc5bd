"""Copy check: 64 clips of 4.096 s against four hours, on all cores, with the peak of the memory.

Run ``python -m benchmarks.copies [HOURS]``; the corpus is synthesised, half of the clips are copied from it.
Beside it, the correlation of samples that finds exact copies only, by FFT on ten minutes of it (which is
faster than a direct sum); both per clip and hour.
"""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import scipy.signal

from benchmarks.table import Row, print_table
from mixdream.corpus.store import Corpus, CorpusIndex, SetRecord, audio_path
from mixdream.evaluation.copies.nearest import find_nearest
from mixdream.files import write_json

RATE_HZ = 8000
CLIPS = 64
SAMPLES = 32_768
SETS = 4


def make_corpus(folder: Path, hours: float) -> Corpus:
    """Sets of notes drawn at random, a new one every eighth of a second, over a beat and hiss."""
    (folder / "sets").mkdir(parents=True)
    records = []
    note = RATE_HZ // 8
    length = round(hours * 3600 * 8 / SETS) * note
    time_s = np.arange(note) / RATE_HZ
    notes_hz = 110 * 2 ** (np.arange(48) / 12)
    notes = np.exp(-8 * time_s) * np.sin(2 * np.pi * notes_hz[:, None] * time_s)
    beat = np.pad(np.exp(-30 * time_s) * np.sin(2 * np.pi * 55 * time_s), (0, 3 * note))
    for i in range(SETS):
        rng = np.random.default_rng(i)
        name = f"set-{i}"
        audio = np.lib.format.open_memmap(
            audio_path(folder, name), mode="w+", dtype=np.int16, shape=(length, 1)
        )
        for first in range(0, length, 60 * RATE_HZ):
            minute = audio[first : first + 60 * RATE_HZ, 0]
            chosen = notes[rng.integers(len(notes), size=(2, len(minute) // note))].sum(axis=0).reshape(-1)
            chosen += np.resize(beat, len(minute)) + 0.01 * rng.standard_normal(len(minute))
            minute[:] = 8000 * chosen
        audio.flush()
        records.append(
            SetRecord(
                name=name,
                source=name,
                source_bytes=1,
                source_mtime_ns=1,
                sha256=name,
                audio_sha256=name,
                codec="pcm_s16le",
                source_rate_hz=RATE_HZ,
                source_channels=1,
                rate_hz=RATE_HZ,
                seconds=length / RATE_HZ,
                samples=length,
                segments=((0, length),),
                segment_starts_s=(0.0,),
                gain_db=0,
                peak=0.9,
                dc=(0.0,),
                rms_dbfs=-15,
                loudness_lufs=None,
                corrupt_packets=0,
                nonfinite_samples=0,
            )
        )
    index = CorpusIndex(complete=True, rate_hz=RATE_HZ, channels=1, sets=tuple(records))
    write_json(folder / "corpus.json", index.model_dump(mode="json"))
    return Corpus.open(folder)


def correlation_of_samples(clips: np.ndarray, audio: np.ndarray) -> list[int]:
    """First sample of each clip in audio; no copy that is turned, at another speed or in noise is found."""
    squares = np.cumsum(np.pad(np.square(audio), (1, 0)))
    energy = np.maximum(squares[SAMPLES:] - squares[:-SAMPLES], 1e-9)
    return [int((scipy.signal.correlate(audio, clip, "valid") / np.sqrt(energy)).argmax()) for clip in clips]


def rows(hours: float = 4.0) -> list[Row]:
    """Time, memory and how many copies were found."""
    rng = np.random.default_rng(99)
    with TemporaryDirectory() as folder:
        corpus = make_corpus(Path(folder) / "corpus", hours)
        clips, places = [], []
        for i in range(CLIPS):
            name = f"set-{i % SETS}"
            start = int(rng.integers(corpus.record(name).samples - SAMPLES))
            copied = corpus.audio(name)[start : start + SAMPLES, 0] / 32768
            clips.append(np.roll(copied, rng.integers(SAMPLES)) if i % 2 else rng.permutation(copied))
            places.append((name, start))
        before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        moments = find_nearest(np.stack(clips), RATE_HZ, corpus)
        spent_s = time.perf_counter() - began
        more_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
        right = sum(
            nearest is not None and nearest.set_name == name and abs(nearest.start - start) < RATE_HZ // 4
            for nearest, (name, start) in list(zip(moments, places, strict=True))[1::2]
        )
        audio = corpus.audio("set-0")[: 600 * RATE_HZ, 0] / 32768
        began = time.perf_counter()
        correlation_of_samples(np.stack(clips[:4]), audio)
        baseline_s = (time.perf_counter() - began) / 4 / (len(audio) / RATE_HZ / 3600)
        each_s = spent_s / CLIPS / hours
        ours = (
            f"{1000 * each_s:.0f} ms a clip and hour ({spent_s:.1f} s); {right} of {CLIPS // 2} turned "
            f"copies found; {more_mb:.0f} MB more than before, with what is mapped of the corpus"
        )
        baseline = f"{1000 * baseline_s:.0f} ms (correlation of samples)"
        return [Row(f"copy check, {CLIPS} clips in {hours:g} h", ours, baseline, baseline_s / each_s)]


if __name__ == "__main__":
    print_table(rows(*map(float, sys.argv[1:])))
