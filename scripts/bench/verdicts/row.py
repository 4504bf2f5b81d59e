"""One claim about the verdicts, and what the simulation found of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is a share; it has to lie within `least` and `most`."""

    table: str
    what: str
    value: float
    least: float
    most: float
    detail: str

    @property
    def ok(self) -> bool:
        return self.least <= self.value <= self.most

    @property
    def wanted(self) -> str:
        """The bounds as people write them."""
        if self.least == self.most:
            return percent(self.least)
        if self.least <= 0:
            return f"<= {percent(self.most)}"
        return (
            f">= {percent(self.least)}"
            if self.most >= 1
            else f"{percent(self.least)} to {percent(self.most)}"
        )

    @property
    def found(self) -> str:
        return f"{percent(self.value)} {self.detail}".rstrip()

    def plain(self) -> dict[str, object]:
        """For JSON."""
        return {
            "table": self.table,
            "what": self.what,
            "wanted": self.wanted,
            "found": self.found,
            "value": round(self.value, 6),
            "ok": self.ok,
        }


def at_most(table: str, what: str, cases: Sequence[bool], most: float, detail: str = "") -> Row:
    """The share of cases that went wrong is wanted to be small."""
    return Row(table, what, share(cases), 0.0, most, _of(cases, detail))


def at_least(table: str, what: str, cases: Sequence[bool], least: float, detail: str = "") -> Row:
    """The share of cases that went right is wanted to be large."""
    return Row(table, what, share(cases), least, 1.0, _of(cases, detail))


def between(table: str, what: str, cases: Sequence[bool], least: float, most: float) -> Row:
    return Row(table, what, share(cases), least, most, _of(cases, ""))


def share(cases: Sequence[bool]) -> float:
    return sum(cases) / len(cases)


def percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _of(cases: Sequence[bool], detail: str) -> str:
    return f"of {len(cases)}" if not detail else f"of {len(cases)}, {detail}"
