"""What a service holds while the load goes on, beyond all that its clients can have it hold."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from analysis.event import EventKind
from analysis.leak import LeakWatch, Levels, RunningLeak, levels, levels_before
from analysis.measurement import GENERATOR
from analysis.run_log import RunLog
from analysis.run_record import ClockKind
from analysis.sample import Sample, SampleSource

COUNTED_BY_US = {"in_flight": "in_flight_max", "connections": "connections_max"}
"""What can be compared, and the generator's own count of it: the most since its reading before."""

GRACE_S = 1.0
"""What has ended may be held for so long: a service goes on a little after its last byte."""

LEAST_MOMENTS = 5
LONGEST_GAP = 3
"""Slices from a sample to the next reading of the generator; what it held in a longer gap is not known."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One sample of the service beside what the generator knows of the same time."""

    at_s: float
    """On the run's time axis."""
    held: float
    """By the service, above its level of before the load."""
    excused: float
    """What the generator has open, and what it has given up or ended so lately that it may still be held."""

    @property
    def excess(self) -> float:
        return self.held - self.excused


def running_leaks(log: RunLog, watch: LeakWatch | None) -> Mapping[str, RunningLeak]:
    """By quantity; a run that is too short to tell, or whose users are not ours, has none."""
    before = levels_before(log.events)
    if watch is None or before is None or log.run.clock is not ClockKind.KERNEL:
        return {}
    found = {
        name: running_leak(list(_moments(log, watch, name, before)), watch.above[name], watch.wait_s)
        for name in watch.above
        if name in COUNTED_BY_US and name in before
    }
    return {name: leak for name, leak in found.items() if leak is not None}


def running_leak(moments: Sequence[Moment], above: float, wait_s: float) -> RunningLeak | None:
    """A leak is an excess above the limit that lasts to the end, for `wait_s` at least.

    The least of it counts: the two sides are not read at the same instant, so that single moments err both
    ways. Moments of less than twice `wait_s` say nothing, for so long everything may be excused.
    """
    if len(moments) < LEAST_MOMENTS or moments[-1].at_s - moments[0].at_s < 2 * wait_s:
        return None
    end_s = moments[-1].at_s
    last = [moment for moment in moments if moment.at_s >= end_s - wait_s]
    if len(last) < LEAST_MOMENTS:
        last = list(moments[-LEAST_MOMENTS:])
    kept = min(moment.excess for moment in last)
    if kept <= above:
        return None
    since_s = end_s
    for moment in reversed(moments):
        if moment.excess <= above:
            break
        since_s = moment.at_s
    return RunningLeak(kept, since_s)


def _moments(log: RunLog, watch: LeakWatch, name: str, before: Levels) -> Iterator[Moment]:
    """Of the load alone: what is held after it is judged without all this."""
    start_ns, slice_s = log.run.start_ns, log.run.slice_s
    end_ns = next(
        (event["t_utc_ns"] for event in log.events if event["kind"] == EventKind.DRAIN), log.run.end_ns
    )
    ours = _OurCounts(log.samples, COUNTED_BY_US[name], start_ns, slice_s, len(log.run.workers))
    ended = _Ended(log)
    for sample in log.samples:
        if sample["source"] != SampleSource.SIDECAR:
            continue
        if sample["t_utc_ns"] < start_ns or (end_ns is not None and sample["t_utc_ns"] > end_ns):
            continue
        at_s = (sample["t_utc_ns"] - start_ns) / 1e9
        found, open_here = levels(sample, watch).get(name), ours.at(at_s)
        if found is not None and open_here is not None:
            yield Moment(at_s, found - before[name], open_here + ended.lately(at_s, watch.wait_s))


class _OurCounts:
    """What all workers together had open."""

    def __init__(
        self, samples: Sequence[Sample], key: str, start_ns: int, slice_s: int, workers: int
    ) -> None:
        self._times_s: defaultdict[int, list[float]] = defaultdict(list)
        self._counts: defaultdict[int, list[float]] = defaultdict(list)
        self._workers = workers
        self._longest_s = LONGEST_GAP * slice_s
        for sample in samples:
            count = sample.get(key)
            if sample["source"] == SampleSource.GENERATOR and isinstance(count, int):
                worker = sample.get("worker", 0)
                self._times_s[worker].append((sample["t_utc_ns"] - start_ns) / 1e9)
                self._counts[worker].append(float(count))

    def at(self, at_s: float) -> float | None:
        """The most around that time; None where a worker has not told."""
        if len(self._times_s) < self._workers:
            return None
        total = 0.0
        for worker, times_s in self._times_s.items():
            place = bisect_left(times_s, at_s)
            if place == len(times_s) or times_s[place] - at_s > self._longest_s:
                return None
            total += max(self._counts[worker][max(0, place - 1) : place + 1])
        return total


class _Ended:
    """Requests that have ended, slice by slice, added up."""

    def __init__(self, log: RunLog) -> None:
        self._slice_s = log.run.slice_s
        slices = 1 + max((row.slice_index for row in log.counts), default=0)
        given_up, ended = [0] * slices, [0] * slices
        for row in log.counts:
            if row.endpoint != GENERATOR:
                lost = row.counts.aborted + row.counts.failures
                given_up[row.slice_index] += lost
                ended[row.slice_index] += lost + row.counts.ok
        self._given_up = [0, *accumulate(given_up)]
        self._ended = [0, *accumulate(ended)]

    def lately(self, at_s: float, wait_s: float) -> float:
        """Ended just now, or given up within the time that a service is given to notice; in whole slices."""
        waited, graced, now = (
            max(0, int((at_s - back_s) // self._slice_s)) for back_s in (max(wait_s, GRACE_S), GRACE_S, 0.0)
        )
        return _between(self._given_up, waited, graced) + _between(self._ended, graced, now + 1)


def _between(sums: Sequence[int], first: int, end: int) -> float:
    last = len(sums) - 1
    return float(sums[min(end, last)] - sums[min(first, last)])
