"""How the events of a stream are read that speaks none of the known dialects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

JsonScalar = str | int | float | bool | None


class Framing(StrEnum):
    """How one message of a stream is told from the next."""

    SSE = "sse"
    NDJSON = "ndjson"
    JSON = "json"
    """JSON objects one after the other, with or without white space, commas and brackets between them."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """Holds for a message in which `path` leads to something and every value of `when` is as it should be.

    Paths are dotted and may hold list indices. Where the message's JSON has no such key itself, `event` is
    the name of the server-sent event and `data` the message as it came, JSON or not.
    """

    path: str | None = None
    when: Mapping[str, tuple[JsonScalar, ...]] = field(default_factory=dict)
    """Path to the values that it may have."""


@dataclass(frozen=True, slots=True)
class EventMap:
    """What the messages of dialect `custom` mean. One message may mean several things at once."""

    text: EventRule
    done: EventRule | None
    """The end mark; None: the end of the HTTP message is the proper end."""
    framing: Framing = Framing.SSE
    error: EventRule | None = None
    """What its path leads to, or the code in it, is the error's name."""
    citation: EventRule | None = None
    stage_name: EventRule | None = None
    stage_ms: EventRule | None = None
    stages_ms: EventRule | None = None
    """An object of stage names and milliseconds."""
    tokens: EventRule | None = None
