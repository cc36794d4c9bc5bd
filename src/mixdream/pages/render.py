"""Pages that hold all they show: one template for each, all of them extending ``base.html``."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jinja2

Filter = tuple[str, Callable[..., Any]]


def render_page(
    package: str, template: str, filters: Mapping[str, Callable[..., Any]] | None = None, **content: Any
) -> str:
    """Fill a template that lies in a package; it may extend and import the templates of this room."""
    return _templates(package, *(filters or {}).items()).get_template(template).render(**content)


@lru_cache(4)
def _templates(package: str, *filters: Filter) -> jinja2.Environment:
    """Templates of a package, which are compiled when they are first filled."""
    loaders = [jinja2.PackageLoader(name, ".") for name in (package, "mixdream.pages")]
    environment = jinja2.Environment(loader=jinja2.ChoiceLoader(loaders), autoescape=True)
    environment.filters.update(filters)
    return environment
