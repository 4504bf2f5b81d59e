"""Whether the load generator itself was quick enough for its figures to be the service's."""

import errno
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.event import EventKind
from analysis.failure import FailureKind
from analysis.generator_reading import GeneratorReading, generator_readings
from analysis.histogram import Histogram
from analysis.measurement import GENERATOR, Measurement, statistic_of
from analysis.result import Check
from analysis.run_log import RunLog
from analysis.run_record import ClockKind

SEND_LAG_US = 5_000.0
"""Part of every response time, so that the limit is strict."""

WAKE_LAG_US = 40_000.0
LOOP_LAG_US = 45_000.0
"""With kernel stamps a late look changes no time, it only delays what a user does next. Above these limits
the generator was stalled so often that its load was another one than asked for."""

SHARE_OF_RESPONSE = {"send_lag": 0.01, "wake_lag": 0.02, "loop_lag": 0.02}
"""A lag this small beside what is measured does no harm, however long it is."""

CPU_PERCENT = 90.0
"""Of one core, per worker: a worker is a single thread."""

CPU_WAIT_PERCENT = 10.0
"""Of the time that a worker was ready to run and something else had its core. No user goes on meanwhile, so
that some of the load is missing: 40 users who think for 20 ms made 7 % fewer requests at 33 %, 12 % fewer
at 50 % and none fewer at 10 %. Their times stayed right all the while, by the kernel's stamps."""

THROTTLED_PERCENT = 1.0
"""A throttled process stands still for up to a tenth of a second; above one percent of the time p99 shows.
Of the periods in which it happens, which last longer, more than that is a warning."""

STEAL_PERCENT = 5.0
STEAL_WARNING_PERCENT = 1.0
"""A hypervisor that runs something else stops the kernel and its stamps as well, so that nothing else shows
it. From one percent on p99 may be touched; above five p95 is, and a comparison would find it."""

SHARE_IN_USE = 0.9
"""Of file descriptors and local ports. They are counted once a slice: beyond it they may have run out in
between, and what then fails to connect fails here, not at the service."""

_OWN_ERRORS = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM)


@dataclass(frozen=True, slots=True)
class Vital:
    """One quantity of the generator's health: the figure that is judged, and the judgement."""

    check: Check
    value: float | None
    unit: str
    """us, percent, ratio, or nothing for a number."""


@dataclass(frozen=True, slots=True)
class GeneratorHealth:
    """What is known about the generator over some stretch of time."""

    kernel_stamps: bool
    lags: Mapping[str, Histogram]
    """`send_lag`, `wake_lag` and `loop_lag`, of all endpoints and workers together."""
    readings: Sequence[GeneratorReading]
    fastest_us: float | None = None
    """The median response of the quickest endpoint."""
    own_failures: tuple[str, ...] = ()
    """Why connections failed that this machine could not open."""
    moments: Sequence[GeneratorReading] = ()
    """Readings made in that time, whatever time before them they tell of; none: the same ones."""

    def vitals(self) -> Iterator[Vital]:
        yield self._lag("send_lag", SEND_LAG_US, "requests were sent {} late")
        if self.kernel_stamps:
            text = "answers waited {} in the kernel before they were looked at"
            yield self._lag("wake_lag", WAKE_LAG_US, text)
        # Without kernel stamps the loop's lag is part of every time that is measured.
        least_us = LOOP_LAG_US if self.kernel_stamps else SEND_LAG_US
        yield self._lag("loop_lag", least_us, "the event loop was {} late")
        yield self._cpu()
        yield self._share(
            "cpu_wait",
            lambda reading: reading.cpu_wait_percent,
            CPU_WAIT_PERCENT,
            "the worst-off worker was ready to run and had to wait for a core {} of the time",
            "the generator was overloaded or something else ran on its cores: end that, or use other cores",
        )
        yield self._throttling()
        yield self._steal()
        yield self._in_use(
            "file_descriptors",
            lambda reading: (reading.fds, reading.fds_limit),
            "file descriptors were in use",
            "raise the limit (ulimit -n), or use more workers",
        )
        yield self._in_use(
            "local_ports",
            lambda reading: (reading.ports, reading.ports_limit),
            "local ports were in use",
            "keep connections alive, widen net.ipv4.ip_local_port_range, or use more machines",
        )
        yield self._own_failures()

    def _lag(self, name: str, least_us: float, text: str) -> Vital:
        limit_us = max(least_us, SHARE_OF_RESPONSE[name] * (self.fastest_us or 0.0))
        limit = f"<= {limit_us / 1000:.3g} ms"
        p99_us = self.lags.get(name, Histogram()).percentile(0.99)
        if p99_us is None:
            sentence = f"{name} was not recorded, so that it cannot be trusted"
            return Vital(Check(name, False, None, limit, sentence), None, "us")
        value = f"{p99_us / 1000:.3g} ms"
        sentence = text.format(value) + f" (p99); the limit is {limit_us / 1000:.3g} ms"
        if p99_us > limit_us:
            sentence += ": the generator was overloaded, use more workers or another machine"
        return Vital(Check(name, p99_us <= limit_us, value, limit, sentence), p99_us, "us")

    def _cpu(self) -> Vital:
        name, limit = "generator_cpu", f"< {CPU_PERCENT:g} %"
        by_worker = self._by_worker(lambda reading: reading.cpu_percent)
        if not by_worker:
            text = "the generator's CPU use was not recorded in the measured part"
            return Vital(Check(name, False, None, limit, text), None, "percent")
        worst = max(float(np.percentile(_whole_values(found), 95)) for found in by_worker.values())
        text = f"the busiest worker used {worst:.0f} % of a core (p95); the limit is {CPU_PERCENT:g} %"
        if worst >= CPU_PERCENT:
            text += ": use more workers (--processes) or less load"
        return Vital(Check(name, worst < CPU_PERCENT, f"{worst:.0f} %", limit, text), worst, "percent")

    def _throttling(self) -> Vital:
        """A process in no control group, or in one without a limit, is never throttled."""
        vital = self._share(
            "throttling",
            lambda reading: reading.throttled_percent,
            THROTTLED_PERCENT,
            "control groups kept the generator from running for {} of the time",
            "allow it more CPU",
            absent="no control group limits the generator's CPU",
        )
        by_worker = self._by_worker(lambda reading: reading.throttled_periods_percent)
        often = max((_mean(found) for found in by_worker.values()), default=0.0)
        check = vital.check
        if not check.ok or often <= THROTTLED_PERCENT:
            return vital
        text = f"control groups stopped the generator in {often:.2g} % of their periods: allow it more CPU"
        value = f"{check.value}, {often:.2g} % of periods"
        return Vital(Check(check.name, False, value, check.limit, text, False), vital.value, vital.unit)

    def _steal(self) -> Vital:
        vital = self._share(
            "steal",
            lambda reading: reading.steal_percent,
            STEAL_WARNING_PERCENT,
            "the hypervisor ran something else for {} of the time",
            f"times may be too long, and above {STEAL_PERCENT:g} % they are: use cores of your own",
        )
        check, value = vital.check, vital.value
        if value is None or value > STEAL_PERCENT:
            return vital
        return Vital(replace(check, invalidates=False), value, vital.unit)

    def _share(
        self,
        name: str,
        of: Callable[[GeneratorReading], float | None],
        most: float,
        text: str,
        advice: str,
        *,
        absent: str | None = None,
    ) -> Vital:
        """Over the whole time, of the worker that had most of it. Where it is not known that is a warning."""
        limit = f"<= {most:g} %"
        by_worker = self._by_worker(of)
        if not by_worker:
            unknown = Check(name, absent is not None, None, limit, absent or _unknown(name), False)
            return Vital(unknown, None, "percent")
        worst = max(_mean(found) for found in by_worker.values())
        value = f"{worst:.2g} %"
        sentence = f"{text.format(value)}; the limit is {most:g} %"
        if worst > most:
            sentence += f": {advice}"
        return Vital(Check(name, worst <= most, value, limit, sentence), worst, "percent")

    def _in_use(
        self,
        name: str,
        of: Callable[[GeneratorReading], tuple[float | None, float | None]],
        text: str,
        advice: str,
    ) -> Vital:
        limit = f"<= {SHARE_IN_USE:.0%} of them"
        shares = [
            (used / allowed, used, allowed)
            for used, allowed in map(of, self.moments or self.readings)
            if used is not None and allowed
        ]
        if not shares:
            return Vital(Check(name, False, None, limit, _unknown(name), False), None, "ratio")
        share, used, allowed = max(shares)
        sentence = f"up to {used:.0f} of {allowed:.0f} {text}; the limit is {SHARE_IN_USE:.0%} of them"
        if share > SHARE_IN_USE:
            sentence += f": {advice}"
        return Vital(Check(name, share <= SHARE_IN_USE, f"{share:.1%}", limit, sentence), share, "ratio")

    def _own_failures(self) -> Vital:
        name, found = "own_failures", self.own_failures
        if not found:
            text = "no connection is known to have failed on this machine"
            return Vital(Check(name, True, "none", None, text), None, "")
        text = f"connections failed on this machine, not at the service: {', '.join(found)}"
        return Vital(Check(name, False, ", ".join(found), "none", text), None, "")

    def _by_worker(
        self, of: Callable[[GeneratorReading], float | None]
    ) -> dict[int, list[tuple[float, float]]]:
        """Value and weight of each reading that has one."""
        found: dict[int, list[tuple[float, float]]] = {}
        for reading in self.readings:
            value = of(reading)
            if value is not None:
                found.setdefault(reading.worker, []).append((value, reading.period_s))
        return found


def health_of(log: RunLog, measurement: Measurement) -> GeneratorHealth:
    """Over the measured part; connections that failed count wherever they did."""
    slice_s = log.run.slice_s
    spans_s = [(start * slice_s, end * slice_s) for start, end in measurement.spans]
    found = generator_readings(log.samples, log.run.start_ns, slice_s)

    def is_measured(at_s: float) -> bool:
        return any(start_s <= at_s < end_s for start_s, end_s in spans_s)

    return GeneratorHealth(
        kernel_stamps=log.run.clock is ClockKind.KERNEL,
        lags=pooled_lags(measurement.whole.histograms),
        readings=[reading for reading in found if is_measured(reading.middle_s)],
        moments=[reading for reading in found if is_measured(reading.end_s) or is_measured(reading.middle_s)],
        fastest_us=fastest_response_us(measurement.whole.histograms),
        own_failures=own_failures(event for event in log.events if event.get("kind") == EventKind.EXEMPLAR),
    )


def pooled_lags(histograms: Mapping[str, Histogram]) -> dict[str, Histogram]:
    """By lag, from histograms by tag."""
    pooled: dict[str, Histogram] = {}
    for tag, histogram in histograms.items():
        endpoint, _, name = tag.partition(".")
        if name in SHARE_OF_RESPONSE and (endpoint == GENERATOR) == (name == "loop_lag"):
            pooled.setdefault(name, Histogram()).merge(histogram)
    return pooled


def fastest_response_us(histograms: Mapping[str, Histogram]) -> float | None:
    medians = [
        median
        for tag, histogram in histograms.items()
        if tag.partition(".")[2] == "response" and (median := statistic_of(histogram, "p50")) is not None
    ]
    return min(medians, default=None)


def own_failures(exemplars: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """The first failures of each kind are kept with their words, which are the system's."""
    own = {os.strerror(number) for number in _OWN_ERRORS}
    details = {str(found.get("detail")) for found in exemplars if found.get("failure") == FailureKind.CONNECT}
    return tuple(sorted(details & own))


def _whole_values(found: Sequence[tuple[float, float]]) -> list[float]:
    """Without the readings of less than half the usual period: a few milliseconds say little."""
    usual_s = max(period_s for _, period_s in found)
    return [value for value, period_s in found if period_s >= usual_s / 2]


def _mean(found: Sequence[tuple[float, float]]) -> float:
    weight = math.fsum(period_s for _, period_s in found)
    return math.fsum(value * period_s for value, period_s in found) / weight if weight > 0 else 0.0


def _unknown(name: str) -> str:
    return f"{name.replace('_', ' ')}: not known here, as the system does not tell"
