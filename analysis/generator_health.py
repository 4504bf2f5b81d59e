"""Whether the load generator itself was quick enough for its figures to be the service's."""

from collections.abc import Iterator

import numpy as np

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

CPU_PERCENT = 90.0
"""Of one core, per worker: a worker is a single thread."""

SHARE_OF_RESPONSE = {"send_lag": 0.01, "wake_lag": 0.02, "loop_lag": 0.02}
"""A lag this small beside what is measured does no harm, however long it is."""


def generator_checks(log: RunLog, measurement: Measurement) -> Iterator[Check]:
    fastest_us = _fastest_response_us(measurement)
    kernel = log.run.clock is ClockKind.KERNEL
    yield _lag(
        "send_lag", _pooled(measurement, "send_lag"), SEND_LAG_US, fastest_us, "requests were sent {} late"
    )
    if kernel:
        text = "answers waited {} in the kernel before they were looked at"
        yield _lag("wake_lag", _pooled(measurement, "wake_lag"), WAKE_LAG_US, fastest_us, text)
    loop = measurement.whole.histograms.get(f"{GENERATOR}.loop_lag", Histogram())
    # Without kernel stamps the loop's lag is part of every time that is measured.
    yield _lag(
        "loop_lag", loop, LOOP_LAG_US if kernel else SEND_LAG_US, fastest_us, "the event loop was {} late"
    )
    yield _cpu(log, measurement)


def _lag(name: str, lags: Histogram, least_us: float, fastest_us: float | None, text: str) -> Check:
    limit_us = max(least_us, SHARE_OF_RESPONSE[name] * (fastest_us or 0.0))
    limit = f"<= {limit_us / 1000:.3g} ms"
    if lags.count == 0:
        return Check(name, False, None, limit, f"{name} was not recorded, so that it cannot be trusted")
    p99_us = lags.percentile(0.99) or 0.0
    value = f"{p99_us / 1000:.3g} ms"
    sentence = text.format(value) + f" (p99); the limit is {limit_us / 1000:.3g} ms"
    if p99_us > limit_us:
        sentence += ": the generator was overloaded, use more workers or another machine"
    return Check(name, p99_us <= limit_us, value, limit, sentence)


def _cpu(log: RunLog, measurement: Measurement) -> Check:
    limit = f"< {CPU_PERCENT:g} %"
    by_worker = _readings(log, measurement)
    if not by_worker:
        return Check(
            "generator_cpu",
            False,
            None,
            limit,
            "the generator's CPU use was not recorded in the measured part",
        )
    worst = max(float(np.percentile(readings, 95)) for readings in by_worker.values())
    text = f"the busiest worker used {worst:.0f} % of a core (p95); the limit is {CPU_PERCENT:g} %"
    if worst >= CPU_PERCENT:
        text += ": use more workers (--processes) or less load"
    return Check("generator_cpu", worst < CPU_PERCENT, f"{worst:.0f} %", limit, text)


def _readings(log: RunLog, measurement: Measurement) -> dict[object, list[float]]:
    start_ns, slice_ns = log.run.start_ns, log.run.slice_s * 1_000_000_000
    found: dict[object, list[float]] = {}
    for sample in log.samples:
        if sample.get("source") != "generator" or not isinstance(sample.get("cpu_percent"), int | float):
            continue
        # A reading tells of the slice that ends with it.
        at = (int(sample["t_utc_ns"]) - start_ns) / slice_ns
        if any(start < at <= end + 1 for start, end in measurement.spans):
            found.setdefault(sample.get("worker"), []).append(float(sample["cpu_percent"]))
    return found


def _pooled(measurement: Measurement, metric: str) -> Histogram:
    pooled = Histogram()
    for tag, histogram in measurement.whole.histograms.items():
        endpoint, _, name = tag.partition(".")
        if name == metric and endpoint != GENERATOR:
            pooled.merge(histogram)
    return pooled


def _fastest_response_us(measurement: Measurement) -> float | None:
    medians = [
        median
        for tag, histogram in measurement.whole.histograms.items()
        if tag.partition(".")[2] == "response" and (median := statistic_of(histogram, "p50")) is not None
    ]
    return min(medians, default=None)
