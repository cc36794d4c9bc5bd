"""Results of a ``prefer`` block: which condition is preferred to which?"""

from collections.abc import Sequence

import numpy as np

from mixdream.survey.analysis.bradley_terry import connected, scores
from mixdream.survey.analysis.means import share_interval
from mixdream.survey.analysis.observations import Observations, observe
from mixdream.survey.analysis.paired import add_holm, holm, sign_p
from mixdream.survey.analysis.pairs import Pair, by_pair, pair_chart
from mixdream.survey.analysis.parts import BlockReport, Chart, Measure, Section
from mixdream.survey.analysis.shares import CHANCE, POOLED_COLUMNS, SHARE_COLUMNS, SHARE_NOTE, share_row
from mixdream.survey.analysis.tables import Column, Table
from mixdream.survey.analysis.wording import LEVEL, NOBODY, against, many, share, who
from mixdream.survey.design.blocks import Compare
from mixdream.survey.design.design import Design
from mixdream.survey.design.texts import in_language
from mixdream.survey.storage.rows import Answer

_PAIRS = (
    Column("pair", "pair"),
    *SHARE_COLUMNS[:2],
    Column("ties", "ties", "count"),
    *SHARE_COLUMNS[2:],
    Column("p_sign", "p (sign test over listeners)", "p"),
    Column("p_holm", "p, Holm", "p"),
    *POOLED_COLUMNS,
)
_SCORES = (
    Column("condition", "condition"),
    Column("score", "score", "number"),
    Column("interval", "jackknife over listeners", "interval"),
)


def prefer_sentence(block: Compare, rows: Sequence[Answer]) -> str:
    """Say which preferences are shown."""
    if not rows:
        return NOBODY
    pairs = [(pair, _preferred(some, pair[0]).listener_means()) for pair, some in by_pair(block, rows)]
    if len(pairs) == 1:
        (first, second), means = pairs[0]
        verdict = against(
            sign_p(means) if len(means) > 1 else None,
            # The sign test counts listeners, whose mean may lie on the other side.
            float(np.sign(means - CHANCE).sum()),
            0,
            f"{first} is preferred (sign test)",
            f"{second} is preferred (sign test)",
            "no preference is shown (sign test)",
        )
        value = share(float(means.mean()), share_interval(means))
        return f"{who(rows)}: {first} was preferred to {second} in {value}: {verdict}."
    corrected = holm([sign_p(means) for _, means in pairs])
    found = []
    for ((first, second), means), p in zip(pairs, corrected, strict=True):
        if p is None or p >= LEVEL:
            continue
        won = float(means.mean())
        if np.sign(means - CHANCE).sum() > 0:
            found.append(f"{first} over {second} ({share(won, None)})")
        else:
            found.append(f"{second} over {first} ({share(1 - won, None)})")
    number = many(len(pairs), "pair")
    return (
        f"{who(rows)}: a preference is shown, after correction for the number of pairs, in "
        f"{len(found) or 'none'} of {number}{': ' + ', '.join(found) if found else ''}."
    )


def prefer_report(
    block: Compare, rows: Sequence[Answer], design: Design, rng: np.random.Generator, prefix: str
) -> BlockReport:
    """Analyse a block; the parameters are those of `mixdream.survey.analysis.detect.detect_report`."""
    ask, sentence = in_language(block.ask, design.languages[0]), prefer_sentence(block, rows)
    if not rows:
        return BlockReport(block.name, block.kind, ask, sentence)
    pairs = by_pair(block, rows)
    lines, measures = [], []
    for (first, second), some in pairs:
        found = _preferred(some, first)
        lines.append(
            share_row(found, rng, CHANCE)
            | {
                "pair": f"{first} over {second}",
                "ties": sum(one.value == "tie" for one in some),
                "p_sign": sign_p(found.listener_means()),
            }
        )
        measures.append(Measure(f"{first} over {second}", found, "percent"))
    add_holm(lines, "p_sign")
    table = Table(
        f"{prefix}-preferred",
        "Preferred, by pair",
        _PAIRS,
        tuple(lines),
        f"{SHARE_NOTE} A tie is half for each. The sign test asks whether as many listeners prefer one as "
        "the other; Holm's correction is for the number of pairs.",
    )
    first_section = Section("", (pair_chart(table, "Preferred", "% preferred"),), (table,))
    sections = (first_section, *_ranking(pairs, prefix))
    return BlockReport(block.name, block.kind, ask, sentence, sections, tuple(measures))


def _ranking(pairs: Sequence[tuple[Pair, list[Answer]]], prefix: str) -> list[Section]:
    """Bradley-Terry scores of three conditions and more, where all are connected."""
    names = list(dict.fromkeys(name for pair, _ in pairs for name in pair))
    place = {name: i for i, name in enumerate(sorted({row.session for _, some in pairs for row in some}))}
    wins = np.zeros((len(place), len(names), len(names)))
    for (first, second), some in pairs:
        a, b = names.index(first), names.index(second)
        for row in some:
            value = _value(row, first)
            wins[place[row.session], a, b] += value
            wins[place[row.session], b, a] += 1 - value
    if len(names) < 3 or not connected(wins.sum(axis=0)):
        return []
    found = sorted(zip(names, scores(wins), strict=True), key=lambda one: -one[1].score)
    table = Table(
        f"{prefix}-bradley-terry",
        "All conditions on one scale",
        _SCORES,
        tuple({"condition": name, "score": one.score, "interval": one.interval} for name, one in found),
        "Bradley-Terry scores in log odds: one point more is preferred in 73 %; 0 is the average condition.",
        digits=2,
    )
    chart = Chart(
        table.name,
        table.title,
        tuple(name for name, _ in found),
        tuple(one.score for _, one in found),
        tuple(one.interval for _, one in found),
        "Bradley-Terry score (log odds)",
    )
    return [Section("Ranking", (chart,), (table,))]


def _preferred(rows: Sequence[Answer], condition: str) -> Observations:
    """How much a condition was preferred; an item is the clips that were compared."""
    return observe(
        (row.session, "+".join(sorted(clip.item for clip in row.clips)), _value(row, condition), 0)
        for row in rows
    )


def _value(row: Answer, condition: str) -> float:
    if row.value == "tie":
        return 0.5
    return float(row.clips[("first", "second").index(row.value)].condition == condition)
