"""Speed of corpus building beside ``librosa.load``: a stereo mp3 of 44.1 kHz to mono at 8 kHz, on one thread.

Run ``python benchmarks/decode.py [MINUTES]`` on Linux, whose /proc tells peak memory; the mp3 is synthesised.
Each contender runs in its own process.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATE_HZ = 44_100
MIXDREAM = """
from pathlib import Path
from mixdream.corpus.ingest import ingest
from mixdream.corpus.store import SourceFile
path = Path(sys.argv[1])
file = SourceFile(name="x", source="x")
seconds = ingest(path, file, path.with_suffix(".npy"), path.with_suffix(".beats"), 8000, 1).seconds
"""
LIBROSA = """
import librosa
seconds = len(librosa.load(sys.argv[1], sr=8000, mono=True)[0]) / 8000
"""


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


def measure(code: str, path: Path) -> dict[str, float]:
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
    command = [sys.executable, "-c", script, str(path), str(short)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **threads})
    speed, memory = done.stdout.split()
    return {"times_real_time": round(float(speed), 1), "peak_mib": round(float(memory), 1)}


def main() -> None:
    """Measure three times each, in turns, and print the best."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.mp3"
        write_mp3(path, minutes)
        write_mp3(path.with_name("short.mp3"), 1)
        runs: dict[str, list[dict[str, float]]] = {"mixdream": [], "librosa": []}
        for _ in range(3):
            runs["mixdream"].append(measure(MIXDREAM, path))
            runs["librosa"].append(measure(LIBROSA, path))
    best = {name: max(three, key=lambda run: run["times_real_time"]) for name, three in runs.items()}
    ratio = best["mixdream"]["times_real_time"] / best["librosa"]["times_real_time"]
    print(
        json.dumps(
            {"minutes": minutes, "when": time.strftime("%Y-%m-%d"), **best, "ratio": round(ratio, 1)},
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
