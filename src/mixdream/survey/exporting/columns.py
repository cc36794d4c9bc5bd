"""Columns of exported answers and sessions: their names, what they hold, how rows become them and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from mixdream.survey.storage.rows import Answer, Heard, Session

MOST_CLIPS = 3
"""Clips on a page: of ``abx`` A, B and X."""

Kind = Literal["text", "whole", "real", "truth", "time"]


@dataclass(frozen=True)
class Column:
    """A column of an exported table.

    Attributes
    ----------
    kind : {"text", "whole", "real", "truth", "time"}
    meaning : str
        For the data dictionary.
    """

    name: str
    kind: Kind
    meaning: str


_CLIP: tuple[tuple[str, Kind, str], ...] = (
    ("clip", "text", "opaque id of the {nth} clip of the page; empty where there is none"),
    ("condition", "text", "its condition; never shown to listeners"),
    ("item", "text", "its piece of music, the same name in several conditions; of attention items the tones"),
    ("plays", "whole", "how often it was started"),
    ("heard_s", "real", "seconds of it that sounded, all plays together"),
    ("seconds", "real", "its length in seconds"),
    ("reached_end", "truth", "1 where it was heard to its end, else 0"),
)

_OWN = (
    Column("session", "text", "public id of the listener's visit"),
    Column("block", "text", "block of the design, or demographics"),
    Column("kind", "text", "of the block: detect, prefer, abx, rate, ask, attention or demographics"),
    Column("position", "whole", "of the page among all pages of the visit, from 0"),
    Column("trial", "whole", "of the trial in the design's own order, from 0; -1 where there are none"),
    Column("question", "text", "name of the question"),
    Column("value", "text", "the answer; first, second, none, both and tie are places of the clips"),
    Column("right", "text", "the right answer; empty where there is none"),
    Column("seconds_taken", "real", "from the page's appearance to the answer, by the browser's clock"),
    Column("saved", "time", "when the server saved it, UTC"),
    Column("language", "text", "of the texts that were read"),
    Column("app_version", "text", "version of mixdream that served the page"),
    Column("design_hash", "text", "fingerprint of the design, see designs.json"),
)

ANSWER_COLUMNS = (
    *_OWN,
    *(
        Column(f"{name}_{i}", kind, meaning.format(nth=nth))
        for i, nth in enumerate(("first", "second", "third"), 1)
        for name, kind, meaning in _CLIP
    ),
)

SESSION_COLUMNS = (
    Column("session", "text", "public id of the visit"),
    Column("started", "time", "by the server's clock, UTC"),
    Column("finished", "time", "the same; empty where it was broken off"),
    Column("pages", "whole", "pages of the whole test for this listener"),
    Column("answered", "whole", "pages answered"),
)


def cells_of_answer(row: Answer) -> list[Any]:
    """Values in the order of `ANSWER_COLUMNS`; None where a page has fewer clips."""
    cells = [getattr(row, column.name) for column in _OWN]
    for i in range(MOST_CLIPS):
        one = row.clips[i] if i < len(row.clips) else None
        cells += [getattr(one, name, None) for name, _, _ in _CLIP]
    return cells


def answer_of_cells(cells: dict[str, Any]) -> Answer:
    """Undo `cells_of_answer`.

    Raises
    ------
    ValueError
        A cell is empty that may not be.
    """
    clips = [
        Heard(**{name: _filled(f"{name}_{i}", kind, cells) for name, kind, _ in _CLIP})
        for i in range(1, MOST_CLIPS + 1)
        if cells[f"clip_{i}"] is not None
    ]
    own = {column.name: _filled(column.name, column.kind, cells) for column in _OWN}
    return Answer(**own | {"right": cells["right"]}, clips=tuple(clips))


def session_of_cells(cells: dict[str, Any]) -> Session:
    """Undo `cells_of_session`; raises as `answer_of_cells` does."""
    own = {
        column.name: _filled(column.name, column.kind, cells)
        for column in SESSION_COLUMNS
        if column.name != "finished"
    }
    return Session(**own, finished=cells["finished"])


def _filled(name: str, kind: Kind, cells: dict[str, Any]) -> Any:
    """A cell; an empty one of text is the empty text."""
    if cells[name] is None and kind == "text":
        return ""
    if cells[name] is None:
        raise ValueError(f"{name} is empty")
    return cells[name]


def cells_of_session(session: Session) -> list[Any]:
    """Values in the order of `SESSION_COLUMNS`."""
    return [getattr(session, column.name) for column in SESSION_COLUMNS]


def to_text(value: Any) -> str:
    """A cell as CSV holds it, before texts are guarded.

    >>> to_text(None), to_text(True), to_text(0.1), to_text(datetime(2030, 1, 2, tzinfo=UTC))
    ('', '1', '0.1', '2030-01-02T00:00:00+00:00')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)


FROM_TEXT: dict[Kind, Callable[[str], Any]] = {
    "text": str,
    "whole": int,
    "real": float,
    "truth": lambda text: {"0": False, "1": True}[text],
    "time": datetime.fromisoformat,
}
"""Undoes `to_text` for cells that are not empty."""
