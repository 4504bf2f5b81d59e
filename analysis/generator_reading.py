"""What a load-generating process read about itself at the end of a slice."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.sample import Sample, SampleSource


@dataclass(frozen=True, slots=True)
class GeneratorReading:
    """Percents are of the time since the reading before.

    None where the system does not tell, and in runs that were recorded before it was asked.
    """

    worker: int
    end_s: float
    """On the run's time axis."""
    period_s: float
    """Since the reading before; the last one of a run comes early."""
    cpu_percent: float | None
    cpu_wait_percent: float | None
    throttled_percent: float | None
    throttled_periods_percent: float | None
    steal_percent: float | None
    fds: float | None
    fds_limit: float | None
    ports: float | None
    ports_limit: float | None
    rss_bytes: float | None

    @property
    def middle_s(self) -> float:
        return self.end_s - self.period_s / 2


def generator_readings(samples: Iterable[Sample], start_ns: int, slice_s: int) -> list[GeneratorReading]:
    """Those among a run's samples, in their order."""
    return [
        generator_reading(sample, start_ns, slice_s)
        for sample in samples
        if sample.get("source") == SampleSource.GENERATOR
    ]


def generator_reading(sample: Sample, start_ns: int, slice_s: int) -> GeneratorReading:
    """A field that holds no number is None; without a period the reading tells of one slice."""
    worker = sample.get("worker")
    period_s = _number(sample, "period_s")
    return GeneratorReading(
        worker=worker if isinstance(worker, int) else 0,
        end_s=(sample["t_utc_ns"] - start_ns) / 1e9,
        period_s=float(slice_s) if period_s is None else period_s,
        cpu_percent=_number(sample, "cpu_percent"),
        cpu_wait_percent=_number(sample, "cpu_wait_percent"),
        throttled_percent=_number(sample, "throttled_percent"),
        throttled_periods_percent=_number(sample, "throttled_periods_percent"),
        steal_percent=_number(sample, "steal_percent"),
        fds=_number(sample, "fds"),
        fds_limit=_number(sample, "fds_limit"),
        ports=_number(sample, "ports"),
        ports_limit=_number(sample, "ports_limit"),
        rss_bytes=_number(sample, "rss_bytes"),
    )


def _number(sample: Sample, name: str) -> float | None:
    value = sample.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
