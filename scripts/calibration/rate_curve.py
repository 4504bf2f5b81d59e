"""Error by rate: more and more requests of the open model, against a server that logs its own times."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from analysis.calibration import Limits, RateStep
from analysis.histogram import Histogram
from scripts.calibration.climber import Climbed, Climber
from scripts.calibration.ladder import Ladder, Step
from scripts.calibration.medians import medians, optional_median
from scripts.truth.log import PERCENTS, TruthLog
from scripts.truth.process import RunningTruth

DELAY_MS = 20.0
FAR_TOO_LATE_MS = 250
"""Half of the answers: beyond it there is nothing more to learn."""
SETTLE_S = 1
TARGET = """
base_url = "{url}"

[endpoints.query]
path = "/query"
body = {{ question = "{{question}}" }}
"""
PROFILE = """
model = "open"
arrivals = "poisson"
mix = {{ query = 1 }}
drain = "3s"
max_in_flight = 5000
compare = false
finds_limit = true

[[abort]]
response.p50_ms = {limit_ms}
window = "2s"
{stages}
"""


@dataclass(frozen=True, slots=True)
class RateReading:
    """What one round showed of one step."""

    rate_per_s: int
    achieved: float
    response_error_us: Mapping[str, float]
    service_error_us: Mapping[str, float]
    send_lag_p99_us: float
    cpu_percent: float | None


def rate_ladder(rates: Sequence[int], warm_up_s: int, window_s: int) -> Ladder:
    return Ladder(rates, warm_up_s, window_s, SETTLE_S)


def rate_round(climber: Climber, ladder: Ladder, server: RunningTruth) -> tuple[Climbed, list[RateReading]]:
    """The run, and its steps as far as it came."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-calibrate-") as name:
        server.clear()
        climbed = climber.climb(
            Path(name),
            target=TARGET.format(url=server.url),
            profile=PROFILE.format(limit_ms=FAR_TOO_LATE_MS, stages=ladder.stages()),
            what="requests/s",
        )
        truth = server.log()
    reached = [step for step in map(climbed.reached, ladder.steps()) if step is not None]
    return climbed, [reading for step in reached if (reading := _reading(climbed, step, truth)) is not None]


def rate_steps(rounds: Sequence[Sequence[RateReading]], limits: Limits) -> tuple[RateStep, ...]:
    """Medians of the rounds; a step that not every round came to is not trusted."""
    by_rate: dict[int, list[RateReading]] = {}
    for readings in rounds:
        for reading in readings:
            by_rate.setdefault(reading.rate_per_s, []).append(reading)
    return tuple(
        _step(rate, found, limits, everywhere=len(found) == len(rounds))
        for rate, found in sorted(by_rate.items())
    )


def _reading(climbed: Climbed, step: Step, truth: TruthLog) -> RateReading | None:
    """None when nothing was answered in the step."""
    log = climbed.log
    slices = step.start_s, step.end_s
    here = truth.between(*climbed.window_ns(step))
    due = log.totals(slices)["query"].due
    response, service, send_lag = (
        log.merged(f"query.{metric}", *slices) for metric in ("response", "service", "send_lag")
    )
    if not here.count or not response.count or not due:
        return None
    true_ms = here.percentiles_ms()

    def error_us(of: Histogram) -> dict[str, float]:
        return {name: (of.percentile(p) or 0.0) - true_ms[name] * 1000 for name, p in PERCENTS.items()}

    return RateReading(
        rate_per_s=step.level,
        achieved=min(1.0, here.count / due),
        response_error_us=error_us(response),
        service_error_us=error_us(service),
        send_lag_p99_us=send_lag.percentile(0.99) or 0.0,
        cpu_percent=climbed.cpu_percent(step),
    )


def _step(rate: int, readings: Sequence[RateReading], limits: Limits, *, everywhere: bool) -> RateStep:
    response_us = medians([reading.response_error_us for reading in readings])
    achieved = median(reading.achieved for reading in readings)
    return RateStep(
        rate_per_s=float(rate),
        achieved=achieved,
        response_error_us=response_us,
        service_error_us=medians([reading.service_error_us for reading in readings]),
        send_lag_p99_us=median(reading.send_lag_p99_us for reading in readings),
        cpu_percent=optional_median([reading.cpu_percent for reading in readings]),
        trusted=everywhere
        and achieved >= limits.achieved
        and all(abs(error) <= limits.response_error_us for error in response_us.values()),
    )
