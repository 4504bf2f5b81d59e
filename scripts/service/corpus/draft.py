"""What a topic writes before the library gives it an identity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    title: str
    text: str
