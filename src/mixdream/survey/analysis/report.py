"""The report of a listening test: what each block has shown, who was left out, who listened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import median
from typing import Any

from mixdream import __version__
from mixdream.errors import InputError
from mixdream.survey.analysis.compare import abx_report, prefer_report
from mixdream.survey.analysis.detect import detect_report
from mixdream.survey.analysis.exclude import Excluded, care_sections, exclude
from mixdream.survey.analysis.follow_up import follow_up_sections
from mixdream.survey.analysis.measures import NOBODY, BlockReport, breakdown
from mixdream.survey.analysis.multi import multi_report
from mixdream.survey.analysis.post_screening import post_screen
from mixdream.survey.analysis.rate import question_sections, rate_report
from mixdream.survey.analysis.score_tables import score_sections, score_sentence
from mixdream.survey.analysis.scores import Counts
from mixdream.survey.analysis.tables import Section, many
from mixdream.survey.design.blocks import AnyBlock, Ask, Detect, Judged, Multi, Rate
from mixdream.survey.design.design import DEMOGRAPHICS, Design
from mixdream.survey.design.question import in_language
from mixdream.survey.exporting.read_rows import Gathered
from mixdream.survey.storage.rows import Answer, Session


@dataclass(frozen=True)
class Report:
    """A report."""

    title: str
    facts: dict[str, Any]  # numbers of listeners, the design, dates
    blocks: list[BlockReport]
    listeners: list[Section] = field(default_factory=list)  # who they are
    care: list[Section] = field(default_factory=list)  # exclusions and attention items
    excluded: list[Excluded] | None = None  # None where there are counts only
    notes: list[str] = field(default_factory=list)


def report_counts(counts: Counts, today: date) -> Report:
    """Report counts of the thesis's kind of test: its tables and figures, with Wilson's intervals beside."""
    notes = [text for text in (counts.contradiction, *counts.notes) if text]
    sections = score_sections(counts, "counts")
    block = BlockReport(score_sentence(counts), sections, name="scores", kind="counts")
    facts = {"listeners": counts.listeners, "reported": today.isoformat(), "mixdream": __version__}
    return Report(counts.title, facts, [block], notes=notes)


def report_answers(
    gathered: Gathered, own: Sequence[Excluded], today: date, design_hash: str | None = None
) -> Report:
    """Report a listening test.

    ``own`` lists whom the researcher leaves out, beside the rules of the design. ``design_hash``, or the
    beginning of it, names a version of the design; else it is the newest.
    """
    this, design = _choose(gathered, design_hash)
    language = design.languages[0]
    all_rows = [row for row in gathered.rows if row.design_hash == this]
    names = {row.session for row in all_rows}
    sessions = [session for session in gathered.sessions if session.session in names]
    by_rule = left_out(all_rows, sessions, design, today)
    # The researcher's list is kept whole, whoever else answered; what both say is said once.
    excluded = list({(one.session, one.rule): one for one in (*by_rule, *own)}.values())
    excluded.sort(key=lambda exclusion: (exclusion.session, exclusion.rule))
    out = {exclusion.session for exclusion in excluded} & names
    rows = [row for row in all_rows if row.session not in out]

    blocks = []
    about = [row for row in rows if row.kind == DEMOGRAPHICS]
    for number, block in enumerate(design.blocks, 1):
        prefix = f"{number}-{block.name}"
        made = report_block(block, rows, design, prefix)
        breakdowns: list[Section] = []
        for question in design.demographics:
            name = f"{prefix}-by-{question.name}"
            breakdowns += breakdown(made.measures, question, about, language, name)
        everyone = ""
        if out and not isinstance(block, Ask):
            everyone = report_block(block, all_rows, design, prefix).sentence
        blocks.append(replace(made, breakdowns=breakdowns, everyone=everyone))
    return Report(
        in_language(design.title, language),
        _facts(gathered, this, sessions, out, all_rows, today),
        blocks,
        question_sections(design.demographics, about, language, "listeners"),
        care_sections(all_rows, [one for one in excluded if one.session in out]),
        excluded,
        _notes(gathered, this, own, design_hash),
    )


def left_out(
    rows: Sequence[Answer], sessions: Sequence[Session], design: Design, today: date
) -> list[Excluded]:
    """Whom the rules of a design leave out, each with the rule."""
    return [*exclude(rows, sessions, design.exclusions, today), *post_screen(rows, design, today)]


def report_block(block: AnyBlock, rows: Sequence[Answer], design: Design, prefix: str) -> BlockReport:
    """Analyse a block; ``rows`` are to the whole test, ``prefix`` is of the names of tables and charts."""
    # Attention items of a block are of another kind.
    own = [row for row in rows if row.block == block.name and row.kind == block.kind]
    language = design.languages[0]
    if isinstance(block, Ask):
        made = BlockReport("", question_sections(block.questions, own, language, prefix))
    elif not own:
        made = BlockReport("")
    elif isinstance(block, Detect):
        made = detect_report(block, own, design, prefix)
    elif isinstance(block, Rate):
        made = rate_report(block, own, language, prefix)
    elif isinstance(block, Multi):
        made = multi_report(block, own, language, prefix)
    else:
        made = (abx_report if block.kind == "abx" else prefer_report)(block, own, prefix)
    if isinstance(block, Judged) and own:
        follow_ups = follow_up_sections(block, rows, language, prefix)
        made = replace(made, sections=[*made.sections, *follow_ups])
    sentence = NOBODY
    if own:
        sentence = f"{many(len({row.session for row in own}), 'listener')}, {many(len(own), 'answer')}"
        if made.sentence:
            sentence += f"{'.' if isinstance(block, Rate | Multi) else ':'} {made.sentence}"
        sentence += "."
    ask = "" if isinstance(block, Ask | Rate | Multi) else in_language(block.ask, language)
    return replace(made, name=block.name, kind=block.kind, ask=ask, sentence=sentence)


def _choose(gathered: Gathered, design_hash: str | None) -> tuple[str, Design]:
    if not gathered.designs:
        raise InputError(f"{gathered.source} holds no design: nobody was served a test from it yet")
    if design_hash is None:
        return gathered.designs[-1]
    matching = [design for design in gathered.designs if design[0].startswith(design_hash)]
    if len(matching) != 1:
        there = ", ".join(name for name, _ in gathered.designs)
        raise InputError(f"--design '{design_hash}' must be the beginning of one of the designs: {there}")
    return matching[0]


def _facts(
    gathered: Gathered,
    this: str,
    sessions: Sequence[Session],
    out: set[str],
    rows: Sequence[Answer],
    today: date,
) -> dict[str, Any]:
    minutes = [(visit.finished - visit.started).total_seconds() / 60 for visit in sessions if visit.finished]
    saved = [row.saved for row in rows]
    listeners = {row.session for row in rows}
    answered = {row.session for row in gathered.rows}
    return {
        "listeners": len(listeners) - len(out),
        "left_out": len(out),
        "answered_something": len(listeners),
        "finished": len(minutes),
        "visits_without_answer": len({visit.session for visit in gathered.sessions} - answered),
        "answers": len(rows),
        "median_minutes": round(median(minutes), 1) if minutes else None,
        "first_answer": min(saved).isoformat(timespec="seconds") if saved else None,
        "last_answer": max(saved).isoformat(timespec="seconds") if saved else None,
        "design": this,
        "source": gathered.source,
        "reported": today.isoformat(),
        "mixdream": __version__,
    }


def _notes(gathered: Gathered, this: str, own: Sequence[Excluded], asked: str | None) -> list[str]:
    notes = []
    if len(gathered.designs) > 1:
        others = Counter({name: 0 for name, _ in gathered.designs if name != this})
        others.update(
            name for _, name in {(row.session, row.design_hash) for row in gathered.rows} if name != this
        )
        each = ", ".join(f"{name} ({many(number, 'listener')})" for name, number in others.items())
        version = "the newest" if asked is None else "one"
        notes.append(
            f"The design was changed: these are the answers to {version} version, {this}. Others, not "
            f"counted here: {each}; --design reports one of them."
        )
    known = {row.session for row in gathered.rows}
    if unknown := sorted({exclusion.session for exclusion in own} - known):
        notes.append(
            f"The list of exclusions names {many(len(unknown), 'session')} without any answer: "
            f"{', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}."
        )
    return notes
