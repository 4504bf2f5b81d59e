"""Counts of requests: what was due, what became of it, and whether the books balance."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Annotated, Self

from pydantic import Field, TypeAdapter, ValidationError

from analysis.failure import FailureKind

_Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over any slices, workers and endpoints; all zero by default."""

    due: _Number = 0
    dropped: _Number = 0
    """Due but never sent."""
    started: _Number = 0
    ok: _Number = 0
    failed: Mapping[FailureKind, _Number] = field(default_factory=dict)
    aborted: _Number = 0
    """Started, then killed by our own stop before there was an outcome."""
    left: _Number = 0
    """Of the aborted ones, streams that their user left on purpose."""
    reconnects: _Number = 0
    """Of the started ones, those that took up a stream that had broken off: no arrivals of the profile."""
    received_bytes: Annotated[int, Field(ge=0, alias="bytes")] = 0
    events: _Number = 0
    """Stream events with answer text."""
    good: _Number = 0
    """Successes within the target's limits for a single request."""
    coalesced: _Number = 0
    """Of these events, those without a stamp of their own: one read brought them and the next one."""
    text_bytes: _Number = 0
    """Answer text of streams, in UTF-8."""
    tokens: _Number = 0
    """Of answers whose service reported a number."""
    hits: _Number = 0
    misses: _Number = 0
    """Answers that said whether they came from the service's cache."""
    retrievals: _Number = 0
    """Answers whose sources were counted."""
    empty_retrievals: _Number = 0
    """Of these, answers without a source."""
    clipped: _Number = 0
    """Observations outside the range of the histograms."""

    def __add__(self, other: Self) -> "Counts":
        return total((self, other))

    @property
    def failures(self) -> int:
        """Failed requests of all kinds."""
        return sum(self.failed.values())

    def imbalance(self) -> str | None:
        """Which equation of conservation does not hold, with its figures; `None` when both hold."""
        if self.due != self.started + self.dropped:
            return f"{self.due} due, but {self.started} started + {self.dropped} dropped"
        if self.started != self.ok + self.failures + self.aborted:
            return (
                f"{self.started} started, but {self.ok} ok + {self.failures} failed + {self.aborted} aborted"
            )
        return None


_SUMMED = tuple(each.name for each in fields(Counts) if each.name != "failed")
_values: Callable[[Counts], tuple[int, ...]] = attrgetter(*_SUMMED)


@dataclass(frozen=True, slots=True)
class CountsRow:
    """A row of counts.jsonl: counts of one worker and endpoint in one slice."""

    slice_index: int
    worker: int
    endpoint: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Place:
    slice_index: Annotated[int, Field(ge=0, alias="slice")]
    worker: int
    endpoint: str


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    rows = tuple(counts)
    if not rows:
        return Counts()
    failed: Counter[FailureKind] = Counter()
    for row in rows:
        failed.update(row.failed)
    sums = (sum(column) for column in zip(*map(_values, rows), strict=True))
    return Counts(failed=dict(failed), **dict(zip(_SUMMED, sums, strict=True)))


def parse_counts_row(line: bytes) -> CountsRow:
    """Read a line of counts.jsonl; `ValueError` when it is none. Fields that are left out are zero."""
    try:
        place = _places().validate_json(line, strict=True)
        counts = _counts().validate_json(line, strict=True)
    except ValidationError as error:
        raise ValueError(_said(error)) from error
    return CountsRow(place.slice_index, place.worker, place.endpoint, counts)


def counts_of(fields: Mapping[str, object]) -> Counts:
    """Of the fields of such a line, as workers report them; `ValueError` when they are none."""
    try:
        return _counts().validate_python(fields)
    except ValidationError as error:
        raise ValueError(_said(error)) from error


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    return f"{key}: {first['msg']}" if key else first["msg"]


@cache
def _places() -> TypeAdapter[_Place]:
    return TypeAdapter(_Place)


@cache
def _counts() -> TypeAdapter[Counts]:
    return TypeAdapter(Counts)
