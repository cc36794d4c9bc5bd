"""What mixdream itself says on the pages of a listening test, by language."""

import tomllib
from importlib import resources

WORDS: dict[str, dict[str, str]] = tomllib.loads(
    (resources.files("mixdream.survey.serving") / "words.toml").read_text("utf-8")
)
"""Words by language and name."""


def words_in(language: str) -> dict[str, str]:
    """Words in a language, or in English where mixdream does not speak it.

    >>> words_in("de-AT")["next"], words_in("fi")["next"]
    ('Weiter', 'Next')
    """
    return WORDS.get(language.partition("-")[0], WORDS["en"])
