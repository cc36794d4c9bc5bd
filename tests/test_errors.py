import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from mixdream.errors import first_problem


class Loop(BaseModel):
    bars: int = Field(ge=1)
    names: dict[str, list[int]] = {}

    @field_validator("bars")
    @classmethod
    def _even(cls, bars: int) -> int:
        if bars % 2:
            raise ValueError("bars come in pairs")
        return bars


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "bars is missing"),
        ('{"bars": 0}', "bars: input should be greater than or equal to 1, got 0"),
        ('{"bars": 3}', "bars: bars come in pairs"),
        ('{"bars": 2, "names": {"a": [1, "x"]}}', "names.a.1: input should be a valid integer, "),
        ("[1, 2]", "all of it: input should be an object, got [1, 2]"),
    ],
)
def test_what_pydantic_finds_wrong_is_said_with_its_key(content: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Loop.model_validate_json(content)
    assert first_problem(caught.value).startswith(words)
