"""One answer of one watched source, with a short reason for everything it could not tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """Parts of a sample by name, and why parts are missing ("redis": "connection refused")."""

    parts: Mapping[str, Any]
    missing: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Something that is asked once a tick, in a thread of its own."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the sample that this source fills."""

    def absent(self, reason: str) -> Reading:
        """What the sample says when there is no answer."""

    def read(self, timeout_s: float) -> Reading:
        """Ask once. What the other side does wrong is part of the reading, never an exception."""

    def close(self) -> None:
        """Give back the connection."""
