"""Builds run directories with known content, through the writer that real runs use."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.endpoint import Dialect, Endpoint
from analysis.histogram import Histogram
from analysis.profile import LoadProfile, Model, Stage, profile_json
from analysis.run_directory import RunDirectory
from analysis.run_log_writer import RunLogWriter
from analysis.scenario import scenario_sha256
from analysis.sidecar_watch import ProcessWatch, SidecarWatch
from analysis.target import Objective, Target, redacted

START_NS = 1_763_719_200_000_000_000  # 2025-11-21T10:00:00Z
START_UTC = "2025-11-21T10:00:00Z"
NS = 1_000_000_000

HARD = {"cpu_model": "Example 3000", "cpu_cores": 4, "kernel": "6.8", "python": "3.11"}

ENDPOINTS = {
    "query": Endpoint("query", "POST", "/query", body={"question": "{question}"}),
    "stream": Endpoint("stream", "POST", "/stream", Dialect.RAG_EVENTS, body={"question": "{question}"}),
    "health": Endpoint("health", "GET", "/health"),
}

TARGET = Target(
    name="reference",
    base_url="http://127.0.0.1:8800",
    endpoints=ENDPOINTS,
    sidecar=SidecarWatch(process=ProcessWatch(port=8800)),
    objectives=(
        Objective("query.response.p95_ms", "query", "response", "p95", 1_000_000.0, "us"),
        Objective("query.errors.ratio", "query", "errors", "ratio", 0.01, "ratio"),
        Objective("memory_growth", None, "memory_growth", "slope", 100.0, "MB/h"),
        Objective("host_memory", None, "host_memory", "max", 98.0, "percent"),
    ),
    limits={"query": {"response": 500_000.0}},
    file="targets/reference.toml",
)

PROFILE = LoadProfile(
    name="baseline",
    model=Model.CLOSED,
    mix={"query": 6.0, "stream": 3.0, "health": 1.0},
    stages=(Stage("warm-up", 10, 20.0, ramp=True, measure=False), Stage("steady", 50, 20.0)),
    file="profiles/baseline.toml",
)

MEDIANS_US = {"query": 200_000.0, "stream": 400_000.0, "health": 2_000.0}
PER_SLICE = {"query": 60, "stream": 30, "health": 30}


@dataclass(frozen=True)
class RunPlan:
    """What the run should look like; every default makes a healthy, complete run."""

    number: int = 0
    """Runs of different numbers have different random latencies, ids and starts an hour apart."""
    target: Target = TARGET
    profile: LoadProfile = PROFILE
    medians_us: Mapping[str, float] = field(default_factory=lambda: dict(MEDIANS_US))
    per_slice: Mapping[str, int] = field(default_factory=lambda: dict(PER_SLICE))
    scale: float = 1.0
    """Multiplies every latency of the measured part."""
    warm_up_scale: float = 3.0
    pace: Callable[[float], float] = lambda _: 1.0
    """Multiplies every latency, by the seconds since the start."""
    failed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Endpoint to failures of each kind in every slice."""
    text_events: Mapping[str, int] = field(default_factory=dict)
    """Endpoint to the text events of its streams in every slice."""
    dropped: int = 0
    """Arrivals dropped per slice and endpoint."""
    reconnects: int = 0
    """Of the requests per slice and endpoint, those that take up broken streams."""
    slices: int | None = None
    """Fewer than the profile's for a run that ends early."""
    send_lag_us: int = 200
    wake_lag_us: int = 100
    loop_lag_us: int = 300
    cpu_percent: float = 35.0
    cpu_wait_percent: float | None = 0.5
    throttled_percent: float | None = 0.0
    steal_percent: float | None = 0.1
    fds: int | None = 60
    ports: int | None = 300
    rss_bytes: Callable[[float], float] | None = lambda _: 300e6
    host_memory_percent: float | None = 60.0
    host_cpu_percent: float = 40.0
    scrape: Callable[[float], Mapping[str, float]] = lambda _: {}
    """Series of the service's metrics page, by the seconds since the start."""
    stages_us: Mapping[str, float] = field(default_factory=dict)
    """Medians of the stages that every endpoint reports."""
    hit_share: float | None = None
    """Of the answers of every endpoint; None when they do not say whether they came from the cache."""
    extra_metrics: Sequence[str] = ()
    """Times that every endpoint has beside the usual ones."""
    run: Mapping[str, Any] = field(default_factory=dict)
    """Keys of run.json that replace the built ones."""
    hard: Mapping[str, Any] = field(default_factory=lambda: dict(HARD))
    events: Sequence[Mapping[str, Any]] = ()
    age_days: float = 0.0
    """How long before START_NS the run started."""


def build_run(root: Path, plan: RunPlan | None = None, **changes: Any) -> Path:
    """Write one run below `root` and return its directory; `changes` replace fields of the plan."""
    plan = replace(plan or RunPlan(), **changes)
    start_ns = START_NS + plan.number * 3600 * NS - int(plan.age_days * 86_400 * NS)
    name = f"run-{plan.number:02d}-{plan.target.name}-{plan.profile.name}"
    directory = RunDirectory(root / name)
    directory.path.mkdir(parents=True)
    planned = plan.profile.duration_s // plan.profile.slice_s
    slices = planned if plan.slices is None else plan.slices
    writer = RunLogWriter(directory, start_ns, plan.profile.slice_s)
    writer.append_event("run_started")
    random = np.random.default_rng([2025, plan.number])
    for index in range(slices):
        _write_slice(writer, plan, random, index, start_ns)
    for event in plan.events:
        writer.append_event(**event)
    writer.append_ended("complete")
    writer.close()
    directory.write_run(_record(plan, name, start_ns, slices))
    return directory.path


def build_runs(root: Path, count: int, *, first: int = 0, noise: float = 0.01, **changes: Any) -> list[Path]:
    """Several runs; `noise` is the standard deviation from run to run of the logarithm of their latencies."""
    scale = changes.pop("scale", 1.0)
    paths = []
    for number in range(first, first + count):
        factor = float(np.exp(np.random.default_rng([7, number]).normal(0.0, noise)))
        paths.append(build_run(root, number=number, scale=scale * factor, **changes))
    return paths


def _write_slice(
    writer: RunLogWriter, plan: RunPlan, random: np.random.Generator, index: int, start_ns: int
) -> None:
    at_s = index * plan.profile.slice_s
    stage = plan.profile.stage_at(float(at_s))
    measured = stage is None or stage.measure
    histograms: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for endpoint, count in plan.per_slice.items():
        failed = dict(plan.failed.get(endpoint, {}))
        factor = plan.medians_us[endpoint] * (plan.scale if measured else plan.warm_up_scale)
        factor *= plan.pace(float(at_s))
        times = np.exp(random.normal(0.0, 0.3, count)) * factor
        metrics = {"response": times, "service": times * 0.99, "ttfb": times * 0.9}
        if plan.target.endpoints[endpoint].dialect.is_stream:
            metrics |= {"ttft": times * 0.3, "ttft_service": times * 0.29, "gap": np.repeat(times * 0.05, 5)}
        metrics |= dict.fromkeys(plan.extra_metrics, times * 0.1)
        for name, median_us in plan.stages_us.items():
            metrics[f"stage.{name}"] = np.exp(random.normal(0.0, 0.1, count)) * median_us
        hits = round((plan.hit_share or 0.0) * count)
        for metric, values in metrics.items():
            histograms[f"{endpoint}.{metric}"] = _encoded(values)
        everyone = count + sum(failed.values())
        histograms[f"{endpoint}.send_lag"] = _encoded(np.full(everyone, plan.send_lag_us))
        histograms[f"{endpoint}.wake_lag"] = _encoded(np.full(everyone, plan.wake_lag_us))
        limit_us = plan.target.limits.get(endpoint, {}).get("response")
        rows.append(
            {
                "slice": index,
                "worker": 0,
                "endpoint": endpoint,
                "due": everyone + plan.dropped,
                "dropped": plan.dropped,
                "started": everyone,
                "reconnects": plan.reconnects,
                "ok": count,
                "failed": failed,
                "bytes": 500 * count,
                "hits": hits,
                "misses": 0 if plan.hit_share is None else count - hits,
                "events": plan.text_events.get(endpoint, 0),
                "good": 0 if limit_us is None else int((times <= limit_us).sum()),
            }
        )
    histograms["generator.loop_lag"] = _encoded(np.full(20, plan.loop_lag_us))
    writer.append_histograms(index, histograms)
    writer.append_counts(rows)
    end_s = at_s + plan.profile.slice_s
    end_ns = start_ns + end_s * NS
    writer.append_sample(
        {
            "t_utc_ns": end_ns,
            "t_mono_ns": end_ns - START_NS,
            "source": "generator",
            "worker": 0,
            "period_s": float(plan.profile.slice_s),
            "cpu_percent": plan.cpu_percent,
            "cpu_wait_percent": plan.cpu_wait_percent,
            "throttled_percent": plan.throttled_percent,
            "throttled_periods_percent": plan.throttled_percent,
            "steal_percent": plan.steal_percent,
            "rss_bytes": 90_000_000,
            "fds": plan.fds,
            "fds_limit": 10_000,
            "ports": plan.ports,
            "ports_limit": 28_000,
            "users": 20,
            "in_flight": 12,
            "loop_lag_max_us": plan.loop_lag_us,
        }
    )
    writer.append_sample(_sidecar_sample(plan, index, float(at_s), start_ns))


def _sidecar_sample(plan: RunPlan, index: int, at_s: float, start_ns: int) -> dict[str, Any]:
    host = None
    if plan.host_memory_percent is not None:
        host = {
            "memory_total_bytes": 6_000_000_000,
            "memory_used_percent": plan.host_memory_percent,
            "cpu_percent": plan.host_cpu_percent,
            "load1": 1.5,
        }
    process = None
    if plan.rss_bytes is not None:
        rss_bytes = round(plan.rss_bytes(at_s))
        process = {"pids": [4242], "rss_bytes": rss_bytes, "fds": 30, "threads": 8, "cpu_percent": 50.0}
    t_ns = start_ns + round(at_s * NS)
    return {
        "t_utc_ns": t_ns,
        "t_mono_ns": t_ns - START_NS,
        "source": "sidecar",
        "seq": index,
        "gap_s": None,
        "host": host,
        "process": process,
        "prometheus": {"query_p95_s": 0.3, "rss_bytes": None},
        "scrape": dict(plan.scrape(at_s)),
        "redis": None,
        "breakers": {},
        "missing": {},
        "sidecar": {"cpu_s": 0.1, "rss_bytes": 40_000_000},
    }


def _record(plan: RunPlan, name: str, start_ns: int, slices: int) -> dict[str, Any]:
    end_ns = start_ns + slices * plan.profile.slice_s * NS + NS // 2
    return {
        "schema": "plimsoll.run/1",
        "run_id": name,
        "status": "complete",
        "stop": None,
        "target": plan.target.name,
        "profile": plan.profile.name,
        "target_definition": redacted(plan.target),
        "profile_definition": profile_json(plan.profile),
        "mix": dict(plan.profile.mix),
        "seed": 1,
        "scenario_sha256": scenario_sha256(plan.target, plan.profile, 1, None),
        "start_utc": _utc(start_ns),
        "start_ns": start_ns,
        "end_utc": _utc(end_ns),
        "end_ns": end_ns,
        "slice_s": plan.profile.slice_s,
        "clock": "kernel",
        "mode": "local",
        "writer": {"pid": 999_999_999, "start_ticks": 1},
        "workers": [{"index": 0, "id": "local", "state": "ready"}],
        "environment": {"hard": dict(plan.hard), "soft": {"host_id": "a1"}, "ignored": {"hostname": "box"}},
        "versions": {"plimsoll": "0.1.0", "locust": "2.47.0"},
        "git": {"commit": "0123456789abcdef", "dirty": False},
        "base_url": "http://127.0.0.1:8800",
        "not_watched": ["Prometheus: PROMETHEUS_URL is not set"],
        "judge": {"baseline": "auto", "allow_inconclusive": False},
        **plan.run,
    }


def edit_run(path: Path, **keys: Any) -> None:
    """Change keys of a finished run's run.json."""
    directory = RunDirectory(path)
    directory.write_run({**json.loads(directory.run_json.read_text()), **keys})


def _encoded(values: Any) -> str:
    return Histogram.of(int(value) for value in values).encode()


def _utc(ns: int) -> str:
    return f"{np.datetime64(ns // NS, 's')}Z"
