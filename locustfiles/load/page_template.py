"""The suite's own pages in Locust's web UI, from templates in this package."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered(name: str, **values: Any) -> str:
    """The page of this name; every value is escaped."""
    return _environment().get_template(f"{name}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("locustfiles.load"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
