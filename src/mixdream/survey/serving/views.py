"""What a listener sees of a page: texts, players and questions, and nothing else."""

import json
from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

from mixdream.survey.design.blocks import Ask, Compare, Detect, Multi
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import MOST_STEPS, Question, Text, in_language
from mixdream.survey.design.words import direction_of
from mixdream.survey.serving.plan import Page, block_of, must_listen, questions_of
from mixdream.survey.serving.practice import practice_notes
from mixdream.survey.serving.site import slot_of
from mixdream.survey.serving.visits import Visit

_SCRIPT_WORDS = (
    *("play", "stop", "no_clip", "no_audio"),
    *("saving", "trying", "elsewhere", "other_session", "refused", "not_chosen"),
)


def chrome(design: Design, language: str, home: str = "./") -> dict[str, Any]:
    """What every page needs; ``home`` is the way to the first page, from the one that is shown."""
    words = design.words_in(language)
    return {
        "language": language,
        "direction": direction_of(language),
        "title": in_language(design.title, language),
        "words": words,
        "script_words": json.dumps({name: words[name] for name in _SCRIPT_WORDS}, ensure_ascii=False),
        "home": home,
    }


def page_view(design: Design, visit: Visit, answered: Mapping[str, str]) -> dict[str, Any]:
    """The current page of a session that is not finished; ``answered`` is what practice before it got."""
    page = visit.plan[visit.page]
    language = visit.language
    questions = [_question(question, language) for question in questions_of(design, page)]
    block = block_of(design, page)
    multi = block if page.kind == "multi" and isinstance(block, Multi) else None
    rated = len(page.clips) - page.reference if multi else 0
    ratings = [None] * (len(page.clips) - rated) + questions[:rated]
    return {
        "session": visit.public,
        "position": visit.page,
        "pages": len(visit.plan),
        "heading": _heading(design, page, language),
        "text": _text(design, page, language),
        "notes": practice_notes(design, visit, answered),
        "clips": [
            {"slot": slot_of(visit, visit.page, index), "label": label, "rating": rating}
            for index, (label, rating) in enumerate(
                zip(_labels(design, page, language), ratings, strict=True)
            )
        ],
        "ask": in_language(multi.question.ask, language) if multi else "",
        "together": multi is not None and multi.of_one_item,
        "questions": questions[rated:],
        "must_listen": must_listen(design, page),
    }


def negotiated(design: Design, wanted: str | None, accepted: str) -> str:
    """Language of the first page: the one chosen, else what ``Accept-Language`` prefers, else the first."""
    if wanted in design.languages:
        return str(wanted)
    ranked = []
    for i, entry in enumerate(accepted[:500].split(",")):
        name, _, quality = entry.partition(";q=")
        try:
            ranked.append((-float(quality or 1), i, name.strip().lower()))
        except ValueError:
            continue
    for _, _, name in sorted(ranked):
        for language in design.languages:
            if name == language.lower() or name.partition("-")[0] == language.partition("-")[0]:
                return language
    return design.languages[0]


def _heading(design: Design, page: Page, language: str) -> str:
    words = design.words_in(language)
    names = {"volume": "volume_title", "demographics": "questions_title"}
    names |= {"ask": "questions", "intro": "title", "headphones": "headphones_title"}
    # Of all pages with clips the same: what is asked stands below the clips that it is about.
    name = names.get(page.kind, "listen_title")
    return in_language(design.title, language) if name == "title" else words[name]


def _text(design: Design, page: Page, language: str) -> str:
    """What stands above the questions."""
    block = block_of(design, page)
    if page.kind == "volume":
        return in_language(design.volume, language)
    if page.kind == "headphones":
        return design.words_in(language)["headphones_text"]
    if block is None or block.intro is None or not (page.kind == "intro" or isinstance(block, Ask)):
        return ""
    return in_language(block.intro, language)


def _labels(design: Design, page: Page, language: str) -> list[str]:
    """Names of the clips on a page."""
    words, block = design.words_in(language), block_of(design, page)
    if page.kind in ("detect", "prefer", "abx") and isinstance(block, Detect | Compare):
        names = [in_language(text, language) for text in block.options[:2]]
        return [*names, words["x"]][: len(page.clips)]
    if page.kind == "multi":
        rated = len(page.clips) - page.reference
        return [words["reference"]] * page.reference + list(ascii_uppercase[:rated])
    return [words["clip"]] * len(page.clips)


def _question(question: Question, language: str) -> dict[str, Any]:
    def said(text: Text | None) -> str:
        return "" if text is None else in_language(text, language)

    steps = range(question.lowest, question.highest + 1)
    if question.kind == "choice":
        options = [(option.value, said(option.label)) for option in question.options]
    else:
        options = [(str(step), str(step)) for step in steps] if question.kind == "scale" else []
    meanings = [said(label) for label in question.step_labels]
    return {
        "name": question.name,
        "ask": said(question.ask),
        "required": question.required,
        "kind": "slider" if question.kind == "scale" and len(steps) > MOST_STEPS else question.kind,
        "options": options,
        "meanings": dict(zip((value for value, _ in options), meanings, strict=bool(meanings))),
        "parts": [said(label) for label in question.part_labels],
        "lowest": question.lowest,
        "highest": question.highest,
        "lowest_label": said(question.lowest_label),
        "highest_label": said(question.highest_label),
    }
