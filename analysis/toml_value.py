"""Shapes in which the tables of a target file take values."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator


def listed(value: object) -> object:
    """One value, or a list of them."""
    return value if isinstance(value, list) else [value]


def flattened(value: object) -> object:
    """`a.b = 1` and `"a.b" = 1` alike as one path."""
    if not isinstance(value, dict):
        return value
    flat: dict[str, object] = {}
    for key, item in value.items():
        inner = flattened(item)
        if isinstance(inner, dict) and inner:
            flat.update({f"{key}.{path}": leaf for path, leaf in inner.items()})
        else:
            flat[key] = item
    return flat


def _scalar(value: object) -> object:
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("a string, a number, true or false")


Scalar = Annotated[Any, BeforeValidator(_scalar)]
Scalars = Annotated[list[Scalar], BeforeValidator(listed)]
Texts = Annotated[list[str], BeforeValidator(listed)]
