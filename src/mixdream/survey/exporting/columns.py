"""Columns of exported answers and sessions: their names, types and meaning, and how rows fill them."""

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from mixdream.survey.storage.rows import Answer, Heard, Session

MOST_CLIPS = 3
"""Clips that an answer is about: of ``abx`` A, B and X."""

Kind = Literal["text", "whole", "real", "truth", "time"]

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "real": pa.float64(),
    "truth": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """A column of an exported table, with its meaning for the data dictionary."""

    name: str
    kind: Kind
    meaning: str


_CLIP: tuple[tuple[str, Kind, str], ...] = (
    ("clip", "text", "opaque id of the page's {nth} clip, of multi the rated one, the reference; or empty"),
    ("condition", "text", "its condition; never shown to listeners"),
    ("item", "text", "its piece of music, the same name in several conditions; of attention items the tones"),
    ("plays", "whole", "how often it was started, or began again in a loop"),
    ("heard_s", "real", "seconds of it that sounded, all plays together"),
    ("seconds", "real", "its length in seconds"),
    ("reached_end", "truth", "1 where it was heard to its end, of multi for its length in all, else 0"),
)

_OWN = (
    Column("session", "text", "public id of the listener's visit"),
    Column("block", "text", "block of the design, demographics or headphones"),
    Column(
        "kind",
        "text",
        "of the page: detect, prefer, abx, rate, multi, ask, attention, practice, demographics, headphones; "
        "or follow_up, where the question follows that of the page",
    ),
    Column("position", "whole", "of the page among all pages of the visit, from 0"),
    Column("trial", "whole", "of the trial in the design's own order, from 0; -1 where there are none"),
    Column("question", "text", "name of the question; of multi rating_ and the place of the rated clip"),
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
    Column("code", "text", "completion code of this listener alone; shown where the design has own_code"),
    Column("screened_out", "time", "when an answer ended the test; empty where none did"),
    Column("panel", "text", "parameters of the listener's link that the design names, as JSON"),
)


def schema_of(columns: tuple[Column, ...]) -> pa.Schema:
    """Columns as Arrow has them."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in columns])


def cells_of_answer(answer: Answer) -> dict[str, Any]:
    """Cells by column; those of clips that the page does not have are left out."""
    if len(answer.clips) > MOST_CLIPS:
        raise ValueError(f"{len(answer.clips)} clips on a page; an export has columns for {MOST_CLIPS}")
    cells = {column.name: getattr(answer, column.name) for column in _OWN}
    for i, clip in enumerate(answer.clips, 1):
        cells |= {f"{name}_{i}": getattr(clip, name) for name, _, _ in _CLIP}
    return cells


def answer_of_cells(cells: dict[str, Any]) -> Answer:
    """Undo `cells_of_answer`; raises ValueError where a cell is empty that may not be."""
    clips = [
        Heard(**{name: _filled(cells, f"{name}_{i}") for name, _, _ in _CLIP})
        for i in range(1, MOST_CLIPS + 1)
        if cells[f"clip_{i}"]
    ]
    own = {column.name: _filled(cells, column.name) for column in _OWN if column.name != "right"}
    return Answer(**own, right=cells["right"] or None, clips=tuple(clips))


def session_of_cells(cells: dict[str, Any]) -> Session:
    """A session from its cells; raises as `answer_of_cells` does."""
    may_be_empty = ("finished", "screened_out")
    own = {
        column.name: cells[column.name] if column.name in may_be_empty else _filled(cells, column.name)
        for column in SESSION_COLUMNS
    }
    return Session(**own)


def _filled(cells: dict[str, Any], name: str) -> Any:
    if cells[name] is None:
        raise ValueError(f"{name} is empty")
    return cells[name]
