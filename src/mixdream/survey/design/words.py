"""What mixdream itself says on the pages of a listening test, by language."""

import tomllib
from importlib import resources

WORDS: dict[str, dict[str, str]] = {
    path.name.removesuffix(".toml"): tomllib.loads(path.read_text("utf-8"))
    for path in (resources.files("mixdream.survey.design") / "words_by_language").iterdir()
    if path.name.endswith(".toml")
}
"""Words by language and name; a file a language."""

_RIGHT_TO_LEFT = frozenset(("ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"))


def words_in(language: str) -> dict[str, str]:
    """Words in a language, or in English where mixdream does not speak it.

    >>> words_in("de-AT")["next"], words_in("fi")["next"]
    ('Weiter', 'Next')
    """
    return WORDS.get(language.partition("-")[0], WORDS["en"])


def direction_of(language: str) -> str:
    """Which way a language is written, as HTML says it.

    >>> direction_of("he-IL"), direction_of("el")
    ('rtl', 'ltr')
    """
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
