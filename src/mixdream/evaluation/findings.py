"""Findings that can be heard: kinds of music that are missing or repeated, and the nearest to copies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import soxr
import torch

from mixdream.corpus.store import Corpus
from mixdream.evaluation.clusters import SIGNIFICANT_Z, ClusterComparison
from mixdream.evaluation.copies.nearest import Nearest
from mixdream.evaluation.copies.verdict import CopyCheck, RealNearest
from mixdream.evaluation.embedding import analysis_grid
from mixdream.evaluation.reference import RealWindows
from mixdream.pages.media import flac_url, picture_url
from mixdream.progress import clock
from mixdream.spectrogram.transform import magnitudes

SHOWN = 4
"""Clusters of each kind, and closest clips, that are shown with players."""

_PEAK = 0.9  # of what is played: clips of any tool at about one level
_PLACES = 8


def player(title: str, audio: np.ndarray, rate_hz: int, note: str = "") -> dict[str, str]:
    """Sound and picture of a clip, shape (samples,), for the page."""
    audio = np.nan_to_num(np.asarray(audio, np.float32))
    grid = analysis_grid(rate_hz, len(audio))
    image = magnitudes(torch.from_numpy(audio), grid).numpy()
    peak = float(np.abs(audio).max())
    return {
        "title": title,
        "note": note,
        "audio": flac_url(audio * (_PEAK / peak if peak > 0 else 1.0), rate_hz),
        "picture": picture_url(image[:, ::2]),  # a pixel for two frames is fine enough
    }


def cluster_entries(
    found: ClusterComparison,
    windows: RealWindows,
    real: np.ndarray,
    fakes: np.ndarray,
    audio: np.ndarray,
    labels: Sequence[str],
    rate_hz: int,
    lead: int,
) -> list[dict[str, Any]]:
    """Kinds of music that are significantly missing or over-produced, the largest differences first.

    Parameters
    ----------
    found : ClusterComparison
    windows : RealWindows
        The reference.
    real, fakes : np.ndarray, shapes (n, dims) and (m, dims)
        Embeddings of reference and clips.
    audio : np.ndarray, shape (m, samples)
        The clips.
    labels : sequence of str, one for each clip
    rate_hz : int
    lead : int
        Samples of a window before its clip.

    Returns
    -------
    list of dict
        With ``players``: the real window in the middle of the kind, and the clip nearest to that where the
        kind is over-produced; for the first few of each sign.
    """
    entries = []
    samples = audio.shape[1]
    order = np.argsort(found.z, kind="stable")
    differing = [*order[found.z[order] < -SIGNIFICANT_Z], *order[::-1][found.z[order[::-1]] > SIGNIFICANT_Z]]
    counts = {"missing": 0, "over-produced": 0}
    for cluster in differing:
        kind = "missing" if found.z[cluster] < 0 else "over-produced"
        members = np.flatnonzero(found.reference_cluster == cluster)
        inside = np.flatnonzero(found.generated_cluster == cluster)
        centre = found.centroids[cluster]
        middle = int(members[np.square(real[members] - centre).sum(axis=1).argmin()])
        name, at_s = windows.places[middle]
        seconds = len(members) * samples / rate_hz
        places = [windows.places[i] for i in members]
        entry: dict[str, Any] = {
            "kind": kind,
            "z": float(found.z[cluster]),
            "real_share": float(found.reference_share[cluster]),
            "generated_share": float(found.generated_share[cluster]),
            "real_windows": len(members),
            "generated_clips": len(inside),
            "centroid": {"set": name, "start_s": at_s},
            "places": [{"set": where, "start_s": start_s} for where, start_s in places],
            "sentence": _cluster_sentence(
                kind, seconds, places, len(members) / len(real), len(inside), len(fakes)
            ),
        }
        counts[kind] += 1
        if counts[kind] <= SHOWN:
            start = windows.audio[middle, lead : lead + samples]
            entry["players"] = [player(f"{name} at {clock(at_s, tenths=True)}", start, rate_hz, "real")]
            if len(inside):
                near = int(inside[np.square(fakes[inside] - centre).sum(axis=1).argmin()])
                entry["players"].append(player(labels[near], audio[near], rate_hz, "generated, of this kind"))
        entries.append(entry)
    return entries


def _cluster_sentence(
    kind: str, seconds: float, places: Sequence[tuple[str, float]], share: float, clips: int, of_clips: int
) -> str:
    """Say where a kind is and how often it is made: "These 40 s of your music are never imitated: ..."."""
    times: dict[str, list[str]] = {}
    for name, start_s in places[:_PLACES]:
        times.setdefault(name, []).append(clock(start_s, tenths=True))
    where = "; ".join(f"{name} at {', '.join(some)}" for name, some in times.items())
    if len(places) > _PLACES:
        where += f" and {len(places) - _PLACES} more"
    these = f"hese {seconds:.0f} s of your music"
    if clips:
        only = "Only " if kind == "missing" else ""
        words = f"{only}{100 * clips / of_clips:.1f} % of the clips are nearest to t{these}"
    else:
        words = f"T{these} are never imitated"
    return f"{words} ({100 * share:.1f} % of what was compared): {where}."


def copy_entries(checks: Sequence[CopyCheck], labels: Sequence[str]) -> list[dict[str, Any]]:
    """What the copy check says of each clip, copies and then the nearest first."""
    entries = []
    for row, (label, check) in enumerate(zip(labels, checks, strict=True)):
        near = check.nearest
        entry: dict[str, Any] = {
            "clip": label,
            "row": row,
            "is_copy": check.is_copy,
            "sentence": check.sentence,
        }
        if near is not None:
            entry |= {
                "set": near.set_name,
                "time_s": near.time_s,
                "shift_s": near.shift_s,
                "speed": near.speed,
                "distance": near.distance,
                "ratio": near.ratio,
                "quantile": check.quantile,
            }
        entries.append(entry)
    return sorted(entries, key=lambda entry: (not entry["is_copy"], entry.get("distance", np.inf)))


def copy_players(
    entry: dict[str, Any], nearest: Nearest, clip: np.ndarray, rate_hz: int, corpus: Corpus
) -> list[dict[str, str]]:
    """The clip, and the moment of the corpus that it is nearest to, turned and at the speed to match."""
    moment = read_aligned(nearest, len(clip), rate_hz, corpus)
    return [
        player(entry["clip"], clip, rate_hz, "generated"),
        player(f"{nearest.set_name} at {clock(nearest.time_s, tenths=True)}", moment, rate_hz, "real"),
    ]


def read_aligned(nearest: Nearest, samples: int, rate_hz: int, corpus: Corpus) -> np.ndarray:
    """Audio of a moment as the clip would play it, shape (samples,)."""
    length = int(np.ceil(samples / rate_hz * corpus.rate_hz * nearest.speed)) + 64
    audio = corpus.audio(nearest.set_name)[nearest.start : nearest.start + length]
    mono = audio.mean(axis=1, dtype=np.float32) / 32768
    if rate_hz != corpus.rate_hz * nearest.speed:
        mono = soxr.resample(mono, corpus.rate_hz * nearest.speed, rate_hz)
    mono = np.pad(mono, (0, max(0, samples - len(mono))))[:samples]
    return np.roll(mono, -round(nearest.shift_s * rate_hz))


def copies_sentence(entries: Sequence[dict[str, Any]], real: RealNearest) -> str:
    """What the copy check says of all clips, for people."""
    copies = sum(entry["is_copy"] for entry in entries)
    low, high = real.usual
    words = "No clip is a copy" if not copies else f"{copies} of {len(entries)} clips look like copies"
    distances = [entry["distance"] for entry in entries if "distance" in entry]
    nearest = f"; the nearest is {min(distances):.2f} from a moment of your sets" if distances else ""
    return (
        f"{words}: {len(entries)} checked against every moment{nearest}, real windows of other tracks are "
        f"{low:.2f} to {high:.2f} away (n = {len(real.distances)}; 2 in 100 of them, at most, would be "
        "called copies by the same rule)."
    )
