"""The profile's abort rules, over a moving window of slices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.histogram import Histogram, Int64s, decode_sparse
from analysis.profile import AbortRule

ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that was broken, and by how much."""

    rule: AbortRule
    value: float

    def __str__(self) -> str:
        rule = self.rule
        where = "all endpoints" if rule.endpoint is None else rule.endpoint
        if rule.metric == ERRORS:
            return f"{where}: error ratio {self.value:.3f} > {rule.above:.3f} over {rule.window_s} s"
        timed = f"{rule.metric} {rule.statistic} {self.value / 1000:.1f} ms > {rule.above / 1000:.1f} ms"
        return f"{where}: {timed} over {rule.window_s} s"


@dataclass(frozen=True, slots=True)
class _Row:
    """What the rules look at of one row of a report. Decoded once: each window that holds it needs it."""

    endpoint: str
    ok: int
    failed: int
    times: Mapping[str, tuple[Int64s, Int64s]]


class AbortWatch:
    """Takes the workers' reports and says when a rule is broken."""

    def __init__(self, rules: Iterable[AbortRule], slice_s: int) -> None:
        self._rules = tuple(rules)
        self._slice_s = slice_s
        self._timed = {rule.metric for rule in self._rules if rule.metric != ERRORS}
        self._longest = max((rule.window_s for rule in self._rules), default=0)
        self._seen = -1
        self._rows: dict[int, list[_Row]] = defaultdict(list)

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of a report."""
        if self._rules:
            for row in rows:
                counts, histograms = row["counts"], row["histograms"]
                times = {
                    metric: decode_sparse(histograms[metric])
                    for metric in self._timed
                    if metric in histograms
                }
                failed = sum(counts.get("failed", {}).values())
                self._rows[row["slice"]].append(_Row(row["endpoint"], counts.get("ok", 0), failed, times))

    def breach(self, now_slice: int) -> Breach | None:
        """The first broken rule, judged over the complete slices before `now_slice`."""
        if now_slice == self._seen:
            return None
        self._seen = now_slice
        self._forget(now_slice)
        for rule in self._rules:
            slices = max(1, rule.window_s // self._slice_s)
            if now_slice < slices:
                continue
            rows = [
                row
                for number in range(now_slice - slices, now_slice)
                for row in self._rows.get(number, ())
                if rule.endpoint is None or row.endpoint == rule.endpoint
            ]
            value = _error_ratio(rows, rule) if rule.metric == ERRORS else _percentile(rows, rule)
            if value is not None and value > rule.above:
                return Breach(rule, value)
        return None

    def _forget(self, now_slice: int) -> None:
        oldest = now_slice - self._longest // self._slice_s - 2
        for number in [number for number in self._rows if number < oldest]:
            del self._rows[number]


def _error_ratio(rows: Sequence[_Row], rule: AbortRule) -> float | None:
    failed = sum(row.failed for row in rows)
    finished = failed + sum(row.ok for row in rows)
    return None if finished < max(1, rule.min_count) else failed / finished


def _percentile(rows: Sequence[_Row], rule: AbortRule) -> float | None:
    parts = [row.times[rule.metric] for row in rows if rule.metric in row.times]
    if not parts:
        return None
    slots, counts = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    merged = Histogram.from_sparse(slots, counts)
    if merged.count < max(1, rule.min_count):
        return None
    return merged.percentile(float(rule.statistic.removeprefix("p")) / 100)
