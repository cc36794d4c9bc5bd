"""What routes have in common: the studio that is asked, and bodies of requests."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from mixdream.studio.studio import Studio


async def _asked(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


Asked = Annotated[Studio, Depends(_asked)]
"""The studio, as a parameter of a route."""


class Body(BaseModel):
    """Of a request; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """The body of what needs no options."""
