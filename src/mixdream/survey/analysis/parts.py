"""Parts that a report is put together from."""

from dataclasses import dataclass, field
from typing import Literal

from mixdream.survey.analysis.observations import Observations
from mixdream.survey.analysis.proportions import Interval
from mixdream.survey.analysis.tables import Table


@dataclass(frozen=True)
class Chart:
    """Figures with intervals.

    Attributes
    ----------
    name : str
        Of its file; unique in a report.
    title : str
    labels : tuple of str
    values : tuple of float or None
    intervals : tuple of Interval or None
    unit : str
        What the axis shows.
    kind : {"bars", "points"}
        Bars begin at 0, points have a scale of their own.
    expected : float or None
        What chance would give.
    limits : tuple of float, optional
        Of the axis.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    intervals: tuple[Interval | None, ...]
    unit: str
    kind: Literal["bars", "points"] = "points"
    expected: float | None = None
    limits: tuple[float, float] | None = None

    @property
    def described(self) -> str:
        """The chart in words, for those who do not see it."""
        values = (
            f"{label} {value:.3g}" + (f" ({interval.low:.3g} to {interval.high:.3g})" if interval else "")
            for label, value, interval in zip(self.labels, self.values, self.intervals, strict=True)
            if value is not None
        )
        return f"{self.title}, {self.unit}: {', '.join(values)}"


@dataclass(frozen=True)
class Section:
    """Charts and tables under a heading.

    Attributes
    ----------
    title : str
        Empty: no heading.
    charts : tuple of Chart
    tables : tuple of Table
    texts : tuple of str
        Free texts of listeners.
    """

    title: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """The figure of a block that is broken down by who the listeners are.

    Attributes
    ----------
    name : str
        Of its column.
    found : Observations
    unit : {"percent", "points"}
        Shares in [0, 1], shown in percent, or ratings.
    limits : tuple of float
        Range of the values.
    """

    name: str
    found: Observations
    unit: Literal["percent", "points"]
    limits: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class BlockReport:
    """What a block has shown.

    Attributes
    ----------
    name, kind : str
    ask : str
        What listeners were asked; empty where that differs.
    sentence : str
        The result.
    sections : tuple of Section
    measures : tuple of Measure
    notes : tuple of str
    everyone : str
        The result with nobody left out; empty where nobody is.
    """

    name: str
    kind: str
    ask: str
    sentence: str
    sections: tuple[Section, ...] = ()
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = field(default=())
    everyone: str = ""
