"""Planner: how many listeners a wanted interval needs, and how often each clip is then heard."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm, t

from mixdream.errors import InputError
from mixdream.survey.design.blocks import Ask, Compare, Detect, Multi, Rate, clips_heard
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import Question
from mixdream.survey.rendering.clips import Clip

MOST_LISTENERS = 1_000_000
_Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of listeners before anybody has answered."""

    share: float = 0.5  # of right, or of preferring, answers; 0.5 needs most listeners
    correlation: float = 0.1  # of a listener's answers to one question about different clips (intra-class)
    between_sd: float = 0.6  # of listeners' own mean ratings, in steps of a scale from 1 to 5
    within_sd: float = 0.9  # of one listener's ratings of one condition

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(f"the expected share must lie between 0 and 1, got {self.share:g}")
        if not 0 <= self.correlation < 1:
            raise InputError(f"the correlation must be at least 0 and less than 1, got {self.correlation:g}")
        if not (0 <= self.between_sd <= 100 and 0 <= self.within_sd <= 100):
            raise InputError("standard deviations must be from 0 to 100 steps of the scale")


def listeners_for_share(half_width: float, answers: int = 1, assumed: Assumptions | None = None) -> int:
    """Listeners that a share needs so that its 95 % interval reaches so far, below 0.5, to either side.

    Wilson's half width ``z sqrt(p (1 - p) N + z^2 / 4) / (N + z^2)``, solved for N, the independent answers;
    n answers of one listener are worth ``n / (1 + (n - 1) rho)`` of them (Kish's design effect).

    >>> listeners_for_share(0.0826)
    137
    """
    assumed = assumed or Assumptions()
    if not 0 < half_width < 0.5:
        raise InputError(f"the half width of a share must lie between 0 and 0.5, got {half_width:g}")
    z2, w2 = _Z**2, half_width**2
    linear = 2 * w2 * z2 - z2 * assumed.share * (1 - assumed.share)
    constant = z2**2 * (w2 - 1 / 4)
    independent = (-linear + math.sqrt(linear**2 - 4 * w2 * constant)) / (2 * w2)
    effect = 1 + (answers - 1) * assumed.correlation
    # Less a hair: what is a whole number must not become the next one by rounding.
    return _bounded(math.ceil(independent * effect / answers - 1e-9), half_width)


def listeners_for_mean(half_width: float, answers: int = 1, assumed: Assumptions | None = None) -> int:
    """Listeners that a mean rating needs so that its 95 % interval reaches so many steps to either side.

    The interval is Student's over the means of listeners, whose variance is ``between^2 + within^2 / n``. It
    speaks of more listeners hearing these clips, not of other clips.

    >>> listeners_for_mean(0.3, answers=4)
    27
    """
    assumed = assumed or Assumptions()
    if not half_width > 0:
        raise InputError(f"the half width of a mean must be more than 0, got {half_width:g}")
    sd = math.sqrt(assumed.between_sd**2 + assumed.within_sd**2 / answers)
    # Few enough for the normal distribution; Student's needs some more.
    listeners = _bounded(math.ceil((_Z * sd / half_width) ** 2), half_width)
    while t.ppf(0.975, listeners - 1) * sd / math.sqrt(listeners) > half_width:
        listeners += 1
    return listeners


@dataclass(frozen=True)
class Need:
    """What a block needs."""

    block: str
    what: str  # an interval is for: a question, or an answer of each pair or condition
    listeners: int
    half_width: float  # of a share, or in points of a scale
    heard: dict[str, float]  # how often each clip of a condition is then heard by somebody, on average


def plan_listeners(
    design: Design,
    clips: Sequence[Clip],
    half_width: float,
    rating_half_width: float,
    assumed: Assumptions | None = None,
) -> list[Need]:
    """How many listeners each block with clips needs, and each of the questions of a ``rate`` block.

    ``half_width`` is that of shares (right answers of each ``detect`` question, right or preferring ones of
    each pair, choices), ``rating_half_width`` that of mean ratings, in steps of a scale from 1 to 5; of
    others as much of their range.
    """
    number = Counter(clip.condition for clip in clips)
    needs = []
    for block in design.blocks:
        if isinstance(block, Ask):
            continue
        uses = clips_heard(block)
        for what, step, answers in _intervals(block):
            if step is None:
                width, listeners = half_width, listeners_for_share(half_width, answers, assumed)
            else:
                listeners = listeners_for_mean(rating_half_width, answers, assumed)
                width = step * rating_half_width
            heard = {name: listeners * used / number[name] for name, used in uses.items()}
            needs.append(Need(block.name, what, listeners, width, heard))
    return needs


def _intervals(block: Detect | Compare | Rate | Multi) -> list[tuple[str, float | None, int]]:
    """What each interval is for, of a mean its scale's step, and answers per listener that go into it.

    A scale has five steps, whatever it is divided into.
    """
    if isinstance(block, Detect):
        return [("right answers, each question", None, 1)]
    if isinstance(block, Compare):
        what = "preferences" if block.kind == "prefer" else "right answers"
        return [(f"{what}, each pair", None, block.per_pair)]
    questions = (block.question,) if isinstance(block, Multi) else block.questions
    answers = block.pages if isinstance(block, Multi) else block.per_condition
    return [
        (f"{question.name}, each condition", _step(question), answers)
        for question in questions
        if question.kind != "text"
    ]


def _step(question: Question) -> float | None:
    return (question.highest - question.lowest) / 4 if question.kind == "scale" else None


def _bounded(listeners: int, half_width: float) -> int:
    if listeners > MOST_LISTENERS:
        raise InputError(
            f"a half width of {half_width:g} needs over {MOST_LISTENERS} listeners: ask for less"
        )
    return max(2, listeners)
