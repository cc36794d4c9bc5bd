"""Which clips a listener hears, and in which order: least used first, shuffled, drawn from a stored seed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from mixdream.errors import InputError
from mixdream.survey.design.blocks import AnyBlock, Ask, Compare, Detect, Multi
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
    if isinstance(block, Detect):
        pages = _detect(block, design, pool)
    elif isinstance(block, Compare):
        pages = pool.shuffled(_compare(block, pool))
    elif isinstance(block, Multi):
        pages = pool.shuffled([_multi(block, trial, pool) for trial in range(block.pages)])
    else:
        trials = enumerate(name for name in block.conditions for _ in range(block.per_condition))
        pages = pool.shuffled(
            [Page("rate", block.name, trial, (pool.pick(block.name, name),)) for trial, name in trials]
        )
    for _ in range(block.attention):
        clip = pool.pick(block.name, ATTENTION)
        page = Page("attention", block.name, clips=(clip,), right=clip.item)
        pages.insert(int(pool.rng.integers(len(pages) + 1)), page)
    return pages


def _detect(block: Detect, design: Design, pool: "_Pool") -> list[Page]:
    pages = []
    for trial, conditions in enumerate(block.trials):
        pair = [pool.pick(block.name, condition) for condition in conditions]
        if block.shuffle_clips:
            pair = pool.shuffled(pair)
        first, second = (design.conditions[clip.condition].generated for clip in pair)
        right = {(True, False): "first", (False, True): "second", (False, False): "none"}
        pages.append(Page("detect", block.name, trial, tuple(pair), right.get((first, second), "both")))
    return pool.shuffled(pages) if block.shuffle_trials else pages


def _compare(block: Compare, pool: "_Pool") -> list[Page]:
    pages = []
    for trial in range(len(block.pairs) * block.per_pair):
        conditions = block.pairs[trial // block.per_pair]
        if block.same_item:
            pair = pool.pick_item(block.name, conditions)
        else:
            pair = [pool.pick(block.name, condition) for condition in conditions]
        pair = pool.shuffled(pair)
        if block.kind == "prefer":
            pages.append(Page("prefer", block.name, trial, tuple(pair)))
        else:
            x = int(pool.rng.integers(2))
            pages.append(Page("abx", block.name, trial, (*pair, pair[x]), ("first", "second")[x]))
    return pages


def _multi(block: Multi, trial: int, pool: "_Pool") -> Page:
    if block.of_one_item:
        clips = pool.pick_item(block.name, block.conditions)
    else:
        clips = [pool.pick(block.name, condition) for condition in block.conditions]
    rated = pool.shuffled(clips)
    reference = [clip for clip in clips if clip.condition == block.reference]
    return Page("multi", block.name, trial, (*reference, *rated), reference=bool(reference))


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
