"""Sentences that reports are headed with."""

from collections.abc import Sequence

from mixdream.survey.analysis.proportions import Interval
from mixdream.survey.storage.rows import Answer

NOBODY = "There are no answers."

LEVEL = 0.05
"""Below it a p value shows something."""


def many(number: int, what: str) -> str:
    """A number and what it counts.

    >>> many(1, "listener"), many(2, "listener")
    ('1 listener', '2 listeners')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def who(rows: Sequence[Answer]) -> str:
    """How many listeners and answers there are."""
    return f"{many(len({row.session for row in rows}), 'listener')}, {many(len(rows), 'answer')}"


def share(value: float, interval: Interval | None) -> str:
    """A share in whole percent with its interval.

    >>> share(0.523, Interval(0.45, 0.594))
    '52 % (45 to 59)'
    """
    return f"{100 * value:.0f} %" + (
        f" ({100 * interval.low:.0f} to {100 * interval.high:.0f})" if interval else ""
    )


def against(p: float | None, value: float, expected: float, above: str, below: str, neither: str) -> str:
    """What a test says of a value and the expected one; with one listener it says nothing.

    >>> [against(p, 0.7, 0.5, "above", "below", "neither") for p in (0.03, 0.3)]
    ['above', 'neither']
    """
    if p is None:
        return "one listener says nothing about others"
    if p >= LEVEL:
        return neither
    return above if value > expected else below
