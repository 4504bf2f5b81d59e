"""An event: something that happened in a run, as a JSON object in events.jsonl."""

import json
from enum import StrEnum
from typing import Any

Event = dict[str, Any]
"""Whole objects as they were written: `t_utc_ns`, `kind` and the kind's own fields."""


class EventKind(StrEnum):
    """What can happen, with the fields that the entry carries."""

    RUN_STARTED = "run_started"
    STAGE = "stage"
    """name, level"""
    STEP = "step"
    """rate_per_s, start_s, from_s, end_s, cut: a step of a search for the capacity that is over"""
    DRAIN = "drain"
    RUN_ENDED = "run_ended"
    """status, bytes: the sizes of the other logs"""
    ABORT = "abort"
    """rule, value, limit"""
    MEMORY_WARNING = "memory_warning"
    """percent"""
    MEMORY_STOP = "memory_stop"
    """percent"""
    WORKER_LOST = "worker_lost"
    """worker"""
    BREAKER = "breaker"
    """name, from, to"""
    EXEMPLAR = "exemplar"
    """endpoint, failure, detail, status"""
    SIDECAR_LOST = "sidecar_lost"
    """reason"""
    SIDECAR_GAP = "sidecar_gap"
    """gap_s"""
    SIDECAR_ERROR = "sidecar_error"
    """detail"""
    LISTENER_ERROR = "listener_error"
    """detail"""
    CLOCK_STEP = "clock_step"
    """step_us"""
    DISK_FULL = "disk_full"
    """file"""
    SETTLED = "settled"
    """waited_s, before, after: what the service held before the load and so long after it"""
    SIGNAL = "signal"
    """name"""


def parse_event(line: bytes) -> Event:
    """Read a line; `ValueError` when it is no event. Kinds are not checked: a newer version may know more."""
    match json.loads(line):
        case {"t_utc_ns": int(), "kind": str()} as event:
            return dict(event)
    raise ValueError("a JSON object with t_utc_ns in whole nanoseconds and a kind was wanted")
