"""Pages that hold all they show: one template for each, all of them extending ``base.html``."""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2


def render_page(
    package: str, template: str, filters: Mapping[str, Callable[..., Any]] | None = None, **content: Any
) -> str:
    """Fill a template that lies in a package; it may extend and import the templates of this room."""
    loaders = [jinja2.PackageLoader(name, ".") for name in (package, "mixdream.pages")]
    environment = jinja2.Environment(loader=jinja2.ChoiceLoader(loaders), autoescape=True)
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**content)
