"""What runs must have in common with one another and with a baseline to be compared."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from pydantic import JsonValue

from analysis.environment import differing_keys, env8_of


@dataclass(frozen=True, slots=True)
class Setting:
    """`hard` are the environment's keys that must match."""

    target: str
    profile: str
    scenario_sha256: str
    clock: str
    workers: int
    hard: Mapping[str, JsonValue]

    @property
    def env8(self) -> str:
        return env8_of(self.hard)

    def differing_from(self, other: "Setting") -> tuple[str, ...]:
        """Names of the keys that differ, in a fixed order; empty when the two are comparable."""
        named = [
            field.name
            for field in fields(self)
            if field.name != "hard" and getattr(self, field.name) != getattr(other, field.name)
        ]
        return (*named, *(f"environment.hard.{key}" for key in differing_keys(self.hard, other.hard)))
