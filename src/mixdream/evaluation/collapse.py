"""Mode collapse, named: none, partial or full, by a rule that is the same for every model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mixdream.evaluation.intervals import Estimate

Collapse = Literal["none", "partial", "full", "unknown"]

# By the stages of a collapse on real music, docs/evaluate.md: as many other real windows keep 0.95 of the
# floor's coverage or more and lose 0.05 at most (100 and 200 windows, 8 draws each).
FULL_COVERAGE = 0.1
PARTIAL_COVERAGE = 0.75
LOWERED_COVERAGE = 0.9
FULL_MISSING = 0.8
PARTIAL_MISSING = 0.15
UNLIKE = 0.3  # density over that of real windows, under which clips are hardly music of this corpus
NEEDED = ("coverage", "ndb", "missing")


@dataclass(frozen=True)
class Verdict:
    """What the figures say about collapse, also in a sentence for people, with the evidence."""

    collapse: Collapse  # unknown: too few clips for a figure that the rule needs, or no floor
    coverage_kept: float | None  # coverage over that of the floor
    missing_more: float | None  # share of the real music in missing clusters, beyond the floor's
    ndb_differs: bool  # NDB is above the floor's interval
    sentence: str


def unjudged(sentence: str) -> Verdict:
    """Verdict on what cannot be judged, with the reason."""
    return Verdict("unknown", None, None, False, sentence)


def judge_collapse(
    figures: Mapping[str, Estimate], floor: Mapping[str, Estimate], floor_name: str = "real windows"
) -> Verdict:
    """Judge by coverage and NDB against what real windows of the same music reach.

    Let *kept* be the coverage over the floor's, and *lost* the share of the real music in clusters that are
    significantly missing (z < -1.96), minus the floor's.

    - **full**: kept < 0.1 or lost > 0.8.
    - **partial**: kept < 0.75; or kept < 0.9 and NDB above the floor's interval; or lost > 0.15.
    - **none**: everything else.

    NDB alone cannot do it: from a quarter of the clusters downward it hardly moves (clusters that are gone
    and clusters that are repeated differ alike), while coverage and the missing share go on. The floor
    is the other half of the training windows; for a model that makes spectrograms, these windows through its
    own grid and inversion (the ceiling), since what the phases lose is no collapse. Held-out real music is no
    floor for this question: other tracks do not cover these either, and are not collapsed.

    A generator of noise misses everything too, so where hardly a clip is like real windows, the sentence says
    so: untrained or broken, rather than collapsed onto a few good clips. ``floor_name`` is what the sentence
    calls the floor. Figures are of `mixdream.evaluation.metrics.evaluate_embeddings`.
    """
    lacking = [name for name in NEEDED if name not in figures or name not in floor]
    if lacking:
        return unjudged(
            f"Mode collapse cannot be judged: too few clips or real windows for {', '.join(lacking)}."
        )
    if not floor["coverage"].value > 0:
        return unjudged(
            f"Mode collapse cannot be judged: as many {floor_name} reach nothing of your music either."
        )
    kept = figures["coverage"].value / floor["coverage"].value
    lost = max(0.0, figures["missing"].value - floor["missing"].value)
    differs = figures["ndb"].value > floor["ndb"].high
    if kept < FULL_COVERAGE or lost > FULL_MISSING:
        collapse: Collapse = "full"
    elif kept < PARTIAL_COVERAGE or (kept < LOWERED_COVERAGE and differs) or lost > PARTIAL_MISSING:
        collapse = "partial"
    else:
        collapse = "none"
    return Verdict(collapse, kept, lost, differs, _sentence(collapse, figures, floor, floor_name))


def _sentence(
    collapse: Collapse, figures: Mapping[str, Estimate], floor: Mapping[str, Estimate], floor_name: str
) -> str:
    head = "No" if collapse == "none" else collapse.capitalize()

    def of(name: str, row: Mapping[str, Estimate]) -> str:
        return f"{100 * row[name].value:.0f} %"

    words = (
        f"{head} mode collapse: the clips reach {of('coverage', figures)} of your music, where as many "
        f"{floor_name} reach {of('coverage', floor)}; kinds that make up {of('missing', figures)} of it are "
        f"missing (then: {of('missing', floor)}), and {of('ndb', figures)} of all kinds come too seldom or "
        f"too often (then: {of('ndb', floor)})."
    )
    # Density and not precision, which was 1 for noise on real music: one wide ball around a window is enough.
    if "density" in figures and figures["density"].value < UNLIKE * floor["density"].value:
        words += (
            f" The clips lie outside your music (density {figures['density'].value:.2f}, {floor_name} "
            f"{floor['density'].value:.2f}): the model is untrained, broken or muffled, rather than stuck on "
            "a few good clips."
        )
    return words
