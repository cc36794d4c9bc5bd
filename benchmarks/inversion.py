"""Inversions on the same windows: time and magnitude SNR beside fast Griffin-Lim; the thesis's double sum.

Run ``python -m benchmarks.inversion [CORPUS]...`` for windows of your own, otherwise of the built-in sets; a
grid is measured where a corpus has its rate. One thread.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from benchmarks.table import Row, print_table
from mixdream.analysis.fidelity import magnitude_snr_db, match_gain
from mixdream.corpus.build import build_corpus
from mixdream.corpus.store import Corpus
from mixdream.demo.sets import write_sets
from mixdream.evaluation.ceiling import loud_windows
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.griffin_lim import ITERATIONS
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.pghi import pghi
from mixdream.spectrogram.raar import raar
from mixdream.spectrogram.random_phase import random_phase
from mixdream.spectrogram.transform import magnitudes

BASELINE = "griffin-lim"  # its fast version, from random phases
WINDOWS = 16


def double_sum(levels: np.ndarray, grid: Grid, phases: np.ndarray) -> np.ndarray:
    """Sum of sinusoids, one time step after the other, as section 4.6 has it."""
    audio = np.empty(grid.frames * grid.hop)
    k = np.arange(grid.bins)
    for n in range(len(audio)):
        audio[n] = (levels[:, n // grid.hop] * np.cos(2 * np.pi * k * n / grid.n_fft + phases)).sum()
    return audio


def against_double_sum() -> Row:
    """Time random phase and the double sum on one spectrogram; how they differ."""
    grid = Grid()
    rng = torch.Generator().manual_seed(0)
    levels = torch.rand(1, grid.bins, grid.frames, generator=rng)
    phases = 2 * torch.pi * torch.rand(1, grid.n_fft // 2 + 1, generator=rng)
    fast = random_phase(levels, grid, phases)
    slow_s = fast_s = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        slow = double_sum(levels[0].double().numpy(), grid, phases[0, : grid.bins].double().numpy())
        slow_s = min(slow_s, time.perf_counter() - began)
        began = time.perf_counter()
        for _ in range(20):
            fast = random_phase(levels, grid, phases)
        fast_s = min(fast_s, (time.perf_counter() - began) / 20)
    error = np.abs(fast[0].numpy() - slow).max() / np.abs(slow).max()
    ours = f"{1000 * fast_s:.2f} ms, differs by at most {error:.1e} of the peak"
    return Row("random phase, 4 s of audio", ours, f"{1000 * slow_s:.0f} ms (double sum)", slow_s / fast_s)


def compare(grid_name: str, grid: Grid, corpus: Corpus) -> Iterator[Row]:
    """Time per second of audio and SNR of every inversion that the grid allows."""
    index = loud_windows(corpus, round(grid.seconds + 0.001, 3), WINDOWS)
    windows = torch.from_numpy(index.read(range(len(index))))
    levels = magnitudes(windows, grid)
    clip = slice(grid.lead, grid.lead + grid.clip_samples)

    def fewer_iterations(wanted: Tensor, seed: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed)
        phases = 2 * torch.pi * torch.rand(1, grid.n_fft // 2 + 1, grid.frames, generator=rng)
        return raar(wanted, grid, pghi(wanted, grid, phases), iterations=20)[:, clip]

    contenders: dict[str, Callable[[Tensor, int], Tensor]] = {
        name: lambda wanted, seed, name=name: invert(name, wanted, grid, [seed])  # type: ignore[misc]
        for name in grid.inversions
    }
    if grid.window == "hann":
        contenders["pghi+gl, 20"] = fewer_iterations
        fewer_iterations(levels[:1], 0)  # compiles
    times: dict[str, list[float]] = {name: [] for name in contenders}
    snr_db: dict[str, list[float]] = {name: [] for name in contenders}
    for i in range(len(levels)):
        original = windows[i, clip].numpy()
        for name, contender in contenders.items():  # in turns: another busy process slows all of them
            began = time.perf_counter()
            audio = contender(levels[i : i + 1], i)[0].numpy()
            times[name].append((time.perf_counter() - began) * grid.rate_hz / grid.clip_samples)
            matched = audio * match_gain(original, audio)
            snr_db[name].append(magnitude_snr_db(original, matched, grid.rate_hz))
    base_s, base_db = float(np.median(times[BASELINE])), float(np.mean(snr_db[BASELINE]))
    baseline = f"{1000 * base_s:.2f} ms, {base_db:.2f} dB ({BASELINE}, {ITERATIONS} iterations)"
    for name in contenders:
        if name != BASELINE:
            spent_s, mean_db = float(np.median(times[name])), float(np.mean(snr_db[name]))
            ours = f"{1000 * spent_s:.2f} ms a second of audio, SNR {mean_db:.2f} dB"
            yield Row(f"{name} on {grid_name}", ours, baseline, base_s / spent_s)


def rows() -> list[Row]:
    """Both comparisons, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made = [against_double_sum()]
    with TemporaryDirectory() as folder:
        paths = [Path(argument) for argument in sys.argv[1:]]
        if not paths:
            sets = write_sets(Path(folder) / "sets")
            for rate_hz in sorted({grid.rate_hz for grid in NAMED_GRIDS.values()}):
                paths.append(Path(folder) / str(rate_hz))
                build_corpus(sets, paths[-1], rate_hz)
        for corpus in map(Corpus.open, paths):
            for name, grid in NAMED_GRIDS.items():
                if corpus.rate_hz == grid.rate_hz:
                    made += compare(name, grid, corpus)
    torch.set_num_threads(threads)
    return made


if __name__ == "__main__":
    print_table(rows())
