"""Tempo without pitch: real loops at other tempos and back, by what mixdream does and by other ways.

Run ``python -m benchmarks.tempo CORPUS [--recipe loops] [--loops 16]``. Of each way and tempo it prints how
far the pitch moved, how much longer attacks take to rise, how much softer the strongest attacks of the treble
are, how near the loop that went there and back comes to itself, and of how many loops the key is still found.
Then the built-in tracks at their own tempo are brought to another and compared with themselves as they sound
when they are made at that. One thread.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import librosa
import numpy as np
import soxr
import torch
from scipy.ndimage import gaussian_filter1d

from benchmarks.stereo import strongest_rises_db
from mixdream.analysis.fidelity import magnitude_snr_db, match_gain
from mixdream.analysis.key_finder import find_key
from mixdream.analysis.smear import find_onsets, rise_time_ms, transient_smear_ms
from mixdream.audio.resample import resample_loop
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import spread
from mixdream.demo.specs import HOUSE_FIRST, JUNGLE, TECHNO, TRANCE
from mixdream.demo.synth import RATE_HZ, to_samples
from mixdream.demo.track import render_track
from mixdream.recipes.load import load_recipe
from mixdream.recipes.windows import training_windows
from mixdream.spectrogram import stretch
from mixdream.spectrogram.grid import Grid
from mixdream.spectrogram.inversion import invert
from mixdream.spectrogram.stretch import stretch_loop
from mixdream.spectrogram.transform import stft

TEMPOS = (0.8, 0.88, 0.94, 1.06, 1.12, 1.2)
EDGE_MS = 80  # onsets nearer to the ends are not looked at: the loops are windows of music
MOST_CENTS = 400
RENDERED_BARS = (8, 13, 18)

Way = Callable[[np.ndarray, int, int], np.ndarray]
"""A loop, the samples that it is to have, and its rate, to the loop at that tempo."""


def stretched(loop: np.ndarray, samples: int, rate_hz: int) -> np.ndarray:
    """Stretch as mixdream does."""
    return stretch_loop(loop, samples, len(loop), rate_hz)


def evenly(loop: np.ndarray, samples: int, rate_hz: int) -> np.ndarray:
    """Stretch as mixdream does, but attacks too."""
    with patch.object(stretch, "_onsets", lambda audio, grid: np.zeros(0)):
        return stretched(loop, samples, rate_hz)


def magnitudes_alone(loop: np.ndarray, samples: int, rate_hz: int) -> np.ndarray:
    """Interpolate the same magnitudes, but read all phases off them (pghi+gl)."""
    hop = round(stretch.WINDOW_S * rate_hz / stretch.OVERLAP)
    frames = -(-len(loop) // hop)
    n_fft = stretch.OVERLAP * hop
    grid = Grid(rate_hz=rate_hz, n_fft=n_fft, hop=hop, bins=n_fft // 2 + 1, frames=frames, window="hann")
    audio = torch.from_numpy(resample_loop(loop, grid.clip_samples)).float()
    wider = grid.model_copy(update={"frames": round(frames * samples / len(loop))})
    moments = torch.arange(wider.frames, dtype=torch.float64) * frames / wider.frames
    levels = stretch._read(stft(audio[None], grid, loop=True).abs(), moments)
    return resample_loop(invert("pghi+gl", levels, wider, [0], loop=True)[0].numpy(), samples)


def vocoder(window_s: float) -> Way:
    """Return librosa's phase vocoder, of the loop played three times, whose middle is taken."""

    def way(loop: np.ndarray, samples: int, rate_hz: int) -> np.ndarray:
        n_fft = 4 * round(window_s * rate_hz / 4)
        three = librosa.effects.time_stretch(np.tile(loop, 3), rate=len(loop) / samples, n_fft=n_fft)
        return three[samples : 2 * samples]

    return way


WAYS: dict[str, Way] = {
    "mixdream": stretched,
    "mixdream, attacks stretched too": evenly,
    "magnitudes alone, pghi+gl": magnitudes_alone,
    "phase vocoder, 32 ms": vocoder(0.032),
    "phase vocoder, 93 ms": vocoder(0.093),
    "varispeed": lambda loop, samples, rate_hz: resample_loop(loop, samples),
}


def moved_cents(original: np.ndarray, other: np.ndarray, rate_hz: int) -> float:
    """How far the mean spectrum of a loop lies above that of another, on a scale of cents."""

    def spectrum(loop: np.ndarray) -> np.ndarray:
        n_fft = 1 << (rate_hz // 2).bit_length()
        power = np.square(np.abs(librosa.stft(np.tile(loop, 2), n_fft=n_fft, window="blackmanharris")))
        cents = np.arange(1200 * np.log2(100), 1200 * np.log2(3500))
        level = np.interp(
            2 ** (cents / 1200), np.arange(n_fft // 2 + 1) * rate_hz / n_fft, power.mean(axis=1)
        )
        level = np.log(level + 1e-6 * level.max())
        return gaussian_filter1d(level, 3) - gaussian_filter1d(level, 200)

    a, b = spectrum(original), spectrum(other)
    inside = slice(MOST_CENTS, -MOST_CENTS)
    alike = [
        np.corrcoef(a[inside], np.roll(b, -by)[inside])[0, 1] for by in range(-MOST_CENTS, MOST_CENTS + 1)
    ]
    return float(np.argmax(alike) - MOST_CENTS)


def compare(name: str, way: Way, loops: np.ndarray, rate_hz: int, tempo: float) -> None:
    """Print one row: a way at a tempo."""
    off, smears, softer, snrs, kept, keyed = [], [], [], [], 0, 0
    for loop in loops:
        samples = round(len(loop) / tempo)
        made = way(loop, samples, rate_hz)
        back = way(made, len(loop), rate_hz)
        off.append(abs(moved_cents(loop, made, rate_hz)))
        snrs.append(magnitude_snr_db(loop, match_gain(loop, back) * back, rate_hz))
        onsets = find_onsets(loop, rate_hz)
        onsets = onsets[(onsets > EDGE_MS) & (onsets < 1000 * len(loop) / rate_hz - EDGE_MS * 1.3)]
        if len(onsets) >= 3:
            then = np.round(onsets / tempo).astype(int)
            smears.append(rise_time_ms(made, rate_hz, then) - rise_time_ms(loop, rate_hz, onsets))
        if rate_hz >= 32_000:
            rises = strongest_rises_db(made, rate_hz) - strongest_rises_db(loop, rate_hz)
            softer.append(rises[-2:].mean())
        if (key := find_key(loop, rate_hz, loop=True)) is not None:
            keyed += 1
            now = find_key(made, rate_hz, loop=True)
            kept += now is not None and now.name == key.name
    attacks = f"{np.mean(softer):.1f}" if softer else "-"
    print(
        f"| {tempo - 1:+.0%} | {name} | {np.median(off):.0f}, {max(off):.0f} | {np.mean(smears):.2f}, "
        f"{max(smears):.2f} | {attacks} | {np.mean(snrs):.1f} | {kept} of {keyed} |",
        flush=True,
    )


def rendered(tempo: float, rate_hz: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Two bars of built-in tracks, each at its own tempo and made so many times as fast."""
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for track in (TECHNO, HOUSE_FIRST, TRANCE, JUNGLE):
        both = []
        for one in (track, replace(track, bpm=track.bpm * tempo)):
            audio = render_track(one, np.random.default_rng(0))[0].mean(axis=0)
            starts = [to_samples(bar * one.bar_s) for bar in RENDERED_BARS if bar + 2 < one.bars]
            cuts = [audio[start : start + to_samples(2 * one.bar_s)] for start in starts]
            both.append([soxr.resample(cut.astype(np.float64), RATE_HZ, rate_hz) for cut in cuts])
        pairs += zip(*both, strict=True)
    return pairs


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recipe", default="loops")
    parser.add_argument("--loops", type=int, default=16)
    parser.add_argument("--tempos", type=float, nargs="*", default=TEMPOS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    recipe = load_recipe(chosen.recipe)
    windows, grid = training_windows(recipe, Corpus.open(chosen.corpus)), recipe.grid
    audio = windows.read(spread(len(windows), chosen.loops))
    loops = audio[:, grid.lead : grid.lead + grid.clip_samples].astype(np.float64)
    print(
        "| tempo | way | pitch off, cents: median, most | smear, ms: mean, most | attacks above 4 kHz, dB |"
        " there and back, dB | key kept |\n|---|---|---|---|---|---|---|"
    )
    for tempo in chosen.tempos:
        for name, way in WAYS.items():
            compare(name, way, loops, grid.rate_hz, tempo)
    for tempo in (0.88, 1.12):
        pairs = rendered(tempo, grid.rate_hz)
        print(f"\n{len(pairs)} loops of the built-in tracks at {tempo - 1:+.0%}, beside those made so:")
        for name, way in WAYS.items():
            made = [way(loop, len(wanted), grid.rate_hz) for loop, wanted in pairs]
            both = [
                (wanted, match_gain(wanted, own) * own) for (_, wanted), own in zip(pairs, made, strict=True)
            ]
            snr = np.mean([magnitude_snr_db(*pair, grid.rate_hz) for pair in both])
            smears = [transient_smear_ms(*pair, grid.rate_hz) for pair in both]
            heard = [smear for smear in smears if smear is not None]
            print(
                f"{name}: SNR {snr:.2f} dB, smear {np.mean(heard):.2f} ms, most {max(heard):.2f}", flush=True
            )


if __name__ == "__main__":
    main()
