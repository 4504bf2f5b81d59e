"""Reads an aggregated health answer: many services answer 200 whatever their parts say."""

import json
from collections.abc import Iterator
from typing import Any

_GOOD_WORDS = frozenset(
    {"healthy", "ok", "up", "ready", "alive", "active", "pass", "passed", "running", "true"}
)
_PART_KEYS = ("components", "services", "checks", "dependencies")
_MAX_SHOWN = 6


def health_doubt(body: bytes) -> str | None:
    """What a health answer itself calls unhealthy, or None when it calls everything well."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    word = document.get("status")
    parts = sorted(_unwell_parts(document))
    doubts = [] if not isinstance(word, str) or word.lower() in _GOOD_WORDS else [f'says "{word[:40]}"']
    if parts:
        rest = f" and {len(parts) - _MAX_SHOWN} more" if len(parts) > _MAX_SHOWN else ""
        doubts.append("not well: " + ", ".join(parts[:_MAX_SHOWN]) + rest)
    return "; ".join(doubts) or None


def _unwell_parts(document: dict[str, Any]) -> Iterator[str]:
    for key in _PART_KEYS:
        parts = document.get(key)
        if isinstance(parts, dict):
            yield from (str(name)[:40] for name, part in parts.items() if not _is_well(part))


def _is_well(part: Any) -> bool:
    """Only a plain "no" counts against a part: services put figures and names among them, too."""
    if isinstance(part, dict):
        return _is_well(part.get("status", True))
    if isinstance(part, bool):
        return part
    if isinstance(part, str):
        return part.lower() not in (
            "unhealthy",
            "degraded",
            "partial",
            "down",
            "error",
            "failed",
            "critical",
            "open",
        )
    return True
