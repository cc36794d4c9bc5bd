"""Findings that can be heard: kinds of music that are missing or come too often."""

from collections.abc import Sequence

import numpy as np

from mixdream.evaluation.clusters import SIGNIFICANT_Z, find_clusters
from mixdream.evaluation.embedding import analysis_magnitudes, mixed
from mixdream.evaluation.measure import Yardstick
from mixdream.evaluation.sections import ClusterFinding
from mixdream.pages.media import Sound, flac_url, picture_url
from mixdream.progress import clock

SHOWN = 4  # clusters of each kind, and closest clips, that are shown with players
_PEAK = 0.9  # of what is played: clips of any tool at about one level
_PLACES = 8


def player(title: str, audio: np.ndarray, rate_hz: int, note: str = "") -> Sound:
    """Sound and picture of a clip, shape (samples,) or (samples, channels), for the page."""
    audio = np.nan_to_num(np.asarray(audio, np.float32))
    image = analysis_magnitudes(next(mixed([audio])), rate_hz)[0].numpy()
    peak = float(np.abs(audio).max())
    return Sound(
        title=title,
        note=note,
        audio=flac_url(audio * (_PEAK / peak if peak > 0 else 1.0), rate_hz),
        picture=picture_url(image[:, ::2]),  # a pixel for two frames is fine enough
    )


def cluster_findings(
    yardstick: Yardstick, real: np.ndarray, generated: np.ndarray, clips: np.ndarray, labels: Sequence[str]
) -> tuple[ClusterFinding, ...]:
    """Kinds of music that are significantly missing or over-produced, the largest differences first.

    The embeddings of the reference, ``real``, have shape (n, dims), those of the clips (m, dims), in whatever
    space. Clips have shape (m, samples, channels), and a label each. The first few kinds of each sign have
    players: the real window in the middle of the kind, and the clip nearest to that where the kind is
    over-produced.
    """
    windows, rate_hz = yardstick.reference.train, yardstick.reference.rate_hz
    clusters = find_clusters(real, generated, yardstick.seed)
    z = clusters.z()
    rising = np.argsort(z, kind="stable").tolist()
    missing = [cluster for cluster in rising if z[cluster] < -SIGNIFICANT_Z]
    over_produced = [cluster for cluster in rising[::-1] if z[cluster] > SIGNIFICANT_Z]
    findings = []
    for rank, cluster in [*enumerate(missing), *enumerate(over_produced)]:
        members = np.flatnonzero(clusters.reference == cluster)
        inside = np.flatnonzero(clusters.generated == cluster)
        centre = clusters.centroids[cluster]
        middle = int(members[np.square(real[members] - centre).sum(axis=1).argmin()])
        name, start_s = windows.places[middle]
        places = [windows.places[i] for i in members]
        shares = len(members) / len(real), len(inside) / len(generated)
        seconds = len(members) * clips.shape[1] / rate_hz
        players = []
        if rank < SHOWN:
            title = f"{name} at {clock(start_s, tenths=True)}"
            players = [player(title, yardstick.real[middle], rate_hz, "real")]
            if len(inside):
                near = int(inside[np.square(generated[inside] - centre).sum(axis=1).argmin()])
                players.append(player(labels[near], clips[near], rate_hz, "generated, of this kind"))
        findings.append(
            ClusterFinding(
                kind="missing" if cluster in missing else "over-produced",
                z=float(z[cluster]),
                real_share=shares[0],
                generated_share=shares[1],
                real_windows=len(members),
                generated_clips=len(inside),
                centroid={"set": name, "start_s": start_s},
                places=[{"set": set_name, "start_s": at_s} for set_name, at_s in places],
                sentence=_sentence(cluster in missing, seconds, places, *shares),
                players=tuple(players),
            )
        )
    return tuple(findings)


def _sentence(
    missing: bool, seconds: float, places: list[tuple[str, float]], share: float, clips_share: float
) -> str:
    """How often clips come near to a kind of music, and where that is heard in the sets."""
    times: dict[str, list[str]] = {}
    for name, start_s in places[:_PLACES]:
        times.setdefault(name, []).append(clock(start_s, tenths=True))
    where = "; ".join(f"{name} at {', '.join(starts)}" for name, starts in times.items())
    if len(places) > _PLACES:
        where += f" and {len(places) - _PLACES} more"
    if not clips_share:
        words = f"These {seconds:.0f} s of your music are never imitated"
    else:
        only = "Only " if missing else ""
        words = (
            f"{only}{100 * clips_share:.1f} % of the clips are nearest to these {seconds:.0f} s of your music"
        )
    return f"{words} ({100 * share:.1f} % of what was compared): {where}."
