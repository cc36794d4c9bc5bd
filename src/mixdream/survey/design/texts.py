"""Texts of a listening test: one for all languages, or one for each."""

from typing import Annotated

from pydantic import StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Text = Line | dict[Language, Line]
"""What listeners read: a text for all languages, or ``{en: ..., de: ...}``."""


def in_language(text: Text, language: str) -> str:
    """Return a text in a language that the design has.

    >>> in_language({"en": "none", "de": "keine"}, "de"), in_language("both", "de")
    ('keine', 'both')
    """
    return text if isinstance(text, str) else text[language]
