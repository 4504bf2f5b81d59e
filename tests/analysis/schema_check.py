"""Checks a value against the part of JSON Schema (draft 2020-12) that our schemas use; refuses any other."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NO_RULES = {"$schema", "$defs", "title", "description", "default"}


def faults(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Each begins with the place of what is wrong, as keys with dots between them."""
    return list(_faults(value, schema, schema.get("$defs", {}), ""))


def _faults(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any], at: str) -> Iterator[str]:
    for keyword, rule in schema.items():
        if keyword not in _NO_RULES:
            yield from _KEYWORDS[keyword](value, rule, schema, defs, at)


def _ref(value: Any, rule: str, _: Any, defs: Mapping[str, Any], at: str) -> Iterator[str]:
    yield from _faults(value, defs[rule.removeprefix("#/$defs/")], defs, at)


def _type(value: Any, rule: str, _: Any, _defs: Any, at: str) -> Iterator[str]:
    is_bool = isinstance(value, bool) and rule != "boolean"
    if is_bool or not isinstance(value, _TYPES[rule]):
        yield f"{at}: {value!r} is no {rule}"


def _any_of(value: Any, rule: list[Any], _: Any, defs: Mapping[str, Any], at: str) -> Iterator[str]:
    if all(list(_faults(value, choice, defs, at)) for choice in rule):
        yield f"{at}: none of the choices"


def _properties(
    value: Any, rule: Mapping[str, Any], _: Any, defs: Mapping[str, Any], at: str
) -> Iterator[str]:
    for key in rule.keys() & value.keys() if isinstance(value, dict) else ():
        yield from _faults(value[key], rule[key], defs, _below(at, key))


def _required(value: Any, rule: list[str], _: Any, _defs: Any, at: str) -> Iterator[str]:
    for key in rule if isinstance(value, dict) else ():
        if key not in value:
            yield f"{_below(at, key)}: missing"


def _additional(value: Any, rule: Any, schema: Mapping[str, Any], defs: Any, at: str) -> Iterator[str]:
    for key in value.keys() - schema.get("properties", {}).keys() if isinstance(value, dict) else ():
        if rule is False:
            yield f"{_below(at, key)}: unknown"
        elif rule is not True:
            yield from _faults(value[key], rule, defs, _below(at, key))


def _items(value: Any, rule: Mapping[str, Any], _: Any, defs: Mapping[str, Any], at: str) -> Iterator[str]:
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from _faults(item, rule, defs, _below(at, str(number)))


def _least_items(value: Any, rule: int, _: Any, _defs: Any, at: str) -> Iterator[str]:
    if len(value) < rule:
        yield f"{at}: {len(value)} items, {rule} are wanted"


def _choices(value: Any, rule: list[Any], _: Any, _defs: Any, at: str) -> Iterator[str]:
    if value not in rule:
        yield f"{at}: {value!r} is none of {rule}"


def _const(value: Any, rule: Any, _: Any, _defs: Any, at: str) -> Iterator[str]:
    if value != rule:
        yield f"{at}: {value!r} is not {rule!r}"


def _pattern(value: Any, rule: str, _: Any, _defs: Any, at: str) -> Iterator[str]:
    if not re.search(rule, value):
        yield f"{at}: {value!r} does not match {rule}"


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


_KEYWORDS: Mapping[str, Callable[[Any, Any, Any, Any, str], Iterator[str]]] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "minItems": _least_items,
    "enum": _choices,
    "const": _const,
    "pattern": _pattern,
}
