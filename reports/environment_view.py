"""The environment and the versions as groups of names and values."""

import json
from collections.abc import Mapping

from analysis.result import Result

_TITLES = {
    "hard": "Must match to compare",
    "soft": "May differ, then it is said",
    "ignored": "For information",
}

Group = tuple[str, tuple[tuple[str, str], ...]]


def environment_groups(result: Result) -> tuple[Group, ...]:
    groups: list[Group] = []
    loose: dict[str, object] = {}
    for name, value in result.environment.items():
        if isinstance(value, Mapping):
            groups.append((_TITLES.get(name, name), _pairs(value)))
        else:
            loose[name] = value
    groups.sort(key=lambda group: [*_TITLES.values(), group[0]].index(group[0]))
    if loose:
        groups.insert(0, ("Environment", _pairs(loose)))
    groups.append(("Versions", _pairs(result.versions)))
    return tuple(group for group in groups if group[1])


def _pairs(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", " "), _text(values[name])) for name in sorted(values))


def _text(value: object) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
