"""What long work says of itself: how far it is, and times as people read them."""

from collections.abc import Callable

Report = Callable[[float, str], None]
"""Called by long work with the share done, in [0, 1], and a word on what is going on."""


def silent(done: float, note: str) -> None:
    """Say nothing: the report of whoever is not asked for one."""


def part(report: Report, start: float, share: float) -> Report:
    """Report of a piece of work that is a share of the whole and begins when ``start`` of it is done."""
    return lambda done, note: report(start + share * done, note)


def clock(seconds: float, *, tenths: bool = False) -> str:
    """Seconds as ``h:mm:ss``, with tenths where moments are told apart.

    >>> clock(6825.7)
    '1:53:46'
    >>> clock(4353.42, tenths=True)
    '1:12:33.4'
    """
    whole = round(10 * seconds) if tenths else 10 * round(seconds)
    end = f".{whole % 10}" if tenths else ""
    return f"{whole // 36000}:{whole // 600 % 60:02d}:{whole // 10 % 60:02d}{end}"
