"""Ceiling: real audio through grids and inversions, the best that any model on a grid can sound."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch

from mixdream.analysis.consistency import consistency
from mixdream.analysis.fidelity import bandwidth_hz, log_spectral_distance_db, magnitude_snr_db, match_gain
from mixdream.analysis.smear import transient_smear_ms
from mixdream.analysis.voice import Voice
from mixdream.audio.write import write_audio
from mixdream.corpus.store import Corpus
from mixdream.corpus.windows import WindowIndex, spread_windows
from mixdream.errors import InputError
from mixdream.evaluation.ceiling_figure import draw_ceiling
from mixdream.files import write_json
from mixdream.progress import Report, silent
from mixdream.spectrogram.grid import NAMED_GRIDS, Grid
from mixdream.spectrogram.inversion import default_inversion
from mixdream.spectrogram.scaling import Scaler
from mixdream.spectrogram.statistics import fit_statistics
from mixdream.spectrogram.transform import magnitudes

WINDOWS = 8
PEAK = 0.89  # largest sample of a written file, -1 dBFS: all files of a window share the gain that it takes
SHORTEST_S = 0.1  # the longest frames that are compared
_EDGE_S = 0.010  # cut off at the ends, where resampling filters ring


def grids_within(rate_hz: int) -> dict[str, Grid]:
    """Named grids that audio of a rate can fill; none is an InputError."""
    grids = {name: grid for name, grid in NAMED_GRIDS.items() if grid.rate_hz <= rate_hz}
    if not grids:
        lowest = min(grid.rate_hz for grid in NAMED_GRIDS.values())
        raise InputError(
            f"the corpus has {rate_hz} Hz, grids begin at {lowest} Hz: build it with --rate {lowest} or more"
        )
    return grids


def loud_windows(corpus: Corpus, seconds: float, number: int) -> WindowIndex:
    """The louder half of twice as many windows spread evenly over a corpus: music, not breaks and fades."""
    index = spread_windows(corpus, seconds, 2 * number)
    power = np.square(index.read(range(len(index)))).mean(axis=1)
    rows = np.sort(np.argsort(-power, kind="stable")[:number])
    return replace(index, set_index=index.set_index[rows], start=index.start[rows])


def pass_through(
    audio: np.ndarray, rate_hz: int, grid: Grid, inversion: str, sets: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Send windows through a grid, its scaling and an inversion, as a perfect model would.

    Windows, shape (windows, samples), last at least ``grid.seconds``, at the grid's rate or more; ``sets``
    says which set each is from: the reference of ``log-standard`` belongs to a set.

    Returns
    -------
    audio : ndarray, shape (windows, samples)
        At ``rate_hz``, aligned, with the level of the original; silent where the grid holds no clip.
    errors : ndarray, shape (windows,)
        `mixdream.analysis.consistency.consistency`, a ratio.
    """
    low = np.stack([_resampled(window, rate_hz, grid.rate_hz) for window in audio])
    wanted = magnitudes(torch.from_numpy(low).float(), grid)
    statistics = fit_statistics(lambda: [(list(sets), wanted)]) if grid.scaling == "log-standard" else None
    voice = Voice(grid, Scaler(grid.scaling, statistics), inversion)
    clips = voice.heard(voice.seen(wanted, sets), range(len(audio))).double().numpy()
    inside = slice(grid.lead, grid.lead + grid.clip_samples)
    # Within the grid's own band: the gain must not make up for treble that is lost.
    gains = [match_gain(original[inside], clip) for original, clip in zip(low, clips, strict=True)]
    clips = clips * np.array(gains)[:, None]
    placed = np.zeros_like(low)
    placed[:, inside] = clips
    back = np.zeros_like(audio, dtype=np.float64)
    for target, window in zip(back, placed, strict=True):
        made = _resampled(window, grid.rate_hz, rate_hz)[: len(target)]
        target[: len(made)] = made
    return back, consistency(wanted, torch.from_numpy(clips), grid).numpy()


def measure_ceiling(
    corpus: Corpus, folder: Path, grids: Mapping[str, Grid], number: int = WINDOWS, report: Report = silent
) -> dict[str, Any]:
    """Send so many windows of a corpus through every grid and inversion; write audio, scores and a figure.

    The folder is made if need be. It gets ``<window>_original.wav`` and ``<window>_<grid>_<inversion>.wav``,
    all of one window at one gain, ``ceiling.json`` and ``ceiling.png``; files of the same names are replaced.
    What the JSON says is returned, with ``folder``.

    Raises
    ------
    InputError
        A grid above the rate of the corpus, one of waveforms, or no window that long.
    """
    rate_hz = corpus.rate_hz
    for name, grid in grids.items():
        if grid.scaling == "waveform":
            raise InputError(f"{name} is of waveforms, which lose nothing on a grid: name another recipe")
        if grid.rate_hz > rate_hz:
            raise InputError(
                f"grid {name} is for {grid.rate_hz} Hz, the corpus has {rate_hz} Hz: build one with "
                f"'mixdream corpus build ... --rate {grid.rate_hz}'"
            )
    # Whole milliseconds, and one more for rounding between rates.
    seconds = round(max(grid.seconds for grid in grids.values()) + 0.001, 3)
    index = loud_windows(corpus, seconds, number)
    folder.mkdir(parents=True, exist_ok=True)
    places = [index.where(row) for row in range(len(index))]
    audio = index.read(range(len(index))).astype(np.float64)
    common = _common_part(grids.values(), rate_hz)
    if common.stop - common.start < SHORTEST_S * rate_hz:
        raise InputError(
            f"clips of the grid are too short to be scored: {SHORTEST_S} s and their edges are needed; raise "
            "grid.frames"
        )
    original = audio[:, common]
    versions = {"original": original.astype(np.float32)}  # all of them at once: the gain is theirs together
    ways: list[dict[str, Any]] = []
    plan = [(name, inversion) for name, grid in grids.items() for inversion in grid.inversions]
    for done, (name, inversion) in enumerate(plan):
        report(done / len(plan), f"{name} {inversion}")
        made, errors = pass_through(audio, rate_hz, grids[name], inversion, [where for where, _ in places])
        triples = zip(original, made[:, common], errors, strict=True)
        scores = [_scores(before, after, rate_hz, error) for before, after, error in triples]
        ways.append({"grid": name, "inversion": inversion, "mean": _mean(scores), "windows": scores})
        versions[f"{name}_{inversion}"] = made[:, common].astype(np.float32)
    _write_versions(folder, versions, rate_hz)
    report(1.0, "drawing")
    median = int(np.argsort(np.square(original).mean(axis=1), kind="stable")[len(original) // 2])
    shown = [f"{name}_{default_inversion(grid)}" for name, grid in grids.items()]
    draw_ceiling(
        folder / "ceiling.png",
        {name: versions[name][median] for name in ("original", *shown)},
        rate_hz,
        f"{places[median][0]}, {places[median][1]:.1f} s",
    )
    best = max(ways, key=lambda way: way["mean"]["snr_db"])
    content = {
        "corpus": str(corpus.folder),
        "hash": corpus.hash,
        "rate_hz": rate_hz,
        "windows": [{"set": name, "start_s": start_s} for name, start_s in places],
        "grids": {name: grid.model_dump() for name, grid in grids.items()},
        "ways": ways,
        "best": f"{best['grid']}_{best['inversion']}",
        "sentence": ceiling_sentence(best),
    }
    write_json(folder / "ceiling.json", content)
    return content | {"folder": str(folder)}


def _write_versions(folder: Path, versions: Mapping[str, np.ndarray], rate_hz: int) -> None:
    """Write every window in all its versions, at one gain."""
    for row in range(len(versions["original"])):
        peak = max(float(np.abs(version[row]).max()) for version in versions.values())
        gain = min(1.0, PEAK / max(peak, 1e-9))
        for name, version in versions.items():
            write_audio(folder / f"{row + 1:02d}_{name}.wav", version[row] * gain, rate_hz)


def ceiling_sentence(best: Mapping[str, Any]) -> str:
    """What a model can sound like at most, for people, from the grid and inversion that are best."""
    scores = best["mean"]
    smear_ms = scores["smear_ms"]
    if smear_ms is None:
        attacks = ""
    elif abs(smear_ms) < 1.5:
        attacks = ", attacks as sharp as they were (within 1 ms)"
    else:
        attacks = f", attacks {abs(smear_ms):.0f} ms {'slower' if smear_ms > 0 else 'faster'}"
    share = f"{100 * scores['bandwidth_kept']:.0f} % of what this corpus has"
    return (
        f"The best that a model on {best['grid']} can sound is your music up to "
        f"{scores['bandwidth_hz'] / 1000:.1f} kHz ({share}){attacks}, with errors {scores['snr_db']:.0f} dB "
        f"below the music, through {best['inversion']}."
    )


def _common_part(grids: Collection[Grid], rate_hz: int) -> slice:
    """Samples, at a rate, that the clips of all grids cover."""
    first_s = max(grid.lead / grid.rate_hz for grid in grids) + _EDGE_S
    last_s = min((grid.lead + grid.clip_samples) / grid.rate_hz for grid in grids) - _EDGE_S
    return slice(round(first_s * rate_hz), round(last_s * rate_hz))


def _resampled(audio: np.ndarray, rate_hz: int, target_hz: int) -> np.ndarray:
    if rate_hz == target_hz:
        return audio
    return soxr.resample(np.asarray(audio, np.float64), rate_hz, target_hz, quality="VHQ")


def _scores(
    original: np.ndarray, inverted: np.ndarray, rate_hz: int, error: float
) -> dict[str, float | None]:
    """How well a window survives; ``error`` is that of the magnitudes on the grid itself, a ratio."""
    reached_hz, had_hz = bandwidth_hz(inverted, rate_hz), bandwidth_hz(original, rate_hz)
    return {
        "snr_db": magnitude_snr_db(original, inverted, rate_hz),
        "convergence_db": float(20 * np.log10(max(error, 1e-6))),
        "distance_db": log_spectral_distance_db(original, inverted, rate_hz),
        "bandwidth_hz": min(reached_hz, had_hz),
        "bandwidth_kept": min(reached_hz / had_hz, 1.0) if had_hz else 1.0,
        "smear_ms": transient_smear_ms(original, inverted, rate_hz),  # None without onsets
    }


def _mean(scores: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Mean of each score over the windows that have it."""
    mean: dict[str, float | None] = {}
    for name in scores[0]:
        values = [value for row in scores if (value := row[name]) is not None]
        mean[name] = float(np.mean(values)) if values else None
    return mean
