"""The report of a listening test: what each block has shown, who was left out, who listened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from mixdream import __version__
from mixdream.errors import InputError
from mixdream.survey.analysis.blocks import block_sentence, report_block
from mixdream.survey.analysis.breakdown import breakdown
from mixdream.survey.analysis.care import care_sections
from mixdream.survey.analysis.exclude import Excluded, exclude
from mixdream.survey.analysis.parts import BlockReport, Section
from mixdream.survey.analysis.questions import question_sections
from mixdream.survey.analysis.score_tables import score_sections, score_sentence
from mixdream.survey.analysis.scores import Counts
from mixdream.survey.analysis.wording import many
from mixdream.survey.design.design import DEMOGRAPHICS, Design
from mixdream.survey.design.texts import in_language
from mixdream.survey.exporting.read_rows import Gathered
from mixdream.survey.storage.rows import Answer, Session


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes
    ----------
    title : str
    facts : dict of str to Any
        Numbers of listeners, the design, dates.
    blocks : list of BlockReport
    breakdowns : dict of block name to list of Section
    listeners : list of Section
        Who they are.
    care : list of Section
        Exclusions and attention items.
    excluded : list of Excluded or None
        None where there are counts only.
    notes : list of str
    """

    title: str
    facts: dict[str, Any]
    blocks: list[BlockReport]
    breakdowns: dict[str, list[Section]] = field(default_factory=dict)
    listeners: list[Section] = field(default_factory=list)
    care: list[Section] = field(default_factory=list)
    excluded: list[Excluded] | None = None
    notes: list[str] = field(default_factory=list)


def report_counts(counts: Counts, today: date) -> Report:
    """Report counts of the thesis's kind of test: its tables and figures, with Wilson's intervals beside."""
    notes = [text for text in (counts.contradiction, *counts.notes) if text]
    block = BlockReport(
        "scores", "counts", "", score_sentence(counts), tuple(score_sections(counts, "counts"))
    )
    facts = {"listeners": counts.listeners, "reported": today.isoformat(), "mixdream": __version__}
    return Report(counts.title, facts, [block], notes=notes)


def report_answers(
    gathered: Gathered,
    own: Sequence[Excluded],
    today: date,
    rng: np.random.Generator,
    design_hash: str | None = None,
) -> Report:
    """Report a listening test.

    Parameters
    ----------
    gathered : Gathered
    own : sequence of Excluded
        Whom the researcher leaves out, beside the rules of the design.
    today : date
        Of the report, and of what the rules exclude.
    rng : np.random.Generator
        Of the bootstraps.
    design_hash : str, optional
        Which version of the design, by its hash or the beginning of it; the newest one if not given.

    Raises
    ------
    InputError
        There is no such design.
    """
    this, design = _choose(gathered, design_hash)
    language = design.languages[0]
    everyone = [row for row in gathered.rows if row.design_hash == this]
    names = {row.session for row in everyone}
    sessions = [one for one in gathered.sessions if one.session in names]
    applied = exclude(everyone, sessions, design.exclusions, today)
    mine = [one for one in own if one.session in names]
    excluded = sorted([*applied, *mine], key=lambda one: (one.session, one.rule))
    out = {one.session for one in excluded}
    rows = [row for row in everyone if row.session not in out]

    blocks, breakdowns = [], {}
    about = [row for row in rows if row.kind == DEMOGRAPHICS]
    for place, block in enumerate(design.blocks, 1):
        prefix = f"{place}-{block.name}"
        one = report_block(block, rows, design, rng, prefix)
        if out:
            one = replace(one, everyone=block_sentence(block, everyone, design))
        blocks.append(one)
        sections = (
            breakdown(one.measures, question, about, language, f"{prefix}-by-{question.name}")
            for question in design.demographics
        )
        breakdowns[block.name] = [section for section in sections if section is not None]
    return Report(
        in_language(design.title, language),
        _facts(gathered, this, sessions, names, out, everyone, today),
        blocks,
        breakdowns,
        question_sections(design.demographics, about, language, "listeners"),
        care_sections(everyone, excluded, len(names)),
        excluded,
        _notes(gathered, this, own, design_hash),
    )


def _choose(gathered: Gathered, design_hash: str | None) -> tuple[str, Design]:
    if not gathered.designs:
        raise InputError(f"{gathered.source} holds no design: nobody was served a test from it yet")
    if design_hash is None:
        return gathered.designs[-1]
    found = [one for one in gathered.designs if one[0].startswith(design_hash)]
    if len(found) != 1:
        there = ", ".join(name for name, _ in gathered.designs)
        raise InputError(f"--design '{design_hash}' must be the beginning of one of the designs: {there}")
    return found[0]


def _facts(
    gathered: Gathered,
    this: str,
    sessions: Sequence[Session],
    names: set[str],
    out: set[str],
    rows: Sequence[Answer],
    today: date,
) -> dict[str, Any]:
    taken = [(one.finished - one.started).total_seconds() / 60 for one in sessions if one.finished]
    saved = [row.saved for row in rows]
    return {
        "source": gathered.source,
        "design": this,
        "visits_without_answer": len(
            {one.session for one in gathered.sessions} - {row.session for row in gathered.rows}
        ),
        "answered_something": len(names),
        "finished": len(taken),
        "left_out": len(out),
        "listeners": len(names) - len(out),
        "answers": len(rows),
        "first_answer": min(saved).isoformat(timespec="seconds") if saved else None,
        "last_answer": max(saved).isoformat(timespec="seconds") if saved else None,
        "median_minutes": round(median(taken), 1) if taken else None,
        "reported": today.isoformat(),
        "mixdream": __version__,
    }


def _notes(gathered: Gathered, this: str, own: Sequence[Excluded], asked: str | None) -> list[str]:
    notes = []
    if len(gathered.designs) > 1:
        others = Counter({name: 0 for name, _ in gathered.designs if name != this})
        others.update({row.design_hash: 0 for row in gathered.rows if row.design_hash != this})
        listeners = {(row.session, row.design_hash) for row in gathered.rows if row.design_hash != this}
        others.update(name for _, name in listeners)
        each = ", ".join(f"{name} ({many(number, 'listener')})" for name, number in others.items())
        version = "the newest" if asked is None else "one"
        notes.append(
            f"The design was changed: these are the answers to {version} version, {this}. Others, not "
            f"counted here: {each}; --design reports one of them."
        )
    known = {row.session for row in gathered.rows}
    if unknown := sorted({one.session for one in own} - known):
        notes.append(
            f"The list of exclusions names {many(len(unknown), 'session')} without any answer: "
            f"{', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}."
        )
    return notes
