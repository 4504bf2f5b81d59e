"""Reads a circuit breaker's state from whatever a breaker library keeps under its Redis key."""

import json
import re
from enum import StrEnum

_GLOB = re.compile(r"[*?\[\\]")
_MAX_NAME_CHARS = 64


class BreakerState(StrEnum):
    """Libraries spell these differently (half-open, HALF_OPEN, opened); a sample never does."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    UNKNOWN = "unknown"


_SPELLINGS = {
    "closed": BreakerState.CLOSED,
    "close": BreakerState.CLOSED,
    "open": BreakerState.OPEN,
    "opened": BreakerState.OPEN,
    "half_open": BreakerState.HALF_OPEN,
    "half_opened": BreakerState.HALF_OPEN,
    "halfopen": BreakerState.HALF_OPEN,
    "halfopened": BreakerState.HALF_OPEN,
}


def state_from(value: str, field: str | None) -> BreakerState:
    """The state in a string value: a JSON object's field, a JSON string, or the bare word.

    Any other text is UNKNOWN and is not repeated, because it may be anybody's data.
    """
    text: object = value
    if value[:1] in ("{", '"'):
        try:
            text = json.loads(value)
        except ValueError:
            return BreakerState.UNKNOWN
        if isinstance(text, dict):
            text = text.get(field) if field else None
    return state_word(text)


def state_word(word: object) -> BreakerState:
    if not isinstance(word, str):
        return BreakerState.UNKNOWN
    plain = word.rpartition(".")[2].strip().lower().replace("-", "_").replace(" ", "_")
    return _SPELLINGS.get(plain, BreakerState.UNKNOWN)


def breaker_name(key: str, pattern: str) -> str:
    """The key without the pattern's fixed beginning and end ("circuit_breaker:rag" is "rag")."""
    first = _GLOB.search(pattern)
    if first is None:
        return key[:_MAX_NAME_CHARS]
    prefix = pattern[: first.start()]
    suffix = _GLOB.split(pattern)[-1] if pattern.count("[") == 0 else ""
    name = key.removeprefix(prefix).removesuffix(suffix)
    return (name or key)[:_MAX_NAME_CHARS]


def is_glob(pattern: str) -> bool:
    return _GLOB.search(pattern) is not None
