"""The copy check of a report: every clip against the corpus, the nearest with players of both sides."""

from collections.abc import Sequence

import numpy as np

from mixdream.corpus.store import Corpus
from mixdream.errors import InputError
from mixdream.evaluation.collection import Collection
from mixdream.evaluation.copies.band_levels import read_moment
from mixdream.evaluation.copies.nearest import Nearest
from mixdream.evaluation.copies.verdict import CopyCheck, RealNearest, check_copies, measure_real, speeds_at
from mixdream.evaluation.embedding import mixed
from mixdream.evaluation.findings import SHOWN, player
from mixdream.evaluation.reference import Reference
from mixdream.evaluation.sections import CopyFinding, CopySection
from mixdream.pages.media import Sound
from mixdream.progress import Report, clock, part

_BEGAN, _ENDED = 0.74, 0.99  # of the whole report, for its progress


def check_collections(
    corpus: Corpus,
    reference: Reference,
    collections: Sequence[Collection],
    samples: int,
    report: Report,
) -> tuple[list[CopySection | None], list[str]]:
    """Check the first ``samples`` of the clips of each collection for copies.

    Returns
    -------
    list of CopySection or None
        One per collection; None without a clip that is finite.
    list of str
        A note that says why there is no copy check, if there is none.
    """
    spans, rate_hz = reference.trained_on, reference.rate_hz
    speeds = speeds_at(corpus, reference.tempo_bpm)
    try:
        real = measure_real(
            corpus, samples / rate_hz, spans=spans, held_out=reference.judged_by, speeds=speeds
        )
    except InputError as error:
        return [None] * len(collections), [f"There is no copy check: {error}"]
    share = (_ENDED - _BEGAN) / len(collections)
    sections: list[CopySection | None] = []
    for i, collection in enumerate(collections):
        finite = np.flatnonzero(np.isfinite(collection.audio).all(axis=(1, 2)))
        if not len(finite):
            sections.append(None)
            continue
        clips = np.stack(list(mixed(collection.audio[finite, :samples])))
        progress = part(report, _BEGAN + share * i, share)
        checks = check_copies(clips, rate_hz, corpus, real, spans=spans, speeds=speeds, report=progress)
        labels = [collection.labels[k] for k in finite]
        sections.append(_section(checks, labels, clips, rate_hz, corpus, real))
    return sections, []


def _section(
    checks: Sequence[CopyCheck],
    labels: Sequence[str],
    clips: np.ndarray,
    rate_hz: int,
    corpus: Corpus,
    real: RealNearest,
) -> CopySection:
    """Copies and then the nearest first, the first few with players."""

    def rank(row: int) -> tuple[bool, float]:
        nearest = checks[row].nearest
        return not checks[row].is_copy, np.inf if nearest is None else nearest.distance

    findings = []
    for position, row in enumerate(sorted(range(len(checks)), key=rank)):
        nearest = checks[row].nearest
        players: tuple[Sound, ...] = ()
        if nearest is not None and position < SHOWN:
            title = f"{nearest.set_name} at {clock(nearest.time_s, tenths=True)}"
            moment = read_aligned(nearest, clips.shape[1], rate_hz, corpus)
            players = (
                player(labels[row], clips[row], rate_hz, "generated"),
                player(title, moment, rate_hz, "real"),
            )
        findings.append(CopyFinding(labels[row], row, checks[row], players))
    return CopySection(
        sentence=_sentence(findings, real),
        copies=sum(finding.check.is_copy for finding in findings),
        checked=len(findings),
        limit=real.limit,
        usual=real.usual,
        n_real=len(real.distances),
        clips=tuple(findings),
    )


def read_aligned(nearest: Nearest, samples: int, rate_hz: int, corpus: Corpus) -> np.ndarray:
    """Audio of a moment as the clip would play it, turned and at the speed to match, shape (samples,)."""
    moment = read_moment(corpus, nearest.set_name, nearest.start, samples, nearest.speed, rate_hz)
    return np.roll(moment, -round(nearest.shift_s * rate_hz))


def _sentence(findings: Sequence[CopyFinding], real: RealNearest) -> str:
    """What the copy check says of all clips, for people."""
    copies = sum(finding.check.is_copy for finding in findings)
    low, high = real.usual
    words = "No clip is a copy" if not copies else f"{copies} of {len(findings)} clips look like copies"
    distances = [nearest.distance for finding in findings if (nearest := finding.check.nearest)]
    least = f"; the nearest is {min(distances):.2f} from a moment of your sets" if distances else ""
    return (
        f"{words}: {len(findings)} checked against every moment{least}, real windows of other tracks are "
        f"{low:.2f} to {high:.2f} away (n = {len(real.distances)}; 2 in 100 of them, at most, would be "
        "called copies by the same rule)."
    )
