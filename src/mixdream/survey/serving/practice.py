"""Practice: what a listener is told about trials that do not count, and about what was answered in them."""

from collections.abc import Mapping
from string import ascii_uppercase

from mixdream.survey.design.blocks import RATING
from mixdream.survey.design.design import Design
from mixdream.survey.design.question import in_language
from mixdream.survey.serving.plan import Page, questions_of
from mixdream.survey.serving.visits import Visit


def practice_notes(design: Design, visit: Visit, answered: Mapping[str, str]) -> list[str]:
    """What stands above a page: how the practice before it went, and whether this one counts."""
    words = design.words_in(visit.language)
    page, before = visit.plan[visit.page], visit.plan[visit.page - 1] if visit.page else None
    notes = []
    if before is not None and before.practice:
        notes = [note] if (note := _feedback(design, before, answered, visit.language)) else []
        notes += [] if page.practice else [words["practice_over"]]
    return [*notes, words["practice"]] if page.practice else notes


def _feedback(design: Design, page: Page, answered: Mapping[str, str], language: str) -> str:
    """Say what was right; nothing where no answer is."""
    words = design.words_in(language)
    if page.reference:
        hidden = page.clips[1:].index(page.clips[0])
        value = answered.get(f"{RATING}{hidden + 1}", "")
        return words["practice_reference"].format(answer=ascii_uppercase[hidden], value=value)
    if page.right is None:
        return ""
    question, *_ = questions_of(design, page)
    (right,) = (option.label for option in question.options if option.value == page.right)
    name = "practice_right" if answered.get(question.name) == page.right else "practice_wrong"
    return words[name].format(answer=in_language(right, language))
