"""Locust's `request` event, and its statistics when nobody else listens."""

from locust.env import Environment
from locust.stats import StatsEntry, bucket_response_time

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.failure import Failure
from locustfiles.load.exchange import Exchange
from locustfiles.load.journal import Page

OURS = "plimsoll"
"""Key in the event's context that marks an exchange which the recorder has seen."""
KNOWN_LISTENERS = ("locust.runners", "locustfiles.load.worker_side")
"""Modules of Locust's statistics, and of what records stock users' requests."""


class FailedExchangeError(Exception):
    """What stock listeners get as the exception of a failed exchange; equal failures have equal texts."""


class RequestEvent:
    """Fires the event for each exchange as soon as a third party listens.

    Locust's own statistics listen too, and cost more per request than sending it. While they are the only
    listener they are brought up to date from the journal instead, many requests at once.
    """

    def __init__(self, environment: Environment) -> None:
        self._event = environment.events.request
        self._stats = environment.stats
        self._handlers = self._event._handlers
        self._silent = [
            handler for handler in self._handlers if getattr(handler, "__module__", "") in KNOWN_LISTENERS
        ]

    @property
    def is_heard(self) -> bool:
        """Whether anybody but Locust's statistics and the suite listens now."""
        return self._handlers != self._silent

    def fire(self, method: str, name: str, path: str, exchange: Exchange, failure: Failure | None) -> None:
        """Tell all listeners of one exchange."""
        response_us = exchange.response_us
        self._event.fire(
            request_type=method,
            name=name,
            response_time=None if response_us is None else response_us / 1000,
            response_length=exchange.received_bytes,
            exception=None if failure is None else FailedExchangeError(f"{failure.kind}: {failure.detail}"),
            context={OURS: True},
            start_time=exchange.sched_ns / 1e9,
            url=path,
            response=None,
        )

    def answered(self, method: str, name: str, page: Page) -> None:
        """Enter answered exchanges whose event was not fired into Locust's statistics."""
        unheard = page.unheard()
        if not len(unheard):
            return
        batch = StatsEntry(self._stats, name, method)
        _count(batch, unheard)
        self._stats.entries[name, method].extend(batch)
        self._stats.total.extend(batch)


def _count(batch: Any, page: Page) -> None:
    """Count as Locust itself does, whose annotations say int where it keeps floats."""
    times_ms = page.response_us / 1000
    batch.num_requests = len(page)
    batch.total_response_time = float(times_ms.sum())
    batch.min_response_time = float(times_ms.min())
    batch.max_response_time = float(times_ms.max())
    batch.total_content_length = page.received_bytes
    for time_ms, count in _counted(times_ms):
        batch.response_times[bucket_response_time(time_ms)] += count
    for second, count in _counted(page.last_s):
        batch.num_reqs_per_sec[second] += count
    batch.last_request_timestamp = float(page.last_s.max())


def _counted(values: npt.NDArray[Any]) -> list[tuple[Any, int]]:
    distinct, counts = np.unique(values, return_counts=True)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))
