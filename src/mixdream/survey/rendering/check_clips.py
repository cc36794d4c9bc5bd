"""Whether the clips of a listening test are those that its design needs."""

from collections.abc import Iterator, Sequence

from mixdream.errors import InputError
from mixdream.survey.design.blocks import (
    AnyBlock,
    Ask,
    Compare,
    Detect,
    Multi,
    clips_heard,
    clips_practised,
)
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import ATTENTION, HEADPHONES
from mixdream.survey.rendering.clips import Clip

LONGEST_MUSHRA_S = 12.0

_SAME_LENGTH_S = 0.05


def check_clips(design: Design, clips: Sequence[Clip]) -> None:
    """Raise InputError, in one line, where blocks want more clips than there are."""
    items = {name: {clip.item for clip in clips if clip.condition == name} for name in design.conditions}
    problems = [problem for block in design.blocks for problem in _missing(block, items)]
    if design.has_attention and not any(clip.condition == ATTENTION for clip in clips):
        problems.append("there are attention items, but no clips for them: render the clips again")
    if design.headphones and not any(clip.condition == HEADPHONES for clip in clips):
        problems.append("there is a test for headphones, but no clips for it: render the clips again")
    if problems:
        raise InputError("; ".join(problems))


def length_notes(clips: Sequence[Clip]) -> list[str]:
    """Say where the lengths of clips tell their condition: one line, or none.

    >>> length_notes([Clip("0", "real", "a", 4.05), Clip("1", "model", "b", 10.0)])
    ['clips can be told apart by their length (real 4.05 s, model 10.00 s): cut the files to one length']
    """
    spans: dict[str, list[float]] = {}
    for clip in clips:
        if clip.condition not in (ATTENTION, HEADPHONES):
            spans.setdefault(clip.condition, []).append(clip.seconds)
    lengths_s = [seconds for span in spans.values() for seconds in span]
    if not lengths_s or max(lengths_s) - min(lengths_s) <= _SAME_LENGTH_S:
        return []
    shown = ", ".join(f"{name} {_span(span)}" for name, span in spans.items())
    return [f"clips can be told apart by their length ({shown}): cut the files to one length"]


def mushra_notes(design: Design, clips: Sequence[Clip]) -> list[str]:
    """Say where clips are longer than BS.1534-3 wants them in a test with a reference: one line, or none."""
    names = {
        name
        for block in design.blocks
        if isinstance(block, Multi) and block.reference is not None
        for name in block.conditions
    }
    longest_s = max((clip.seconds for clip in clips if clip.condition in names), default=0.0)
    if longest_s <= LONGEST_MUSHRA_S:
        return []
    return [f"clips of MUSHRA last {longest_s:.1f} s; BS.1534-3 wants at most {LONGEST_MUSHRA_S:g} s"]


def _span(seconds: list[float]) -> str:
    low, high = f"{min(seconds):.2f}", f"{max(seconds):.2f}"
    return f"{low} s" if low == high else f"{low} to {high} s"


def _missing(block: AnyBlock, items: dict[str, set[str]]) -> Iterator[str]:
    """What a block lacks."""
    if isinstance(block, Compare):
        for i, (a, b) in enumerate(block.pairs):
            wanted = block.per_pair + len(range(i, block.practice, len(block.pairs)))
            number = len(items[a] & items[b]) if block.same_item else min(len(items[a]), len(items[b]))
            if number < wanted:
                what = "files of the same name in both" if block.same_item else "clips in each"
                yield (
                    f"block {block.name} wants {wanted} of {a} and {b}, there are {number} {what}: "
                    "lower per_pair or add files"
                )
        return
    if isinstance(block, Ask):
        return
    if isinstance(block, Multi) and block.of_one_item:
        number = len(set.intersection(*(items[name] for name in block.conditions)))
        if number < (wanted := block.pages + block.practice):
            yield (
                f"block {block.name} wants {wanted} items of {', '.join(block.conditions)}, there are "
                f"{number} files of the same name in all: lower pages or add files"
            )
        return
    advice = "take out trials" if isinstance(block, Detect) else "lower per_condition"
    if isinstance(block, Multi):
        advice = "lower pages"
    for name, number in (clips_heard(block) + clips_practised(block)).items():
        if len(items[name]) < number:
            yield (
                f"block {block.name} wants {number} clips of {name}, there are {len(items[name])}: "
                f"{advice} or add files"
            )
