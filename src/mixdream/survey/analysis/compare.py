"""Results of ``abx`` blocks (which of two clips is X?) and of ``prefer`` blocks (which is better?)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from mixdream.survey.analysis.bradley_terry import score_rows
from mixdream.survey.analysis.intervals import CHANCE, Interval, percent, sign_p
from mixdream.survey.analysis.measures import (
    CHANCE_LEVEL,
    JACKKNIFE_NOTE,
    P_NOTE,
    SHARE,
    SHARE_NOTE,
    BlockReport,
    Measure,
    add_holm,
    by_clip,
    is_shown,
    judged_p,
    measure_of,
    verdict,
)
from mixdream.survey.analysis.observations import items_of
from mixdream.survey.analysis.signal_detection import FARTHEST, abx_d_prime
from mixdream.survey.analysis.tables import Row, Section, Table, many
from mixdream.survey.design.blocks import Compare
from mixdream.survey.storage.rows import Answer

Pair = tuple[str, str]

_ABX_NOTE = (
    f"{SHARE_NOTE} {P_NOTE} d' is that of listeners who compare X with A and with B (differencing: Macmillan "
    "& Creelman 2005), from the share right and its interval; chance and below are 0."
)
_FARTHEST_NOTE = (
    f" No d' is counted above {FARTHEST:.0f}: an interval that ends there means at least its lower end."
)
_PREFER_NOTE = (
    f"{SHARE_NOTE} A tie is half for each. {P_NOTE} The first is the sign test: do as many listeners prefer "
    "one as the other? Holm's correction is for the number of pairs."
)
_RANKING_NOTE = (
    "Bradley-Terry scores in log odds: one point more is preferred in 73 %; 0 is the average condition. "
    f"{JACKKNIFE_NOTE}"
)


def abx_report(block: Compare, rows: Sequence[Answer], prefix: str) -> BlockReport:
    """Analyse the answers to an ``abx`` block."""
    measures = [
        measure_of(" / ".join(pair), own, [_right(row) for row in own], CHANCE)
        for pair, own in by_pair(block, rows)
    ]
    lines = [_abx_row(measure) for measure in measures]
    add_holm(lines)
    whole = measure_of("all pairs", rows, [_right(row) for row in rows], CHANCE)
    if len(measures) > 1:
        measures.append(whole)
        lines.append(_abx_row(whole))
    open_end = any(line["d_prime_interval"] and line["d_prime_interval"].high == FARTHEST for line in lines)
    note = _ABX_NOTE + (_FARTHEST_NOTE if open_end else "")
    columns = f"pair {SHARE} {CHANCE_LEVEL} p_holm d_prime d_prime_interval"
    table = Table(f"{prefix}-right", "Right, by pair", columns, lines, note, digits=2)
    lines = [
        clip | {"answers": len(right), "percent": 100 * float(right.mean())}
        for clip, right in by_clip((row.clips[2], _right(row)) for row in rows)
    ]
    headings = {"condition": "condition of X", "item": "item of X", "percent": "% right"}
    columns, title = "condition item answers percent", "Right, by clip"
    clips = Table(f"{prefix}-clips", title, columns, lines, headings=headings, folded=True)
    chart = table.chart("% right", title="Right", expected=percent(CHANCE), limits=(0, 100))
    neither, is_above = "not shown to differ from chance", whole.means.mean() > CHANCE
    shown = verdict(whole.p, is_above, "above chance", "below chance", neither)
    sentence = f"X was told right in {whole}, chance is 50 %: {shown}{whole.these_clips}"
    broken_down = [replace(measure, name=f"right, {measure.name}") for measure in measures]
    return BlockReport(sentence, [Section("", (chart,), (table, clips))], broken_down)


def prefer_report(block: Compare, rows: Sequence[Answer], prefix: str) -> BlockReport:
    """Analyse the answers to a ``prefer`` block."""
    pairs = by_pair(block, rows)
    measures: list[Measure] = []
    lines: list[Row] = []
    for (first, second), own in pairs:
        measure = measure_of(f"{first} over {second}", own, [_won(row, first) for row in own])
        measures.append(measure)
        ties = sum(row.value == "tie" for row in own)
        p = sign_p(measure.means) if len(measure.means) > 1 else None
        p = judged_p(p, measure.observations, CHANCE)
        lines.append({"pair": measure.name, "ties": ties, "p": p} | measure.row())
    add_holm(lines)
    columns = "pair listeners answers ties percent two_way by_listener p p_holm"
    table = Table(f"{prefix}-preferred", "Preferred, by pair", columns, lines, _PREFER_NOTE)
    chart = table.chart("% preferred", title="Preferred", expected=percent(CHANCE), limits=(0, 100))
    sections = [Section("", (chart,), (table,)), *_ranking(pairs, f"{prefix}-bradley-terry")]
    corrected = [line["p_holm"] for line in lines]
    found = list(zip((pair for pair, _ in pairs), measures, corrected, strict=True))
    return BlockReport(_preferences(found), sections, measures)


def by_pair(block: Compare, rows: Sequence[Answer]) -> list[tuple[Pair, list[Answer]]]:
    """Answers to each pair of the design that has any; a pair the other way round is the same one."""
    answers: dict[frozenset[str], tuple[Pair, list[Answer]]] = {}
    for pair in block.pairs:
        answers.setdefault(frozenset(pair), (pair, []))
    for row in rows:
        answers[frozenset(clip.condition for clip in row.clips)][1].append(row)
    return [(pair, own) for pair, own in answers.values() if own]


def _right(row: Answer) -> float:
    return float(row.value == row.right)


def _abx_row(measure: Measure) -> Row:
    interval, n = measure.two_way or measure.by_listener, len(measure.observations.value)
    # Log-linear, as for rates: with everything right d' would have no end.
    d_prime = abx_d_prime((float(measure.means.mean()) * n + 0.5) / (n + 1))
    ends = Interval(*map(abx_d_prime, interval)) if interval else None
    return {"pair": measure.name, "d_prime": d_prime, "d_prime_interval": ends} | measure.row()


def _won(row: Answer, condition: str) -> float:
    """1 where a condition was preferred, 0 where the other was, 1/2 for a tie."""
    if row.value == "tie":
        return 0.5
    return float(row.clips[row.value == "second"].condition == condition)


def _preferences(found: Sequence[tuple[Pair, Measure, float | None]]) -> str:
    """The sentence, from each pair with its measure and its corrected p."""
    if len(found) == 1:
        (((first, second), measure, p),) = found
        is_first, is_second = (f"{name} is preferred" for name in (first, second))
        shown = verdict(p, measure.means.mean() > CHANCE, is_first, is_second, "no preference is shown")
        return f"{first} was preferred to {second} in {measure}: {shown}{measure.these_clips}"
    preferred = []
    for (first, second), measure, p in found:
        if is_shown(p):
            share = 100 * float(measure.means.mean())
            if share < 100 * CHANCE:
                first, second, share = second, first, 100 - share
            preferred.append(f"{first} over {second} ({share:.0f} %{measure.these_clips})")
    return (
        "a preference is shown, after correction for the number of pairs, in "
        f"{len(preferred) or 'none'} of {many(len(found), 'pair')}{': ' if preferred else ''}"
        f"{', '.join(preferred)}"
    )


def _ranking(pairs: Sequence[tuple[Pair, list[Answer]]], name: str) -> list[Section]:
    """Bradley-Terry scores of three conditions and more, where all are connected."""
    rows = list(chain.from_iterable(answers for _, answers in pairs))
    names = sorted({clip.condition for row in rows for clip in row.clips})
    number = {name: i for i, name in enumerate(names)}
    # In the order of the names, as items_of has them.
    compared = np.array([sorted(number[clip.condition] for clip in row.clips) for row in rows])
    scored = score_rows(
        np.array([row.session for row in rows]),
        compared,
        np.array(items_of("prefer", [row.clips for row in rows])),
        np.array([_won(row, names[pair[0]]) for row, pair in zip(rows, compared, strict=True)]),
    )
    if len(names) < 3 or not scored:
        return []
    lines: list[Row] = sorted(
        ({"condition": condition} | row for condition, row in zip(names, scored, strict=True)),
        key=lambda line: -line["score"],
    )
    title, columns = "All conditions on one scale", "condition score two_way by_listener"
    table = Table(name, title, columns, lines, _RANKING_NOTE, digits=2)
    return [Section("Ranking", (table.chart("Bradley-Terry score (log odds)", "score"),), (table,))]
