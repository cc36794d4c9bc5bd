"""Which clips a listener hears, and in which order: least used first, shuffled, drawn from a stored seed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mixdream.errors import InputError
from mixdream.survey.design.blocks import AnyBlock, Ask, Compare, Detect, Multi, Rate
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import ATTENTION, HEADPHONES
from mixdream.survey.rendering.clips import Clip
from mixdream.survey.serving.plan import Page

OWN = (ATTENTION, HEADPHONES)
"""Conditions whose clips are no music."""

T = TypeVar("T")
Loads = Mapping[tuple[str, str], float]
"""How often a clip was used in a block, by (name of the block, id of the clip)."""


def draw_plan(design: Design, clips: Sequence[Clip], loads: Loads, number: int) -> list[Page]:
    """Draw the pages of a session, from the volume page to the last question.

    The least used clips are taken, ties are drawn. With the design's seed, ``number`` (of the session) gives
    the same plan from the same loads again.
    """
    pool = _Pool(clips, loads, np.random.default_rng((design.seed, number)))
    pages = []
    if design.demographics:
        pages.append(Page("demographics", "demographics"))
    for block in design.blocks:
        if block.intro is not None and not isinstance(block, Ask):
            pages.append(Page("intro", block.name))
        pages += _pages(block, design, pool)
    return [Page("volume", clips=(pool.spare(),)), *_headphones(design, pool), *pages]


def _headphones(design: Design, pool: "_Pool") -> list[Page]:
    if design.headphones is None:
        return []
    clips = [pool.pick(HEADPHONES, HEADPHONES) for _ in range(design.headphones.trials)]
    return [Page("headphones", HEADPHONES, i, (clip,), right=clip.item) for i, clip in enumerate(clips)]


def _pages(block: AnyBlock, design: Design, pool: "_Pool") -> list[Page]:
    if isinstance(block, Ask):
        return [Page("ask", block.name)]
    pages = [_trial(block, trial, kind, design, pool) for trial, kind in enumerate(_kinds(block))]
    if not isinstance(block, Detect) or block.shuffle_trials:
        pages = pool.shuffled(pages)
    for _ in range(block.attention):
        clip = pool.pick(block.name, ATTENTION)
        page = Page("attention", block.name, clips=(clip,), right=clip.item)
        pages.insert(int(pool.rng.integers(len(pages) + 1)), page)
    turns = list(dict.fromkeys(_kinds(block)))
    practice = [_trial(block, -1, turns[i % len(turns)], design, pool) for i in range(block.practice)]
    return [*(replace(page, practice=True) for page in practice), *pages]


def _kinds(block: Detect | Compare | Rate | Multi) -> list[tuple[str, ...]]:
    """Conditions of the clips of each trial, in the design's own order."""
    if isinstance(block, Detect):
        return list(block.trials)
    if isinstance(block, Compare):
        return [pair for pair in block.pairs for _ in range(block.per_pair)]
    if isinstance(block, Multi):
        return [block.conditions] * block.pages
    return [(name,) for name in block.conditions for _ in range(block.per_condition)]


def _trial(
    block: Detect | Compare | Rate | Multi,
    trial: int,
    conditions: tuple[str, ...],
    design: Design,
    pool: "_Pool",
) -> Page:
    of_one_item = isinstance(block, Multi) and block.of_one_item
    if of_one_item or (isinstance(block, Compare) and block.same_item):
        clips = pool.pick_item(block.name, conditions)
    else:
        clips = [pool.pick(block.name, condition) for condition in conditions]
    if isinstance(block, Rate):
        return Page("rate", block.name, trial, tuple(clips))
    if isinstance(block, Multi):
        reference = [clip for clip in clips if clip.condition == block.reference]
        shown = (*reference, *pool.shuffled(clips))
        return Page("multi", block.name, trial, shown, reference=bool(reference))
    if isinstance(block, Compare) or block.shuffle_clips:
        clips = pool.shuffled(clips)
    if isinstance(block, Detect):
        first, second = (design.conditions[clip.condition].generated for clip in clips)
        right = {(True, False): "first", (False, True): "second", (False, False): "none"}
        return Page("detect", block.name, trial, tuple(clips), right.get((first, second), "both"))
    if block.kind == "prefer":
        return Page("prefer", block.name, trial, tuple(clips))
    x = int(pool.rng.integers(2))
    return Page("abx", block.name, trial, (*clips, clips[x]), ("first", "second")[x])


class _Pool:
    """Clips to draw from for one session."""

    def __init__(self, clips: Iterable[Clip], loads: Loads, rng: np.random.Generator) -> None:
        self.rng = rng
        self._loads = loads
        self._own_uses: Counter[str] = Counter()
        self._clips: dict[str, list[Clip]] = {}
        for clip in clips:
            self._clips.setdefault(clip.condition, []).append(clip)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The same in another order; numpy's is Fisher and Yates's."""
        return [things[i] for i in self.rng.permutation(len(things))]

    def spare(self) -> Clip:
        """A clip to set the volume with: one that the session does not ask about, if there is one."""
        music = [clip for name, clips in self._clips.items() if name not in OWN for clip in clips]
        if not music:
            raise InputError("there are no clips to listen to")
        return min(self.shuffled(music), key=lambda clip: self._own_uses[clip.id])

    def pick(self, block: str, condition: str) -> Clip:
        """A clip that this session has not heard, if there is one, and that others heard least."""
        clips = self._clips.get(condition)
        if not clips:
            raise InputError(f"block {block}: condition {condition} has no clips")
        return self._take(block, [(clip,) for clip in clips])[0]

    def pick_item(self, block: str, conditions: Sequence[str]) -> list[Clip]:
        """Clips of the same item in several conditions, chosen as one."""
        first, *others = ({clip.item: clip for clip in self._clips.get(name, ())} for name in conditions)
        common = [
            (clip, *(clips[item] for clips in others))
            for item, clip in first.items()
            if all(item in clips for clips in others)
        ]
        if not common:
            raise InputError(f"block {block}: {' and '.join(conditions)} have no item in common")
        return self._take(block, common)

    def _take(self, block: str, choices: Sequence[tuple[Clip, ...]]) -> list[Clip]:
        def used(choice: tuple[Clip, ...]) -> tuple[int, float]:
            here = sum(self._own_uses[clip.id] for clip in choice)
            return here, sum(self._loads.get((block, clip.id), 0.0) for clip in choice)

        taken = min(self.shuffled(choices), key=used)
        self._own_uses.update(clip.id for clip in taken)
        return list(taken)
