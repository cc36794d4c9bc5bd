"""Listeners whom a panel sends, such as Prolific or MTurk: what their link says, where they go back to."""

import re
from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import Field, StringConstraints, model_validator

from mixdream.survey.design.question import Misplaced, Part

CODE = "code"
"""Name of the completion code in an address."""

LONGEST_VALUE = 200
"""Characters of a parameter that are kept."""

Parameter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s\"'<>\\]+$", max_length=500)]
Origin = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:\d{1,5})?$", max_length=200)]

_NAMED = re.compile(r"\{(\w*)\}")


class Panel(Part):
    """What a panel needs. Addresses may name parameters and the code, as in ``...?id={PROLIFIC_PID}``."""

    parameters: Annotated[tuple[Parameter, ...], Field(max_length=10)] = ()  # kept with the session
    return_url: Address | None = None  # after the last page
    screened_out_url: Address | None = None  # after an answer that screens out
    full_url: Address | None = None  # for whoever comes when the quota is filled
    quota: int | None = Field(None, ge=1, le=1_000_000)  # listeners who finished or are listening
    # Sites that may show the test in a frame, as MTurk does; without any, none may.
    frames: Annotated[tuple[Origin, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        if CODE in self.parameters:
            raise Misplaced(f"'{CODE}' is the completion code's own name", "parameters")
        for key in ("return_url", "screened_out_url", "full_url"):
            for name in _NAMED.findall(getattr(self, key) or ""):
                if name not in (*self.parameters, CODE):
                    raise Misplaced(f"{{{name}}} is none of the parameters, nor {{{CODE}}}", key)
        return self

    def kept(self, given: Mapping[str, str]) -> dict[str, str]:
        """Of a link's parameters those that are kept with the session.

        >>> Panel(parameters=("PROLIFIC_PID",)).kept({"PROLIFIC_PID": "5f", "utm": "x"})
        {'PROLIFIC_PID': '5f'}
        """
        return {name: given[name][:LONGEST_VALUE] for name in self.parameters if given.get(name)}


def filled(address: str | None, values: Mapping[str, str]) -> str:
    """An address with its names replaced, empty where there is none.

    >>> filled("https://x.example/?id={id}&c={code}", {"id": "a&b"})
    'https://x.example/?id=a%26b&c='
    """
    return _NAMED.sub(lambda name: quote(values.get(name[1], ""), safe=""), address or "")
