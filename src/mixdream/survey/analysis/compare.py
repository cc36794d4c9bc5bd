"""Results of ``abx`` blocks (which of two clips is X?) and of ``prefer`` blocks (which is better?)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mixdream.survey.analysis.bradley_terry import bradley_terry, connected, score_intervals
from mixdream.survey.analysis.intervals import CHANCE, LEVEL, Interval, holm, percent, share_interval, sign_p
from mixdream.survey.analysis.measures import (
    CHANCE_LEVEL,
    SHARE,
    SHARE_NOTE,
    BlockReport,
    Measure,
    add_holm,
    by_clip,
    measure_of,
    verdict,
)
from mixdream.survey.analysis.signal_detection import FARTHEST, abx_d_prime
from mixdream.survey.analysis.tables import Row, Section, Table, many
from mixdream.survey.design.blocks import Compare
from mixdream.survey.storage.rows import Answer

Pair = tuple[str, str]

_ABX_NOTE = (
    f"{SHARE_NOTE} d' is that of listeners who compare X with A and with B (differencing: Macmillan & "
    "Creelman 2005), from the share right and its interval over listeners; chance and below are 0."
)
_FARTHEST_NOTE = (
    f" No d' is counted above {FARTHEST:.0f}: an interval that ends there means at least its lower end."
)
_PREFER_NOTE = (
    f"{SHARE_NOTE} A tie is half for each. The sign test asks whether as many listeners prefer one as the "
    "other; Holm's correction is for the number of pairs."
)
_RANKING_NOTE = (
    "Bradley-Terry scores in log odds: one point more is preferred in 73 %; 0 is the average condition."
)


def abx_report(block: Compare, rows: Sequence[Answer], prefix: str) -> BlockReport:
    """Analyse the answers to an ``abx`` block."""
    measures = [
        measure_of(" / ".join(pair), own, [_right(row) for row in own], CHANCE)
        for pair, own in by_pair(block, rows)
    ]
    lines = [_abx_row(measure) for measure in measures]
    add_holm(lines, "p_by_listener")
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
    sentence = f"X was told right in {whole}, chance is 50 %: {shown}"
    broken_down = [replace(measure, name=f"right, {measure.name}") for measure in measures]
    return BlockReport(sentence, [Section("", (chart,), (table, clips))], broken_down)


def prefer_report(block: Compare, rows: Sequence[Answer], prefix: str) -> BlockReport:
    """Analyse the answers to a ``prefer`` block."""
    pairs = by_pair(block, rows)
    measures, lines = [], []
    for (first, second), own in pairs:
        measure = measure_of(f"{first} over {second}", own, [_won(row, first) for row in own])
        measures.append(measure)
        ties, p = sum(row.value == "tie" for row in own), sign_p(measure.means)
        lines.append({"pair": measure.name, "ties": ties, "p_sign": p} | measure.row())
    add_holm(lines, "p_sign")
    columns = "pair listeners answers ties percent by_listener two_way p_sign p_holm"
    table = Table(f"{prefix}-preferred", "Preferred, by pair", columns, lines, _PREFER_NOTE)
    chart = table.chart("% preferred", title="Preferred", expected=percent(CHANCE), limits=(0, 100))
    sections = [Section("", (chart,), (table,)), *_ranking(pairs, f"{prefix}-bradley-terry")]
    return BlockReport(_preferences([pair for pair, _ in pairs], measures), sections, measures)


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
    interval, n = share_interval(measure.means), len(measure.observations.value)
    # Log-linear, as for rates: with everything right d' would have no end.
    d_prime = abx_d_prime((float(measure.means.mean()) * n + 0.5) / (n + 1))
    ends = Interval(*map(abx_d_prime, interval)) if interval else None
    return {"pair": measure.name, "d_prime": d_prime, "d_prime_interval": ends} | measure.row()


def _won(row: Answer, condition: str) -> float:
    """1 where a condition was preferred, 0 where the other was, 1/2 for a tie."""
    if row.value == "tie":
        return 0.5
    return float(row.clips[row.value == "second"].condition == condition)


def _preferences(pairs: Sequence[Pair], measures: Sequence[Measure]) -> str:
    """The sentence; it goes by the sign test, which counts listeners: their mean may lie elsewhere."""
    leaning = [float(np.sign(measure.means - CHANCE).sum()) for measure in measures]
    if len(pairs) == 1:
        ((first, second),), (measure,) = pairs, measures
        p = sign_p(measure.means) if len(measure.means) > 1 else None
        is_first, is_second = (f"{name} is preferred (sign test)" for name in (first, second))
        shown = verdict(p, leaning[0] > 0, is_first, is_second, "no preference is shown (sign test)")
        return f"{first} was preferred to {second} in {measure}: {shown}"
    preferred = []
    corrected = holm([sign_p(measure.means) for measure in measures])
    for (first, second), measure, side, p in zip(pairs, measures, leaning, corrected, strict=True):
        if p is not None and p < LEVEL:
            share = 100 * float(measure.means.mean())
            if side < 0:
                first, second, share = second, first, 100 - share
            preferred.append(f"{first} over {second} ({share:.0f} %)")
    return (
        "a preference is shown, after correction for the number of pairs, in "
        f"{len(preferred) or 'none'} of {many(len(pairs), 'pair')}{': ' if preferred else ''}"
        f"{', '.join(preferred)}"
    )


def _ranking(pairs: Sequence[tuple[Pair, list[Answer]]], name: str) -> list[Section]:
    """Bradley-Terry scores of three conditions and more, where all are connected."""
    conditions = list(dict.fromkeys(condition for pair, _ in pairs for condition in pair))
    listeners = sorted({row.session for _, answers in pairs for row in answers})
    number_of = {listener: i for i, listener in enumerate(listeners)}
    wins = np.zeros((len(listeners), len(conditions), len(conditions)))
    for (first, second), answers in pairs:
        a, b = conditions.index(first), conditions.index(second)
        for row in answers:
            won = _won(row, first)
            wins[number_of[row.session], [a, b], [b, a]] += won, 1 - won
    whole = wins.sum(axis=0)
    if len(conditions) < 3 or not connected(whole):
        return []
    scored = zip(conditions, bradley_terry(whole).tolist(), score_intervals(wins), strict=True)
    lines: list[Row] = [
        {"condition": condition, "score": score, "interval": interval}
        for condition, score, interval in sorted(scored, key=lambda line: -line[1])
    ]
    title, columns = "All conditions on one scale", "condition score interval"
    headings = {"interval": "95 % (jackknife)"}
    table = Table(name, title, columns, lines, _RANKING_NOTE, digits=2, headings=headings)
    chart = table.chart("Bradley-Terry score (log odds)", "score", "interval")
    return [Section("Ranking", (chart,), (table,))]
