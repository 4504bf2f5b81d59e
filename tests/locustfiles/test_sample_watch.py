"""The memory guard warns once, stops once, and breaker transitions become events."""

from typing import Any

from analysis.sidecar_watch import SidecarWatch
from locustfiles.load.sample_watch import SampleWatch


class Log:
    """Keeps what the watch says."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.stops: list[tuple[str, str]] = []

    def event(self, kind: str, **fields: Any) -> None:
        self.events.append((kind, fields))

    def stop(self, kind: str, detail: str) -> None:
        self.stops.append((kind, detail))


def watch(log: Log) -> SampleWatch:
    return SampleWatch(SidecarWatch(), log.event, log.stop)


def memory(percent: float) -> dict[str, Any]:
    return {"host": {"memory_used_percent": percent}}


def test_memory_above_94_percent_warns_once_until_it_falls_again() -> None:
    """Three samples above, one below, one above: two warnings."""
    log = Log()
    watching = watch(log)
    for percent in (93.9, 94.0, 95.0, 96.0, 90.0, 94.5):
        watching.take(memory(percent))
    assert log.events == [("memory_warning", {"percent": 94.0}), ("memory_warning", {"percent": 94.5})]
    assert log.stops == []


def test_memory_at_98_percent_stops_the_run_once() -> None:
    """The second sample above the limit changes nothing."""
    log = Log()
    watching = watch(log)
    watching.take(memory(98.0))
    watching.take(memory(99.0))
    assert log.stops == [("memory_guard", "host memory 98.0 % reached the limit of 98 %")]


def test_a_breaker_that_changes_state_is_an_event() -> None:
    """The first state seen is no transition."""
    log = Log()
    watching = watch(log)
    for state in ("closed", "closed", "open", "closed"):
        watching.take({"breakers": {"generate": state}})
    assert [fields for _, fields in log.events] == [
        {"name": "generate", "from": "closed", "to": "open"},
        {"name": "generate", "from": "open", "to": "closed"},
    ]


def test_samples_without_host_or_breakers_are_taken_quietly() -> None:
    """A custom sidecar need not watch everything."""
    log = Log()
    watch(log).take({"host": None, "breakers": None, "gap_s": None})
    assert log.events == []


def test_a_foreign_sidecar_may_print_nonsense_in_place_of_objects() -> None:
    """A text where an object belongs tells nothing and breaks nothing."""
    log = Log()
    watch(log).take({"host": "x", "breakers": ["a"]})
    assert log.events == []
