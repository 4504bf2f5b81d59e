"""Whole run directories of a simulated service, made by the writers that real runs use."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from analysis.endpoint import Dialect, Endpoint
from analysis.environment import Keys
from analysis.histogram import Histogram
from analysis.profile import Arrivals, LoadProfile, Model, Stage, profile_json
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from analysis.scenario import scenario_sha256
from analysis.target import Objective, Target, redacted
from scripts.bench.verdicts.world import Floats

NS = 1_000_000_000
START_NS = 1_767_592_800 * NS  # 2026-01-05T06:00:00Z
RUN_NS = 150 * NS
"""From the start of one run to the start of the next."""
SESSION_NS = 3 * 86_400 * NS
"""Six of them are over before a baseline is old."""

TARGET = Target(
    name="simulated",
    base_url="http://127.0.0.1:9",
    endpoints={
        "query": Endpoint("query", "POST", "/query", body={"question": "{question}"}),
        "stream": Endpoint("stream", "POST", "/stream", Dialect.RAG_EVENTS, body={"question": "{question}"}),
    },
    objectives=(Objective("query.errors.ratio", "query", "errors", "ratio", 0.05, "ratio"),),
    file="targets/simulated.toml",
)
PER_SECOND = {"query": 40, "stream": 20}
MEDIANS_US = {"query": 200_000.0, "stream": 400_000.0}
PROFILE = LoadProfile(
    name="baseline",
    model=Model.OPEN,
    mix={name: float(rate) for name, rate in PER_SECOND.items()},
    stages=(
        Stage("warm-up", 5, float(sum(PER_SECOND.values())), measure=False),
        Stage("steady", 60, float(sum(PER_SECOND.values()))),
    ),
    arrivals=Arrivals.CONSTANT,
    file="profiles/baseline.toml",
)
MEASURED_S = PROFILE.stages[1].duration_s
LATENCY_SD = 0.5
COLD = 2.0
"""Latencies of the warm-up, in those of the measured part."""

HEALTHY: Mapping[str, float] = {
    "cpu_percent": 35.0,
    "cpu_wait_percent": 0.5,
    "throttled_percent": 0.0,
    "throttled_periods_percent": 0.0,
    "steal_percent": 0.1,
    "rss_bytes": 90_000_000,
    "fds": 60,
    "fds_limit": 10_000,
    "ports": 300,
    "ports_limit": 28_000,
}
HARD: Keys = {"cpu_model": "Example 3000", "cpu_cores": 4, "kernel": "6.8", "python": "3.11"}


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One healthy run but for what is given."""

    seed: Sequence[int]
    levels: Floats
    """Of the logarithm of latencies, for each measured second."""
    session: int = 0
    number: int = 0
    """Within its session."""
    reading: Mapping[str, float] = field(default_factory=dict)
    """What the generator read about itself, where it is not healthy."""
    lags_us: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    """Arrivals that were not sent, in each second and endpoint."""
    missing: int = 0
    """Arrivals that were never drawn, likewise."""
    events: Sequence[Mapping[str, object]] = ()
    keys: Mapping[str, object] = field(default_factory=dict)
    """Keys of run.json that replace the usual ones."""
    hard: Keys = field(default_factory=lambda: HARD)
    soft: Keys = field(default_factory=lambda: {"host_id": "a1"})
    ignored: Keys = field(default_factory=lambda: {"hostname": "box"})

    @property
    def name(self) -> str:
        return f"session-{self.session:03d}-run-{self.number:03d}"

    @property
    def start_ns(self) -> int:
        return START_NS + self.session * SESSION_NS + self.number * RUN_NS


def write_run(root: Path, run: SimulatedRun) -> Path:
    """The new run directory below `root`."""
    directory = RunDirectory(root / run.name)
    directory.path.mkdir(parents=True)
    writer = RunLogWriter(directory, run.start_ns, PROFILE.slice_s)
    writer.append_event("run_started")
    random = np.random.default_rng([71, *run.seed])
    for second in range(PROFILE.duration_s):
        _write_second(writer, run, random, second)
    for event in run.events:
        kind, fields = str(event["kind"]), {key: value for key, value in event.items() if key != "kind"}
        writer.append_event(kind, **fields)
    writer.append_ended("complete")
    writer.close()
    directory.write_run(_record(run))
    return directory.path


def _write_second(writer: RunLogWriter, run: SimulatedRun, random: np.random.Generator, second: int) -> None:
    measured = second - (PROFILE.duration_s - MEASURED_S)
    level = float(run.levels[measured]) if measured >= 0 else math.log(COLD)
    lags = {"send_lag": 200, "wake_lag": 100, "loop_lag": 300, **run.lags_us}
    histograms: dict[str, str] = {"generator.loop_lag": _constant(lags["loop_lag"], 20)}
    rows = []
    for endpoint, rate in PER_SECOND.items():
        due = rate - run.missing
        sent = due - run.dropped
        failed = int(random.binomial(sent, 0.002))
        ok = sent - failed
        times_us = MEDIANS_US[endpoint] * np.exp(level + random.normal(0.0, LATENCY_SD, ok))
        histograms[f"{endpoint}.response"] = _encoded(times_us)
        if TARGET.endpoints[endpoint].dialect.is_stream:
            histograms[f"{endpoint}.ttft"] = _encoded(0.3 * times_us)
        for lag in ("send_lag", "wake_lag"):
            histograms[f"{endpoint}.{lag}"] = _constant(lags[lag], sent)
        rows.append(
            {"slice": second, "worker": 0, "endpoint": endpoint, "due": due, "dropped": run.dropped,
             "started": sent, "ok": ok, "failed": {"http_5xx": failed} if failed else {}, "bytes": 500 * ok}
        )  # fmt: skip
    writer.append_histograms(second, histograms)
    writer.append_counts(rows)
    end_ns = run.start_ns + (second + 1) * NS
    writer.append_sample(
        {"t_utc_ns": end_ns, "t_mono_ns": end_ns - START_NS, "source": "generator", "worker": 0,
         "period_s": 1.0, "users": 20, "in_flight": 12, "loop_lag_max_us": lags["loop_lag"],
         **HEALTHY, **run.reading}
    )  # fmt: skip


def _record(run: SimulatedRun) -> dict[str, object]:
    end_ns = run.start_ns + PROFILE.duration_s * NS + NS // 2
    return {
        "schema": "plimsoll.run/1",
        "run_id": run.name,
        "status": "complete",
        "stop": None,
        "target": TARGET.name,
        "profile": PROFILE.name,
        "target_definition": redacted(TARGET),
        "profile_definition": profile_json(PROFILE),
        "mix": dict(PROFILE.mix),
        "seed": 1,
        "scenario_sha256": scenario_sha256(TARGET, PROFILE, 1, None),
        "start_utc": _utc(run.start_ns),
        "start_ns": run.start_ns,
        "end_utc": _utc(end_ns),
        "end_ns": end_ns,
        "slice_s": PROFILE.slice_s,
        "clock": "kernel",
        "mode": "local",
        "writer": {"pid": 999_999_999, "start_ticks": 1},
        "workers": [{"index": 0, "id": "local", "state": "ready"}],
        "environment": {"hard": dict(run.hard), "soft": dict(run.soft), "ignored": dict(run.ignored)},
        "versions": {"plimsoll": "0.1.0"},
        "git": None,
        "base_url": TARGET.base_url,
        "not_watched": [],
        "judge": {"baseline": "auto", "allow_inconclusive": False},
        **run.keys,
    }


def _encoded(times_us: Floats) -> str:
    histogram = Histogram()
    histogram.record_all(np.rint(times_us).astype(np.int64))
    return histogram.encode()


@cache
def _constant(value_us: int, count: int) -> str:
    return _encoded(np.full(count, float(value_us)))


def _utc(ns: int) -> str:
    return datetime.fromtimestamp(ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
