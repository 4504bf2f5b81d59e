"""A calibration made up for tests: trusted up to 4000 requests/s and 250 streams of a worker."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.calibration import Calibration, CalibrationEnvironment, Limits, RateStep, StreamStep
from analysis.environment import env8_of
from tests.run_builder import HARD

CREATED_UTC = "2025-11-20T10:00:00Z"


def built_calibration(
    hard: Mapping[str, Any] = HARD, soft: Mapping[str, Any] | None = None, **changes: Any
) -> Calibration:
    """For the environment of built runs, a day before they start."""
    built = Calibration(
        created_utc=CREATED_UTC,
        env8=env8_of(hard),
        environment=CalibrationEnvironment(dict(hard), {"host_id": "a1"} if soft is None else dict(soft)),
        versions={"locust": "2.47.0"},
        clock="kernel",
        delay_ms=20.0,
        rounds=3,
        limits=Limits(),
        rates=tuple(rate_step(rate, 0.1 if rate <= 4000 else 9.0) for rate in (100, 1000, 4000, 8000)),
        streams=tuple(stream_step(count, 10.0 if count <= 250 else 900.0) for count in (50, 250, 500)),
    )
    return replace(built, **changes)


def rate_step(rate: int, error_ms: float, trusted: bool | None = None) -> RateStep:
    error_us = error_ms * 1000
    return RateStep(
        rate_per_s=float(rate),
        achieved=1.0,
        response_error_us={"p50": error_us, "p95": 2 * error_us, "p99": 3 * error_us},
        service_error_us={"p50": 5.0, "p95": 10.0, "p99": 20.0},
        send_lag_p99_us=3 * error_us,
        cpu_percent=rate / 100,
        trusted=error_ms < 1 if trusted is None else trusted,
    )


def stream_step(streams: int, error_us: float) -> StreamStep:
    errors_us = {"p50": error_us / 4, "p95": error_us / 2, "p99": error_us}
    return StreamStep(
        streams=streams,
        events_per_s=47.0 * streams,
        achieved=1.0,
        stamp_error_us=errors_us,
        ttft_error_us={name: 2 * value for name, value in errors_us.items()},
        gap_error_us=errors_us,
        coalesced=0.001,
        cpu_percent=streams / 10,
        trusted=error_us < 250,
    )
