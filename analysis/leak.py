"""What a service still holds after the load, above its level of before: requests, connections, files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.event import Event, EventKind
from analysis.result import ObjectiveRow
from analysis.sample import Sample

BYTES_PER_MB = 1_000_000
UNITS = {"in_flight": "", "connections": "", "fds": "", "memory": "MB"}
"""What is looked at, each with its unit."""

Levels = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LeakWatch:
    """How a leak is told; a service is given time to come back to its levels."""

    in_flight: str | None = None
    """A series of the scrape, or the name of a Prometheus query: the service's own count of open requests."""
    above: Mapping[str, float] = field(default_factory=dict)
    """Quantity to how much more than before is no leak; quantities that are not named are not judged."""
    wait_s: float = 10.0


@dataclass(frozen=True, slots=True)
class RunningLeak:
    """What no client wanted any more and was kept to the end of the load."""

    kept: float
    """At least so many, all the time that a service is given."""
    since_s: float
    """From here on there was always more than is allowed."""


def levels(sample: Sample, watch: LeakWatch) -> Levels:
    """The quantities of one of the sidecar's samples, as far as it has them."""
    process = _part(sample, "process")
    found = {
        "in_flight": _in_flight(sample, watch.in_flight),
        "connections": _number(process.get("connections")),
        "fds": _number(process.get("fds")),
        "memory": None if (rss := _number(process.get("rss_bytes"))) is None else rss / BYTES_PER_MB,
    }
    return {name: value for name, value in found.items() if value is not None and name in watch.above}


def held(before: Levels, after: Levels, watch: LeakWatch) -> Levels:
    """The quantities that are above their level of before by more than is allowed, and by how much."""
    grown = {name: value - before[name] for name, value in after.items() if name in before}
    return {name: growth for name, growth in grown.items() if growth > watch.above[name]}


def levels_before(events: Sequence[Event]) -> Levels | None:
    """What was held before the load; None where nobody looked."""
    settled = _settled(events)
    if settled is None:
        return None
    before = _part(settled, "before")
    return {name: value for name in before if (value := _number(before[name])) is not None}


def leak_rows(
    watch: LeakWatch | None,
    runs: Sequence[Sequence[Event]],
    running: Sequence[Mapping[str, RunningLeak]],
) -> tuple[ObjectiveRow, ...]:
    """An objective for each quantity that is judged: of several runs the worst.

    Each run is given by its events, and by the leaks that showed while its load went on.
    """
    if watch is None:
        return ()
    return tuple(
        _row(
            name,
            limit,
            [(_settled(events), leaks.get(name)) for events, leaks in zip(runs, running, strict=True)],
        )
        for name, limit in sorted(watch.above.items())
    )


def _settled(events: Sequence[Event]) -> Event | None:
    return next((event for event in events if event["kind"] == EventKind.SETTLED), None)


def _row(name: str, limit: float, runs: Sequence[tuple[Event | None, RunningLeak | None]]) -> ObjectiveRow:
    value: float | None = None
    reason: str | None = None
    for event, leak in runs:
        growth = None if event is None else _growth(event, name)
        if event is None or growth is None:
            value, reason = None, "its level was not watched before the load and after it"
            break
        kept = growth if leak is None else max(growth, leak.kept)
        if value is None or kept > value:
            value, reason = kept, f"{_number(event.get('waited_s')) or 0.0:.0f} s after the load"
            if leak is not None and growth <= limit:
                reason = f"during the load, from {leak.since_s:.0f} s on; let go of after it"
            elif leak is not None:
                reason += f"; held since {leak.since_s:.0f} s after its start"
    return ObjectiveRow(
        name=f"leak.{name}",
        endpoint=None,
        metric="leak",
        statistic=name,
        unit=UNITS[name],
        limit=limit,
        value=value,
        met=None if value is None else value <= limit,
        reason=reason,
    )


def _growth(event: Event, name: str) -> float | None:
    before, after = (_number(_part(event, when).get(name)) for when in ("before", "after"))
    return None if before is None or after is None else max(0.0, after - before)


def _in_flight(sample: Sample, name: str | None) -> float | None:
    """A scrape has a series for each set of labels; they are added up."""
    if name is None:
        return None
    asked = _number(_part(sample, "prometheus").get(name))
    if asked is not None:
        return asked
    series = [
        value
        for key, found in _part(sample, "scrape").items()
        if key.partition("{")[0] == name and (value := _number(found)) is not None
    ]
    return sum(series) if series else None


def _part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = holder.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
