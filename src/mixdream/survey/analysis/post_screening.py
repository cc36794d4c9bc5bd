"""Who does not hear what a MUSHRA test is about: post-screening of listeners (ITU-R BS.1534-3, 4.1.2)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from mixdream.survey.analysis.exclude import Excluded
from mixdream.survey.design.blocks import Multi
from mixdream.survey.design.design import Design
from mixdream.survey.storage.rows import Answer

MID_ANCHOR_HZ = 7000

_HIGH = 0.9  # of the scale: 90 of 100
_MOST_MISSES = 0.15  # of a listener's items
_MOST_TAKEN_IN = 0.25  # of listeners, who rate the mid anchor of an item high; then the item is to blame

Miss = tuple[str, bool]  # a session, and whether an item was missed


def post_screen(rows: Sequence[Answer], design: Design, today: date) -> list[Excluded]:
    """List who rates the hidden reference low, or the mid anchor high, on more than 15 % of the items.

    Low is below 90 of 100 and high above it, or as much of another scale. Where more than a quarter of the
    listeners rate the mid anchor of an item high, the item says nothing of them. Items of all blocks with a
    reference count together.
    """
    if not design.exclusions.post_screening:
        return []
    blocks = [block for block in design.blocks if isinstance(block, Multi) and block.reference is not None]
    low = [miss for block in blocks for miss in _references(block, rows)]
    high = [miss for block in blocks for miss in _anchors(block, rows, design)]
    return [
        Excluded(session, rule, f"{what} 90 % on {sum(missed)} of {len(missed)} items", today.isoformat())
        for rule, what, misses in (
            ("hidden_reference", "reference below", low),
            ("mid_anchor", "anchor above", high),
        )
        for session, missed in _by_session(misses).items()
        if sum(missed) > _MOST_MISSES * len(missed)
    ]


def _by_session(misses: Sequence[Miss]) -> dict[str, list[bool]]:
    grouped: dict[str, list[bool]] = defaultdict(list)
    for session, missed in misses:
        grouped[session].append(missed)
    return grouped


def _references(block: Multi, rows: Sequence[Answer]) -> Iterator[Miss]:
    for row in _about(block, rows, block.reference):
        yield row.session, float(row.value) < _high(block)


def _anchors(block: Multi, rows: Sequence[Answer], design: Design) -> Iterator[Miss]:
    for condition in block.conditions:
        if design.conditions[condition].lowpass_hz != MID_ANCHOR_HZ:
            continue
        by_item: dict[str, list[Miss]] = defaultdict(list)
        for row in _about(block, rows, condition):
            by_item[row.clips[0].item].append((row.session, float(row.value) > _high(block)))
        for misses in by_item.values():
            if sum(missed for _, missed in misses) <= _MOST_TAKEN_IN * len(misses):
                yield from misses


def _about(block: Multi, rows: Sequence[Answer], condition: str | None) -> Iterator[Answer]:
    for row in rows:
        if row.block == block.name and row.kind == block.kind and row.clips[0].condition == condition:
            yield row


def _high(block: Multi) -> float:
    question = block.question
    return question.lowest + _HIGH * (question.highest - question.lowest)
