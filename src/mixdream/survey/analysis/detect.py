"""Results of a ``detect`` block: were generated clips told from real ones?"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from mixdream.survey.analysis.detection import Detection, criterion, d_prime, detection_intervals
from mixdream.survey.analysis.exactly_one import exactly_one
from mixdream.survey.analysis.means import share_interval, t_p
from mixdream.survey.analysis.observations import Observations, observe
from mixdream.survey.analysis.paired import DIFFERENCE_COLUMNS, DIFFERENCE_NOTE, add_holm, differences
from mixdream.survey.analysis.parts import BlockReport, Chart, Measure, Section
from mixdream.survey.analysis.score_tables import score_sections, score_sentence
from mixdream.survey.analysis.scores import CHOICES, Choice, Counts, count_answers
from mixdream.survey.analysis.shares import (
    CHANCE,
    CHANCE_COLUMNS,
    COUNT_COLUMNS,
    POOLED_COLUMNS,
    SHARE_COLUMNS,
    SHARE_NOTE,
    count_row,
    share_row,
)
from mixdream.survey.analysis.tables import Column, Table, percent
from mixdream.survey.analysis.wording import NOBODY, against, share, who
from mixdream.survey.design.blocks import Detect
from mixdream.survey.design.design import Design
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

_MOST_TRIALS = 10  # with tables of their own
_MIRRORED: dict[Choice, Choice] = {"first": "second", "second": "first", "none": "none", "both": "both"}


def detect_sentence(rows: Sequence[Answer], design: Design) -> str:
    """Say whether generated clips were told from real ones."""
    if not rows:
        return NOBODY
    found = judged(rows, design)
    means = found.listener_means()
    means = means[~np.isnan(means)]
    if found.strata < 2 or not len(means):
        called = _called(rows)
        return f"{who(rows)}: {share(float(called.value.mean()), None)} of the clips were called generated."
    value = float(means.mean())
    verdict = against(
        t_p(means, CHANCE),
        value,
        CHANCE,
        "above chance",
        "below chance, generated clips were taken for the real ones",
        "not shown to differ from chance",
    )
    return (
        f"{who(rows)}: generated and real clips were told apart in "
        f"{share(value, share_interval(means))} of cases, chance is 50 %: {verdict}."
    )


def detect_report(
    block: Detect, rows: Sequence[Answer], design: Design, rng: np.random.Generator, prefix: str
) -> BlockReport:
    """Analyse a block.

    Parameters
    ----------
    block : Detect
    rows : sequence of Answer
        To this block.
    design : Design
    rng : np.random.Generator
    prefix : str
        Of the names of tables and charts.
    """
    ask, sentence = in_language(block.ask, design.languages[0]), detect_sentence(rows, design)
    if not rows:
        return BlockReport(block.name, block.kind, ask, sentence)
    found = judged(rows, design)
    sections = [_told_apart(block, rows, found, design, rng, prefix), _by_clip(rows, prefix)]
    notes: list[str] = []
    if len(block.trials) <= _MOST_TRIALS:
        counts = to_counts(block, rows, design)
        options = dict(
            zip(
                CHOICES,
                (in_language(text, design.languages[0]) for text in block.options),
                strict=True,
            )
        )
        sections += score_sections(counts, prefix, options)
        notes.append(f"Scores as in the thesis: {score_sentence(counts)}")
    else:
        notes.append(f"Scores of single questions are left out with more than {_MOST_TRIALS} of them.")
    name = "told apart" if found.strata > 1 else "judged right"
    measures = (Measure(name, found, "percent"),)
    return BlockReport(block.name, block.kind, ask, sentence, tuple(sections), measures, tuple(notes))


def judged(rows: Sequence[Answer], design: Design) -> Observations:
    """Whether each clip was judged right, generated and real ones as strata."""
    kinds = sorted({_is_generated(clip.condition, design) for row in rows for clip in row.clips})
    values = []
    for row in rows:
        for i, clip in enumerate(row.clips):
            generated = _is_generated(clip.condition, design)
            right = _calls(row.value, i) == generated
            values.append(
                (row.session, f"{clip.condition}/{clip.item}", float(right), kinds.index(generated))
            )
    return observe(values)


def to_counts(block: Detect, rows: Sequence[Answer], design: Design) -> Counts:
    """Choices and scores by trial, options in the design's own order even where clips were shuffled."""
    answers: list[tuple[str, int, Choice, Choice]] = []
    for row in rows:
        conditions = tuple(clip.condition for clip in row.clips)
        planned = block.trials[row.trial]
        swapped = conditions != planned and conditions[::-1] == planned
        generated = [_is_generated(condition, design) for condition in planned]
        right: Choice = "both" if all(generated) else "first" if generated[0] else "second"
        if not any(generated):
            right = "none"
        value = cast(Choice, row.value)
        answers.append((row.session, row.trial, _MIRRORED[value] if swapped else value, right))
    names = {i: f"Question {i + 1}" for i in range(len(block.trials))}
    return count_answers(block.name, names, answers)


def _told_apart(
    block: Detect,
    rows: Sequence[Answer],
    found: Observations,
    design: Design,
    rng: np.random.Generator,
    prefix: str,
) -> Section:
    lines: list[dict[str, Any]] = []
    if found.strata > 1:
        lines.append({"what": "told apart: mean of right about both kinds"} | share_row(found, rng, CHANCE))
    for generated in (True, False):
        some = _called(rows, [name for name in design.conditions if _is_generated(name, design) == generated])
        if len(some.value):
            kind = "generated" if generated else "real"
            lines.append({"what": f"{kind} clips called generated"} | share_row(some, rng))
    table = Table(
        f"{prefix}-told-apart",
        "Right, and called generated",
        (Column("what", ""), *SHARE_COLUMNS, *CHANCE_COLUMNS, *POOLED_COLUMNS),
        tuple(lines),
        f"{SHARE_NOTE} Told apart: whoever can't hear a difference is right about half of the clips, be it "
        "by calling none or all of them generated.",
    )
    present = {clip.condition for row in rows for clip in row.clips}
    heard = [name for name in design.conditions if name in present]
    by_condition = [(name, _called(rows, [name])) for name in heard]
    means = [one.listener_means() for _, one in by_condition]
    chart = Chart(
        f"{prefix}-called-generated",
        "Called generated, by condition",
        tuple(heard),
        tuple(100 * float(one.mean()) for one in means),
        tuple(percent(share_interval(one)) for one in means),
        "% of the clips",
        kind="bars",
    )
    tables = [table]
    if found.strata > 1:
        tables.append(_signal(rows, design, prefix))
    if one := exactly_one(rows, design, prefix, by_trial=len(block.trials) <= _MOST_TRIALS):
        tables.append(one)
    tables.append(
        Table(
            f"{prefix}-conditions",
            "Called generated, by condition",
            (Column("condition", "condition"), *SHARE_COLUMNS, *POOLED_COLUMNS),
            tuple({"condition": name} | share_row(one, rng) for name, one in by_condition),
        )
    )
    generated_ones = {name: one for name, one in by_condition if _is_generated(name, design)}
    if lines := differences(generated_ones, 1, "percent"):
        add_holm(lines)
        tables.append(
            Table(
                f"{prefix}-conditions-differences",
                "Called generated, differences of generated conditions in percentage points",
                DIFFERENCE_COLUMNS,
                tuple(lines),
                DIFFERENCE_NOTE,
            )
        )
    return Section("", (chart,), tuple(tables))


def _signal(rows: Sequence[Answer], design: Design, prefix: str) -> Table:
    """Table of d' and the criterion over all clips."""
    place = {name: i for i, name in enumerate(sorted({row.session for row in rows}))}
    counts = np.zeros((len(place), 4))
    for row in rows:
        mine = counts[place[row.session]]
        for i, clip in enumerate(row.clips):
            first = 0 if _is_generated(clip.condition, design) else 2
            mine[first + 1] += 1
            mine[first] += _calls(row.value, i)
    total = Detection(*counts.sum(axis=0))
    intervals = detection_intervals(counts)
    lines = [
        {"what": "d'", "value": d_prime(total), "interval": intervals[0]},
        {"what": "criterion c", "value": criterion(total), "interval": intervals[1]},
    ]
    return Table(
        f"{prefix}-signal-detection",
        "Signal detection",
        (
            Column("what", ""),
            Column("value", "value", "number"),
            Column("interval", "jackknife over listeners", "interval"),
        ),
        tuple(lines),
        f"{total.hits:.0f} of {total.generated:.0f} generated clips and {total.false_alarms:.0f} of "
        f"{total.real:.0f} real ones were called generated; rates corrected log-linearly (Hautus 1995). "
        "d' is 0 by chance; c above 0 means that few clips are called generated.",
        digits=2,
    )


def _by_clip(rows: Sequence[Answer], prefix: str) -> Section:
    called = _called(rows)
    lines = []
    for name, values in called.by_item():
        condition, _, item = name.partition("/")
        lines.append({"condition": condition, "item": item} | _heard(values))
    columns = (
        Column("condition", "condition"),
        Column("item", "item"),
        Column("judged", "answers", "count"),
        *COUNT_COLUMNS,
    )
    return Section(
        "", (), (Table(f"{prefix}-clips", "Called generated, by clip", columns, tuple(lines), folded=True),)
    )


def _heard(values: np.ndarray) -> dict[str, Any]:
    return {"judged": len(values)} | count_row(int(values.sum()), len(values))


def _called(rows: Sequence[Answer], conditions: Sequence[str] | None = None) -> Observations:
    """Whether clips, of some conditions or all, were called generated."""
    return observe(
        (row.session, f"{clip.condition}/{clip.item}", float(_calls(row.value, i)), 0)
        for row in rows
        for i, clip in enumerate(row.clips)
        if conditions is None or clip.condition in conditions
    )


def _calls(value: str, place: int) -> bool:
    return value == "both" or value == ("first", "second")[place]


def _is_generated(condition: str, design: Design) -> bool:
    return design.conditions[condition].generated
