"""Who does not count, by which rule and since when; raw answers stay as they are."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mixdream.errors import InputError
from mixdream.survey.analysis.tables import Row, Section, Table, many
from mixdream.survey.design.design import Exclusions
from mixdream.survey.design.question import ATTENTION, FOLLOW_UP, PRACTICE
from mixdream.survey.exporting.safe_csv import csv_text, unguard
from mixdream.survey.storage.rows import Answer, Heard, Session

RULES = {
    "unfinished": "did not reach the last page",
    "screened_out": "gave an answer that ends the test",
    "wrong_attention": "more wrong attention items than the design allows",
    "heard_too_little": "heard less of the clips than the design asks for",
    "faster_than_sound": "sent answers sooner than the clips said to be heard could have been played",
    "hidden_reference": "rated the hidden reference below 90 % on more than 15 % of the items (BS.1534-3)",
    "mid_anchor": "rated the anchor of 7 kHz above 90 % on more than 15 % of the items (BS.1534-3)",
}
"""Rules that mixdream applies, and what they mean."""


_LATE_S = 1.0  # by which a clock, or a page on its way, may be off


@dataclass(frozen=True)
class Excluded:
    """Why a listener does not count."""

    session: str
    rule: str  # one of RULES, or a researcher's own
    detail: str
    date: str  # on which it was decided, ISO 8601


def exclude(
    rows: Sequence[Answer], sessions: Sequence[Session], rules: Exclusions, today: date
) -> list[Excluded]:
    """Apply the rules of a design to everyone with answers; who breaks several is listed several times."""
    heard, whole = heard_s(rows)
    wrong, asked = attention(rows)
    hurried = faster_than_sound(rows, sessions)
    finished = {visit.session for visit in sessions if visit.finished is not None}
    screened = {visit.session for visit in sessions if visit.screened_out is not None}
    pages = {visit.session: f"{visit.answered} of {visit.pages} pages" for visit in sessions}
    excluded = []
    for session in sorted({row.session for row in rows}):
        if session in screened:
            excluded.append((session, "screened_out", pages[session]))
        elif session not in finished:
            excluded.append((session, "unfinished", pages.get(session, "not in the list of sessions")))
        if wrong[session] > rules.wrong_attention:
            excluded.append((session, "wrong_attention", f"{wrong[session]} of {asked[session]} wrong"))
        if heard[session] < rules.fastest_share * whole[session]:
            detail = f"heard {heard[session]:.1f} of {whole[session]:.1f} s"
            excluded.append((session, "heard_too_little", detail))
        if pages_of := hurried[session]:
            excluded.append((session, "faster_than_sound", f"on {many(pages_of, 'page')}"))
    return [Excluded(*reason, today.isoformat()) for reason in excluded]


def attention(rows: Iterable[Answer]) -> tuple[Counter[str], Counter[str]]:
    """Wrong and all attention items of each session."""
    wrong: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for row in rows:
        if row.kind == ATTENTION:
            asked[row.session] += 1
            wrong[row.session] += row.value != row.right
    return wrong, asked


def heard_s(rows: Iterable[Answer]) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the clips on a session's pages that were heard, and all of them.

    A page with several questions counts once, and no clip for more than its length: whoever plays one of two
    clips twice has not heard the other.
    """
    heard: dict[str, float] = defaultdict(float)
    whole: dict[str, float] = defaultdict(float)
    for (session, _), clips in _clips_by_page(rows).items():
        heard[session] += sum(min(clip.heard_s, clip.seconds) for clip in clips)
        whole[session] += sum(clip.seconds for clip in clips)
    return heard, whole


def faster_than_sound(rows: Iterable[Answer], sessions: Iterable[Session]) -> Counter[str]:
    """Pages of each session whose clips cannot have been heard as the browser says, by the server's clock.

    Clips sound one after the other, and a page is shown when the answers before it are saved: in between
    there must have been time. What a browser says of itself a script can say, too.
    """
    rows = list(rows)
    before = {visit.session: visit.started for visit in sessions}
    pages: Counter[str] = Counter()
    clips = _clips_by_page(rows)
    answered = {(row.session, row.position): row for row in rows}
    for page, row in sorted(answered.items()):
        if row.session in before:
            passed_s = (row.saved - before[row.session]).total_seconds()
            pages[row.session] += sum(clip.heard_s for clip in clips[page]) > passed_s + _LATE_S
            before[row.session] = row.saved
    return pages


def _clips_by_page(rows: Iterable[Answer]) -> dict[tuple[str, int], list[Heard]]:
    """Clips of each page, by session and position, each once.

    Answers to a page are about all of its clips; of ``multi`` each is about one, and about the reference.
    Practice does not count, and what follows the question of a page is about no other clips.
    """
    pages: dict[tuple[str, int], list[Heard]] = defaultdict(list)
    for row in rows:
        page = row.session, row.position
        if row.kind in (PRACTICE, FOLLOW_UP):
            continue
        if page not in pages:
            pages[page] = list(row.clips)
        elif row.kind == "multi":
            pages[page].append(row.clips[0])
    return pages


def read_exclusions(path: Path) -> list[Excluded]:
    """Read a researcher's own list: CSV with the columns session, rule, date and, if wanted, detail."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            if missing := {"session", "rule", "date"} - set(reader.fieldnames or ()):
                raise InputError(
                    f"{path} has no column '{min(missing)}'; its first line must name session, rule, date"
                )
            return [_excluded(cells, f"{path}, line {reader.line_num}") for cells in reader]
    except FileNotFoundError:
        raise InputError(f"no file {path}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no CSV in UTF-8: {error}") from None


def _excluded(cells: dict[str | None, Any], line: str) -> Excluded:
    if None in cells:
        raise InputError(f"{line}: more cells than the first line has")
    session, rule, day, detail = (
        unguard(cells.get(name, "")).strip() for name in ("session", "rule", "date", "detail")
    )
    if not session or not rule:
        raise InputError(f"{line}: session and rule must both be given")
    try:
        return Excluded(session, rule, detail, date.fromisoformat(day).isoformat())
    except ValueError:
        raise InputError(f"{line}: date must be like 2030-12-31, got '{day[:40]}'") from None


def exclusions_csv(excluded: Iterable[Excluded]) -> str:
    """A list that `read_exclusions` reads."""
    return csv_text(("session", "rule", "detail", "date"), map(astuple, excluded))


def care_sections(rows: Sequence[Answer], excluded: Sequence[Excluded]) -> list[Section]:
    """Lay out exclusions by rule, and attention items; ``rows`` are those of everyone."""
    tables = []
    by_rule: dict[str, set[str]] = defaultdict(set)
    for exclusion in excluded:
        by_rule[exclusion.rule].add(exclusion.session)
    if by_rule:
        lines: list[Row] = [
            {"rule": rule, "meaning": RULES.get(rule, "the researcher's own list"), "listeners": len(names)}
            for rule, names in sorted(by_rule.items())
        ]
        out = many(len(set().union(*by_rule.values())), "listener")
        everyone = len({row.session for row in rows})
        note = f"{out} of {everyone} left out; some by several rules. Who they are is in exclusions.csv."
        tables.append(Table("exclusions-by-rule", "Left out", "rule meaning listeners", lines, note))
    wrong, asked = attention(rows)
    if asked:
        listeners = Counter(wrong[session] for session in asked)
        lines = [{"wrong": number, "listeners": listeners[number]} for number in sorted(listeners)]
        note = f"{wrong.total()} of {asked.total()} attention items were answered wrong, by all listeners."
        tables.append(Table("attention", "Attention items", "wrong listeners", lines, note))
    return [Section("", (), (table,)) for table in tables]
