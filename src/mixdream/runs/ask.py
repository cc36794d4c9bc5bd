"""Asks: what a musician wants of a clip: like a set, so bright, so busy."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mixdream.analysis.descriptors import DESCRIPTORS, Descriptor

Quantile = Annotated[float, Field(ge=0, le=1)]


class Ask(BaseModel):
    """What is asked for; what is None is left open.

    Descriptors are quantiles of the corpus: ``brightness`` 0.8 is brighter than 80 % of its windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    like: str | None = None  # a set of the corpus
    energy: Quantile | None = None
    bass: Quantile | None = None
    brightness: Quantile | None = None
    busyness: Quantile | None = None
    noisiness: Quantile | None = None

    @property
    def descriptors(self) -> dict[Descriptor, float]:
        """Descriptors that are asked for, in their order."""
        asked = {name: getattr(self, name) for name in DESCRIPTORS}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked for."""
        return self.like is None and not self.descriptors


NOTHING = Ask()
"""Everything is left open."""
