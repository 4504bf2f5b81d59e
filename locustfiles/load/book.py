"""What one worker counted and timed for one endpoint in one slice."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from analysis.failure import Failure
from analysis.histogram import Histogram, record_together
from analysis.metric import STAGE
from locustfiles.load.journal import Page
from locustfiles.load.outcome import Outcome

EXEMPLARS_PER_KIND = 2
GAPS_KEPT = 4096
"""Folding so many takes a quarter of a millisecond."""

METRICS_KEPT = 96
OTHER_STAGES = "stage.other"
"""Where the rest goes when a service thinks of ever new names for its stages."""

JsonRow = dict[str, Any]


class Book:
    """Counts and histograms of one endpoint in one slice, kept until the next report."""

    __slots__ = (
        "_gaps_us", "aborted", "bytes", "coalesced", "dropped", "empty_retrievals", "events", "exemplars",
        "failed", "good", "histograms", "hits", "left", "misses", "ok", "reconnects", "retrievals", "started",
        "text_bytes", "tokens",
    )  # fmt: skip

    def __init__(self) -> None:
        self.dropped = self.started = self.ok = self.aborted = 0
        self.bytes = self.events = self.good = self.coalesced = self.text_bytes = self.tokens = 0
        self.left = self.hits = self.misses = self.retrievals = self.empty_retrievals = 0
        self.reconnects = 0
        self.failed: Counter[str] = Counter()
        self.histograms: dict[str, Histogram] = {}
        self.exemplars: list[JsonRow] = []
        self._gaps_us = array("q")

    def time(self, metric: str, value_us: int) -> None:
        """Add one observation of a metric."""
        self._histogram(metric).record(value_us)

    def gaps(self, gaps_us: Sequence[int]) -> None:
        """Add one stream's gaps."""
        waiting_us = self._gaps_us
        waiting_us.extend(gaps_us)
        if len(waiting_us) >= GAPS_KEPT:
            self.fold()

    def fold(self) -> None:
        """Enter the gaps that wait for it, all at once, into their histogram."""
        waiting_us, self._gaps_us = self._gaps_us, array("q")
        if waiting_us:
            self._histogram("gap").record_all(np.frombuffer(waiting_us, np.int64))

    def answered(self, page: Page) -> None:
        """Add answered exchanges, all of this book's slice."""
        self.ok += len(page)
        self.bytes += page.received_bytes
        self.good += page.good
        times_us = {
            "response": page.response_us,
            "service": page.service_us,
            "ttfb": page.ttfb_us,
            "send_lag": page.send_lag_us,
            "wake_lag": page.wake_lag_us,
        }
        known = {metric: values for metric, values in times_us.items() if len(values)}
        if known:
            record_together([self._histogram(metric) for metric in known], list(known.values()))

    def described(self, outcome: Outcome) -> None:
        """Add what a good answer says about itself, times apart."""
        self.events += outcome.text_events
        self.text_bytes += outcome.text_bytes
        self.coalesced += outcome.coalesced
        self.tokens += outcome.tokens or 0
        if outcome.hit is not None:
            self.hits += outcome.hit
            self.misses += not outcome.hit
        if outcome.sources is not None:
            self.retrievals += 1
            self.empty_retrievals += outcome.sources == 0

    def fail(self, failure: Failure, status: int | None) -> None:
        """Count a failure and keep the first few of each kind as exemplars."""
        kind = failure.kind.value
        self.failed[kind] += 1
        if self.failed[kind] <= EXEMPLARS_PER_KIND:
            self.exemplars.append({"failure": kind, "detail": failure.detail, "status": status})

    def counts(self) -> JsonRow:
        """The fields of a row of `counts.jsonl` that are not zero."""
        self.fold()
        fields: JsonRow = {
            "due": self.started + self.dropped,
            "dropped": self.dropped,
            "started": self.started,
            "ok": self.ok,
            "failed": dict(self.failed),
            "aborted": self.aborted,
            "left": self.left,
            "reconnects": self.reconnects,
            "bytes": self.bytes,
            "events": self.events,
            "good": self.good,
            "coalesced": self.coalesced,
            "text_bytes": self.text_bytes,
            "tokens": self.tokens,
            "hits": self.hits,
            "misses": self.misses,
            "retrievals": self.retrievals,
            "empty_retrievals": self.empty_retrievals,
            "clipped": sum(histogram.clipped for histogram in self.histograms.values()),
        }
        return {name: value for name, value in fields.items() if value}

    def encoded(self) -> Iterator[tuple[str, str]]:
        """Each metric and its histogram in V2 encoding, which takes up to a third of a millisecond."""
        self.fold()
        for metric, histogram in self.histograms.items():
            yield metric, histogram.encode()

    def _histogram(self, metric: str) -> Histogram:
        histogram = self.histograms.get(metric)
        if histogram is None:
            if len(self.histograms) >= METRICS_KEPT and metric.startswith(STAGE) and metric != OTHER_STAGES:
                return self._histogram(OTHER_STAGES)
            histogram = self.histograms[metric] = Histogram()
        return histogram
