"""The rules of a target file that look into JSON, made ready once so that checking an answer is cheap."""

import json
import re
from collections.abc import Callable
from typing import Any

from analysis.endpoint import Expectation
from analysis.failure import Failure, FailureKind

MISSING = object()

Steps = tuple[tuple[str, int | None], ...]
"""A dotted path: each step as a key, and as an index where it can be one."""


class JsonRules:
    """Says which rule a document breaks first; the rules stand in the order of the target file's keys."""

    __slots__ = ("_rules",)

    def __init__(self, expectation: Expectation) -> None:
        rules: list[tuple[Steps, Callable[[Any], str | None]]] = []

        def add(path: str, rule: Callable[[Any], str | None]) -> None:
            rules.append((steps_of(path), rule))

        for path in expectation.json_nonempty:
            add(path, _nonempty(path))
        for path, wanted in expectation.json_equals.items():
            add(path, _equals(path, wanted))
        for path, allowed in expectation.json_in.items():
            add(path, _among(path, allowed))
        for path, forbidden in expectation.json_not_in.items():
            add(path, _not_among(path, forbidden))
        for path, least in expectation.json_min.items():
            add(path, _at_least(path, least))
        for path, most in expectation.json_max.items():
            add(path, _at_most(path, most))
        for path, pattern in expectation.json_matches.items():
            add(path, _matches(path, pattern))
        self._rules = tuple(rules)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def broken(self, document: Any) -> Failure | None:
        """`document` is MISSING for what is no JSON. The failure names path and rule, never the answer."""
        if document is MISSING and self._rules:
            return Failure(FailureKind.VALIDATION, "the answer is not JSON")
        for steps, rule in self._rules:
            detail = rule(follow(document, steps))
            if detail is not None:
                return Failure(FailureKind.VALIDATION, detail)
        return None


def steps_of(path: str) -> Steps:
    """A dotted path ("a.0.b"), split once."""
    return tuple((part, int(part) if part.isdigit() else None) for part in path.split("."))


def follow(document: Any, steps: Steps) -> Any:
    """The value at a path, or MISSING."""
    for key, index in steps:
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and index is not None and index < len(document):
            document = document[index]
        else:
            return MISSING
    return document


def parsed(body: bytes) -> Any:
    """The JSON document of a body, or MISSING when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # nested thousands deep
        return MISSING


def _nonempty(path: str) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        empty = not value.strip() if isinstance(value, str) else value is None or value in ([], {})
        return f"{path} is missing or empty" if value is MISSING or empty else None

    return rule


def _equals(path: str, wanted: Any) -> Callable[[Any], str | None]:
    return lambda value: None if same(value, wanted) else f"{path} is not {wanted!r}"


def _among(path: str, allowed: tuple[Any, ...]) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        found = any(same(value, item) for item in allowed)
        return None if found else f"{path} is none of {list(allowed)!r}"

    return rule


def _not_among(path: str, forbidden: tuple[Any, ...]) -> Callable[[Any], str | None]:
    def rule(value: Any) -> str | None:
        return next((f"{path} is {item!r}" for item in forbidden if same(value, item)), None)

    return rule


def _at_least(path: str, least: float) -> Callable[[Any], str | None]:
    return lambda value: None if _is_number(value) and value >= least else f"{path} is not {least:g} or more"


def _at_most(path: str, most: float) -> Callable[[Any], str | None]:
    return lambda value: None if _is_number(value) and value <= most else f"{path} is not {most:g} or less"


def _matches(path: str, pattern: str) -> Callable[[Any], str | None]:
    search = re.compile(pattern).search

    def rule(value: Any) -> str | None:
        return None if isinstance(value, str) and search(value) else f"{path} does not match {pattern!r}"

    return rule


def same(value: Any, wanted: Any) -> bool:
    """JSON keeps true and 1 apart, Python does not."""
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
