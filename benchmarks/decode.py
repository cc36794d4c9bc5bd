"""Speed of corpus building beside ``librosa.load``: a stereo mp3 of 44.1 kHz, on one thread.

To mono at 8 kHz, as the thesis has it, and to stereo at 32 kHz, as corpora are; ours finds beats and measures
loudness as well. Run ``python -m benchmarks.decode [MINUTES]`` on Linux, whose /proc tells peak memory; the
mp3 is synthesised. Each contender runs in its own process.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.table import Row, print_table

RATE_HZ = 44_100
MIXDREAM = """
from pathlib import Path
from mixdream.corpus.ingest import ingest
from mixdream.corpus.store import SourceFile
path = Path(sys.argv[1])
file = SourceFile(name="x", source="x")
rate_hz, channels = int(sys.argv[3]), int(sys.argv[4])
seconds = ingest(path, file, path.with_suffix(".npy"), path.with_suffix(".beats"), rate_hz, channels).seconds
"""
LIBROSA = """
import librosa
rate_hz = int(sys.argv[3])
seconds = librosa.load(sys.argv[1], sr=rate_hz, mono=sys.argv[4] == "1")[0].shape[-1] / rate_hz
"""


class Speed(NamedTuple):
    """Of a contender."""

    times_real_time: float
    peak_mib: float


def write_mp3(path: Path, minutes: int) -> None:
    """A beat, a bass and noise: what an encoder has to work for, at 320 kbit/s."""
    import av

    rng = np.random.default_rng(0)
    time_s = np.arange(60 * RATE_HZ) / RATE_HZ
    beat = np.exp(-12 * (time_s % 0.5)) * np.sin(2 * np.pi * 55 * time_s)
    bass = np.tanh(3 * np.sin(2 * np.pi * 110 * time_s)) * 0.3
    audio = np.stack([0.5 * beat + 0.5 * bass + rng.normal(0, 0.05, len(time_s)) for _ in range(2)], axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=RATE_HZ, layout="stereo")
        stream.bit_rate = 320_000
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=RATE_HZ)
        for _ in range(minutes):
            frame = av.AudioFrame.from_ndarray(audio.astype(np.float32).reshape(1, -1), "flt", "stereo")
            frame.rate = RATE_HZ
            for made in resampler.resample(frame):
                container.mux(stream.encode(made))
        container.mux(stream.encode(None))


def measure(code: str, path: Path, rate_hz: int, channels: int) -> Speed:
    """Seconds of audio per second, imports not counted, and the peak memory of the process."""
    imports = (
        "import sys, time, soxr, librosa\n"
        if "librosa" in code
        else "import sys, time, mixdream.corpus.ingest\n"
    )
    warm = "librosa.load(sys.argv[2], sr=8000)\n" if "librosa" in code else ""
    report = (
        "\nspent = time.perf_counter() - start\n"
        "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0]\n"
        "print(seconds / spent, int(peak) / 1024)"
    )
    script = f"{imports}{warm}start = time.perf_counter()\n{code}{report}"
    short = path.with_name("short.mp3")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    command = [sys.executable, "-c", script, str(path), str(short), str(rate_hz), str(channels)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **threads})
    speed, memory = done.stdout.split()
    return Speed(float(speed), float(memory))


def rows(minutes: int = 10) -> list[Row]:
    """The best of three each, in turns."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.mp3"
        write_mp3(path, minutes)
        write_mp3(path.with_name("short.mp3"), 1)
        for what, rate_hz, channels in (("8 kHz mono", 8000, 1), ("32 kHz stereo", 32_000, 2)):
            turns = [
                [measure(code, path, rate_hz, channels) for code in (MIXDREAM, LIBROSA)] for _ in range(3)
            ]
            ours, theirs = (max(runs) for runs in zip(*turns, strict=True))
            made.append(
                Row(
                    f"mp3 of {minutes} min to {what}, one thread",
                    f"{ours.times_real_time:.0f}x real time, {ours.peak_mib:.0f} MiB, beats and loudness",
                    f"{theirs.times_real_time:.0f}x, {theirs.peak_mib:.0f} MiB (`librosa.load`)",
                    ours.times_real_time / theirs.times_real_time,
                )
            )
    return made


if __name__ == "__main__":
    print_table(rows(*map(int, sys.argv[1:])))
