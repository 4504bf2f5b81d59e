"""One thing that the doctor looked at, what it found and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """What a check is about."""

    TARGET = "target"
    SERVICE = "service"
    WATCH = "watch"
    GENERATOR = "generator"


class State(StrEnum):
    """Only WRONG keeps a run from being made."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """`found` and `advice` never hold a secret: neither URLs with credentials nor header values."""

    area: Area
    name: str
    state: State
    found: str
    advice: str | None = None
