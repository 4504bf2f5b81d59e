"""One passage of the service's library."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """`identity` is stable between starts, such as `weather-0042`."""

    identity: str
    topic: str
    title: str
    text: str
