"""Results of a ``detect`` block: were generated clips told from real ones?"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from mixdream.survey.analysis.intervals import CHANCE
from mixdream.survey.analysis.measures import (
    CHANCE_LEVEL,
    COUNT,
    JACKKNIFE_NOTE,
    P_NOTE,
    SHARE,
    SHARE_NOTE,
    BlockReport,
    Measure,
    add_holm,
    by_clip,
    count_row,
    differences,
    measure_of,
    verdict,
)
from mixdream.survey.analysis.observations import observe
from mixdream.survey.analysis.score_tables import score_sections, score_sentence
from mixdream.survey.analysis.scores import CHOICES, Choice, Counts, count_answers
from mixdream.survey.analysis.signal_detection import detection_rows
from mixdream.survey.analysis.tables import Row, Section, Table
from mixdream.survey.design.blocks import Detect
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import in_language
from mixdream.survey.storage.rows import Answer, Heard

_MOST_TRIALS = 10  # with tables of their own
_MIRRORED: dict[Choice, Choice] = {"first": "second", "second": "first", "none": "none", "both": "both"}
_TOLD_APART_NOTE = (
    f"{SHARE_NOTE} {P_NOTE} Told apart: whoever can't hear a difference is right about half of the clips, "
    "be it by calling none or all of them generated."
)


class JudgedClip(NamedTuple):
    """What a listener said of a clip: called generated or not, and whether it is."""

    session: str
    heard: Heard
    called: bool
    generated: bool


def detect_report(block: Detect, rows: Sequence[Answer], design: Design, prefix: str) -> BlockReport:
    """Analyse the answers to a block."""
    judged = [
        JudgedClip(row.session, heard, row.value in ("both", option), _is_generated(heard.condition, design))
        for row in rows
        for option, heard in zip(("first", "second"), row.clips, strict=True)
    ]
    whole = _told_apart(judged)
    by_condition = [
        _called(name, mine)
        for name in design.conditions
        if (mine := [clip for clip in judged if clip.heard.condition == name])
    ]
    lines = [{"condition": measure.name} | measure.row() for measure in by_condition]
    title = "Called generated, by condition"
    conditions = Table(f"{prefix}-conditions", title, f"condition {SHARE}", lines)
    short = len(block.trials) <= _MOST_TRIALS
    tables = [
        _shares(judged, whole, f"{prefix}-told-apart"),
        *([_signal(judged, f"{prefix}-signal-detection")] if whole.chance else []),
        *exactly_one(rows, design, f"{prefix}-named-one", by_trial=short),
        conditions,
        *differences(
            f"{prefix}-conditions-differences",
            "Called generated, differences of generated conditions in percentage points",
            {"": [measure for measure in by_condition if _is_generated(measure.name, design)]},
        ),
    ]
    chart = conditions.chart("% of the clips", name=f"{prefix}-called-generated", kind="bars")
    sections = [Section("", (chart,), tables), Section("", (), (_by_clip(judged, f"{prefix}-clips"),))]
    note = f"Scores of single questions are left out with more than {_MOST_TRIALS} of them."
    if short:
        counts = to_counts(block, rows, design)
        texts = (in_language(text, design.languages[0]) for text in block.options)
        sections += score_sections(counts, prefix, dict(zip(CHOICES, texts, strict=True)))
        note = f"Scores as in the thesis: {score_sentence(counts)}"
    return BlockReport(_sentence(judged, whole), sections, (whole,), (note,))


def to_counts(block: Detect, rows: Sequence[Answer], design: Design) -> Counts:
    """Choices and scores by trial, options in the design's own order even where clips were shuffled."""
    answers: list[tuple[str, int, Choice, Choice]] = []
    for row in rows:
        conditions = tuple(clip.condition for clip in row.clips)
        planned, value = block.trials[row.trial], cast(Choice, row.value)
        if conditions != planned and conditions[::-1] == planned:
            value = _MIRRORED[value]
        answers.append((row.session, row.trial, value, _right(planned, design)))
    names = {i: f"Question {i + 1}" for i in range(len(block.trials))}
    return count_answers(block.name, names, answers)


def exactly_one(rows: Sequence[Answer], design: Design, name: str, by_trial: bool) -> list[Table]:
    """Of those who named one clip of a generated and a real one: how many named the right one?

    They are tested against tossing a coin, by trial where that is asked for, and of all trials together.
    """
    by_number: dict[int, list[Answer]] = {}
    for row in rows:
        if _right([clip.condition for clip in row.clips], design) in ("first", "second"):
            by_number.setdefault(row.trial, []).append(row)
    lines: list[Row] = []
    if by_trial or len(by_number) == 1:
        lines = [
            line for i in sorted(by_number) for line in _named_one(f"Question {i + 1}", by_number[i], design)
        ]
    if len(lines) > 1:
        add_holm(lines)
    if len(by_number) > 1:
        lines += _named_one("all", [row for own in by_number.values() for row in own], design)
    note = (
        "Answers that named neither clip or both are left out; a coin names the right one in 50 %. "
        f"{SHARE_NOTE} {P_NOTE}"
    )
    columns = "trial answers named_one right percent two_way by_listener chance_percent p p_holm"
    return [Table(name, "Exactly one clip named", columns, lines, note)] if lines else []


def _named_one(trial: str, rows: Sequence[Answer], design: Design) -> list[Row]:
    """Row of the answers to trials with one generated clip; none where nobody named one clip."""
    named = [row for row in rows if row.value in ("first", "second")]
    if not named:
        return []
    right = [float(_is_generated(row.clips[row.value == "second"].condition, design)) for row in named]
    measure = measure_of(trial, named, right, CHANCE)
    counts = {"trial": trial, "named_one": len(named), "right": int(sum(right))}
    return [counts | measure.row() | {"answers": len(rows)}]


def _is_generated(condition: str, design: Design) -> bool:
    return design.conditions[condition].generated


def _right(conditions: Sequence[str], design: Design) -> Choice:
    """Which of two clips are generated."""
    first, second = (_is_generated(condition, design) for condition in conditions)
    return "both" if first and second else "first" if first else "second" if second else "none"


def _told_apart(judged: Sequence[JudgedClip]) -> Measure:
    """Share of clips judged right: the mean of the shares among generated and among real ones."""
    observations = observe(
        (clip.session, clip.heard.item, float(clip.called == clip.generated), clip.generated)
        for clip in judged
    )
    if len({clip.generated for clip in judged}) < 2:
        return Measure("judged right", observations)
    return Measure("told apart", observations, CHANCE)


def _called(name: str, judged: Sequence[JudgedClip]) -> Measure:
    """Share of clips called generated."""
    return Measure(name, observe((clip.session, clip.heard.item, float(clip.called), 0) for clip in judged))


def _sentence(judged: Sequence[JudgedClip], measure: Measure) -> str:
    if measure.chance is None or not len(measure.means):
        return f"{100 * np.mean([clip.called for clip in judged]):.0f} % of the clips were called generated"
    below = "below chance, generated clips were taken for the real ones"
    shown = verdict(
        measure.p, measure.means.mean() > CHANCE, "above chance", below, "not shown to differ from chance"
    )
    return (
        f"generated and real clips were told apart in {measure}, chance is 50 %: {shown}{measure.these_clips}"
    )


def _shares(judged: Sequence[JudgedClip], measure: Measure, name: str) -> Table:
    lines = [{"what": "told apart: mean of right about both kinds"} | measure.row()] if measure.chance else []
    for kind in (True, False):
        if clips := [clip for clip in judged if clip.generated == kind]:
            what = f"{'generated' if kind else 'real'} clips called generated"
            lines.append({"what": what} | _called(what, clips).row())
    return Table(name, "Right, and called generated", f"what {SHARE} {CHANCE_LEVEL}", lines, _TOLD_APART_NOTE)


def _signal(judged: Sequence[JudgedClip], name: str) -> Table:
    """Table of d' and the criterion over all clips."""
    columns = zip(
        *((clip.session, clip.heard.item, clip.generated, clip.called) for clip in judged), strict=True
    )
    total, rows = detection_rows(*map(np.array, columns))
    lines = [{"what": what} | row for what, row in zip(("d'", "criterion c"), rows, strict=True)]
    note = (
        f"{total.hits:.0f} of {total.generated:.0f} generated clips and {total.false_alarms:.0f} of "
        f"{total.real:.0f} real ones were called generated; rates corrected log-linearly (Hautus 1995). "
        f"d' is 0 by chance; c above 0 means that few clips are called generated. {JACKKNIFE_NOTE}"
    )
    return Table(name, "Signal detection", "what value two_way by_listener", lines, note, digits=2)


def _by_clip(judged: Sequence[JudgedClip], name: str) -> Table:
    lines = [
        cells | {"judged": len(called)} | count_row(int(called.sum()), len(called))
        for cells, called in by_clip((clip.heard, clip.called) for clip in judged)
    ]
    columns = f"condition item judged {COUNT}"
    return Table(name, "Called generated, by clip", columns, lines, folded=True)
