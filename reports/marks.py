"""Events of a run that belong into every panel, each with a letter and a sentence."""

from collections.abc import Mapping
from string import ascii_lowercase
from typing import Any

from analysis.event import Event, EventKind
from analysis.run_log import RunLog
from reports.quantity import quantity, stretch
from reports.timeline import Mark

_QUIET = (
    EventKind.RUN_STARTED, EventKind.STAGE, EventKind.DRAIN, EventKind.SETTLED, EventKind.RUN_ENDED,
    EventKind.EXEMPLAR,
)  # fmt: skip
"""Part of every run; what was left behind when it settled is told among the objectives."""


def marks_of(log: RunLog) -> tuple[Mark, ...]:
    """As many as there are letters; the last one says how many more there were."""
    events = sorted(
        (event for event in log.events if event["kind"] not in _QUIET), key=lambda event: event["t_utc_ns"]
    )
    marks = [
        Mark(letter, (event["t_utc_ns"] - log.run.start_ns) / 1e9, sentence_of(event))
        for letter, event in zip(ascii_lowercase, events, strict=False)
    ]
    left_out = len(events) - len(marks)
    if left_out > 0:
        last = marks[-1]
        marks[-1] = Mark(last.letter, last.t_s, f"{last.text}; {left_out} more events are in events.jsonl")
    return tuple(marks)


def sentence_of(event: Event) -> str:
    kind = event["kind"]
    write = _SENTENCES.get(kind)
    return write(_Fields(event)) if write else str(kind).replace("_", " ")


class _Fields:
    """Fields of an event as text; a missing one is a question mark, as any version may have written it."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event

    def __getitem__(self, name: str) -> str:
        value = self._event.get(name)
        return "?" if value is None else str(value)

    def number(self, name: str) -> float | None:
        value = self._event.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


_SENTENCES = {
    EventKind.ABORT: lambda of: f"the run was stopped by an abort rule: {of['rule']}",
    EventKind.MEMORY_WARNING: lambda of: (
        f"host memory at {quantity(of.number('percent'), 'percent')}: warning"
    ),
    EventKind.MEMORY_STOP: lambda of: (
        f"host memory at {quantity(of.number('percent'), 'percent')}: the run was stopped"
    ),
    EventKind.WORKER_LOST: lambda of: f"worker {of['worker']} was lost",
    EventKind.BREAKER: lambda of: f"breaker {of['name']} went from {of['from']} to {of['to']}",
    EventKind.SIDECAR_LOST: lambda of: f"the sidecar was lost: {of['reason']}",
    EventKind.SIDECAR_GAP: lambda of: f"no samples for {stretch(of.number('gap_s'))}",
    EventKind.SIDECAR_ERROR: lambda of: f"the sidecar could not read something: {of['detail']}",
    EventKind.LISTENER_ERROR: lambda of: f"a listener raised: {of['detail']}",
    EventKind.CLOCK_STEP: lambda of: f"the clock was set by {quantity(of.number('step_us'), 'us')}",
    EventKind.DISK_FULL: lambda of: f"the disk was full: {of['file']} is not complete",
    EventKind.SIGNAL: lambda of: f"signal {of['name']}",
}
