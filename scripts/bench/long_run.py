"""Writes the directory of a long run that never took place: real files, and seeded times in place of load."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.histogram import Histogram
from analysis.interval_log import NS_PER_S, IntervalRow, header, interval_row
from analysis.profile import Arrivals, LoadProfile, Model, Stage, profile_json
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from analysis.scenario import scenario_sha256
from analysis.target import load_target, redacted

START_NS = 1_763_719_200_000_000_000
START_UTC, END_UTC = "2025-11-21T10:00:00Z", "2025-11-21T11:00:00Z"
ENDPOINTS = ("query", "stream", "health")
MEDIANS_US = {
    "response": 40_000.0,
    "service": 39_000.0,
    "ttfb": 25_000.0,
    "ttft": 30_000.0,
    "send_lag": 80.0,
    "wake_lag": 60.0,
}
SPREAD = 0.5
"""Standard deviation of the times' logarithms: five thousand slots from the first to the last in use."""
VARIANTS = 200
"""Different histograms of each tag; slices take them in a seeded order, and each is decoded for itself."""
WARM_UP_S = 180


@dataclass(frozen=True, slots=True)
class LongRun:
    """How long, and how many requests each endpoint had in a slice of one second."""

    seconds: int = 3600
    per_slice: int = 3334

    @property
    def requests(self) -> int:
        return self.seconds * self.per_slice * len(ENDPOINTS)


def write_long_run(path: Path, run: LongRun) -> RunDirectory:
    """Fill the new directory `path`."""
    directory = RunDirectory(path)
    path.mkdir(parents=True)
    writer = RunLogWriter(directory, START_NS, 1)
    _write_histograms(directory, run)
    for second in range(run.seconds):
        writer.append_counts(_counts(second, run))
        for sample in _samples(second):
            writer.append_sample(sample)
    writer.close()
    # Opened again, as it knows the sizes of the files from then: the histograms did not go through it.
    writer = RunLogWriter(directory, START_NS, 1)
    writer.append_ended("complete")
    writer.close()
    directory.write_run(_record(path.name, run))
    return directory


def _write_histograms(directory: RunDirectory, run: LongRun) -> None:
    random = np.random.default_rng(2025)
    variants = {
        f"{endpoint}.{metric}": _variants(random, median_us, run.per_slice)
        for endpoint in ENDPOINTS
        for metric, median_us in MEDIANS_US.items()
    }
    variants["generator.loop_lag"] = _variants(random, 300.0, 20)
    with directory.latency_hlog.open("w", encoding="ascii") as file:
        file.write(header(START_NS))
        for second in range(run.seconds):
            chosen = int(random.integers(VARIANTS))
            for tag, rows in variants.items():
                row = rows[chosen]
                file.write(IntervalRow(tag, float(second), 1.0, row.max_s, row.encoded).line())


def _variants(random: np.random.Generator, median_us: float, count: int) -> list[IntervalRow]:
    rows = []
    for _ in range(VARIANTS):
        histogram = Histogram()
        histogram.record_all(random.lognormal(np.log(median_us), SPREAD, count).astype(np.int64))
        rows.append(interval_row("tag", 0.0, 1.0, histogram.encode()))
    return rows


def _counts(second: int, run: LongRun) -> Iterator[dict[str, Any]]:
    number = run.per_slice
    for endpoint in ENDPOINTS:
        yield {
            "slice": second,
            "worker": 0,
            "endpoint": endpoint,
            "due": number,
            "started": number,
            "ok": number,
            "bytes": 500 * number,
            "good": number,
        }


def _samples(second: int) -> Iterator[dict[str, Any]]:
    """One of the worker and one of the sidecar, with as much in them as real ones have."""
    end_ns = START_NS + (second + 1) * NS_PER_S
    yield {
        "t_utc_ns": end_ns,
        "t_mono_ns": end_ns - START_NS,
        "source": "generator",
        "worker": 0,
        "period_s": 1.0,
        "cpu_percent": 55.0 + second % 7,
        "cpu_wait_percent": 0.5,
        "throttled_percent": 0.0,
        "throttled_periods_percent": 0.0,
        "steal_percent": 0.1,
        "rss_bytes": 90_000_000,
        "fds": 600,
        "fds_limit": 10_000,
        "ports": 500,
        "ports_limit": 28_000,
        "users": 1,
        "in_flight": 500,
        "loop_lag_max_us": 700,
    }
    yield {
        "t_utc_ns": end_ns - NS_PER_S,
        "t_mono_ns": end_ns - NS_PER_S - START_NS,
        "source": "sidecar",
        "seq": second,
        "gap_s": None,
        "host": {
            "memory_total_bytes": 6_000_000_000,
            "memory_used_percent": 60.0,
            "cpu_percent": 40.0,
            "load1": 1.5,
        },
        "process": {"pids": [4242], "rss_bytes": 3e8, "fds": 30, "threads": 8, "cpu_percent": 50.0},
        "prometheus": {f"series_{number}": 0.25 + number for number in range(8)},
        "scrape": {},
        "redis": None,
        "breakers": {"llm": "closed", "index": "closed"},
        "missing": {},
        "sidecar": {"cpu_s": 0.1, "rss_bytes": 40_000_000},
    }


def _record(name: str, run: LongRun) -> dict[str, Any]:
    target = load_target("reference")
    profile = LoadProfile(
        name="long",
        model=Model.OPEN,
        mix=dict.fromkeys(ENDPOINTS, 1.0),
        stages=_stages(run),
        arrivals=Arrivals.CONSTANT,
        file="profiles/long.toml",
    )
    return {
        "schema": "plimsoll.run/1",
        "run_id": name,
        "status": "complete",
        "stop": None,
        "target": target.name,
        "profile": profile.name,
        "target_definition": redacted(target),
        "profile_definition": profile_json(profile),
        "mix": dict(profile.mix),
        "seed": 1,
        "scenario_sha256": scenario_sha256(target, profile, 1, None),
        "start_utc": START_UTC,
        "start_ns": START_NS,
        "end_utc": END_UTC,
        "end_ns": START_NS + run.seconds * NS_PER_S,
        "slice_s": 1,
        "clock": "kernel",
        "mode": "local",
        "writer": {"pid": 999_999_999, "start_ticks": 1},
        "workers": [{"index": 0, "id": "local", "state": "ready"}],
        "environment": {"hard": {"cpu_cores": 2}, "soft": {}, "ignored": {}},
        "versions": {},
        "git": None,
        "base_url": target.base_url,
        "not_watched": [],
        "judge": {"baseline": "none", "allow_inconclusive": False},
    }


def _stages(run: LongRun) -> tuple[Stage, ...]:
    level = float(run.per_slice * len(ENDPOINTS))
    warm_up_s = min(WARM_UP_S, run.seconds // 2)
    return (
        Stage("warm-up", warm_up_s, level, measure=False),
        Stage("steady", run.seconds - warm_up_s, level),
    )
