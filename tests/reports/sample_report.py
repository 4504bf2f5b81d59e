"""Reports made up for tests: every part filled, three verdicts and a hostile one, the same every time."""

import math
import random
from dataclasses import replace

from analysis.result import (
    Attribution,
    Check,
    Companion,
    Comparison,
    ComparisonRow,
    MetricRow,
    ObjectiveRow,
    Outcome,
    Result,
    Verdict,
)
from reports.curve import Curve, CurveChart, curve_points
from reports.report_data import CountRow, FailureRow, HealthRow, ReportData, RunFacts
from reports.timeline import Drawn, Limit, Line, Mark, Panel, Point, StageSpan, StateSpan, Timeline

HOSTILE = '<script>alert("x")</script>|`$x_1$` ]]> &amp; \u202e\x00\x1b[31m @all #1 [a](javascript:b)'

_END_S = 330
_TYPICAL_US = {"query": 412_000.0, "stream": 1_830_000.0, "health": 2_140.0}
_SPREAD = {"p50": 1.0, "p90": 1.7, "p95": 2.06, "p99": 3.1, "p99.9": 4.4, "max": 6.2}


def regression() -> ReportData:
    """A run of three endpoints whose query became 18 % slower."""
    return ReportData(
        result=_result(),
        facts=_facts(),
        timeline=_timeline(),
        generator_panels=_generator_panels(),
        charts=tuple(_chart(name) for name in _TYPICAL_US),
        counts=_counts(),
        failures=_failures(),
        health=_health(),
    )


def invalid() -> ReportData:
    """The generator was late, and one worker was lost."""
    data = regression()
    late = "send_lag p99 is 48.2 ms, above 5 ms: the generator was too slow to send in time"
    lost = "worker 1 was lost at 2:10, so part of the load was never sent"
    checks = (
        Check("send_lag", False, "48.2 ms", "5 ms", late),
        Check("workers", False, "1 lost", "0 lost", lost),
        Check(
            "sidecar",
            False,
            "lost",
            None,
            "the sidecar ended at 3:40: memory is known only until then",
            False,
        ),
        *(check for check in data.result.validity if check.name not in ("send_lag", "workers")),
    )
    result = replace(
        data.result,
        verdict=Verdict.INVALID,
        exit_code=3,
        reasons=(late, lost),
        validity=checks,
        status="stopped",
        attribution=(),
    )
    return replace(data, result=result, facts=replace(data.facts, stopped="stopped by a signal: SIGTERM"))


def inconclusive() -> ReportData:
    """Too few requests to tell, no Prometheus and no Redis."""
    data = regression()
    comparison = data.result.comparison
    assert comparison is not None
    rows = tuple(
        replace(
            row, outcome=Outcome.INCONCLUSIVE, low=(row.change or 0) - 0.16, high=(row.change or 0) + 0.19
        )
        if row.metric == "response" and row.gated
        else row
        for row in comparison.rows
    )
    reason = (
        "query response p95 changed by +6.1 %, between -4.2 % and +17.5 %: too wide for the margin of 10 %"
    )
    result = replace(
        data.result,
        verdict=Verdict.INCONCLUSIVE,
        exit_code=4,
        reasons=(reason,),
        comparison=replace(comparison, rows=rows),
        attribution=(),
        not_watched=("Prometheus: the target names no server", "Redis: the target names no server"),
    )
    timeline = replace(data.timeline, panels=data.timeline.panels[:5], marks=())
    return replace(data, result=result, timeline=timeline, failures=())


def hostile() -> ReportData:
    """Every text that a service, a target file or an environment can choose is an attack."""
    data = regression()
    result = data.result
    comparison = result.comparison
    assert comparison is not None
    result = replace(
        result,
        run_id=HOSTILE,
        target=HOSTILE,
        profile=HOSTILE,
        status=HOSTILE,
        reasons=(HOSTILE,),
        validity=(Check(HOSTILE, False, HOSTILE, HOSTILE, HOSTILE),),
        metrics=tuple(
            replace(row, endpoint=HOSTILE, metric=HOSTILE, reason=HOSTILE) for row in result.metrics
        ),
        objectives=tuple(
            replace(row, name=HOSTILE, endpoint=HOSTILE, reason=HOSTILE) for row in result.objectives
        ),
        comparison=replace(
            comparison,
            baseline_id=HOSTILE,
            rows=tuple(replace(row, endpoint=HOSTILE, reason=HOSTILE) for row in comparison.rows),
        ),
        attribution=tuple(
            replace(
                one,
                endpoint=HOSTILE,
                companions=tuple(replace(row, endpoint=HOSTILE, unit=HOSTILE) for row in one.companions),
            )
            for one in result.attribution
        ),
        not_watched=(HOSTILE,),
        environment={"hard": {HOSTILE: HOSTILE}, HOSTILE: HOSTILE},
        versions={HOSTILE: HOSTILE},
    )
    timeline = data.timeline
    panels = tuple(
        replace(
            panel,
            title=HOSTILE,
            unit=HOSTILE,
            note=HOSTILE,
            lines=tuple(replace(line, label=HOSTILE) for line in panel.lines),
            limits=(Limit(HOSTILE, 1.0, "bad"),),
            states=tuple(replace(span, label=HOSTILE, state=HOSTILE) for span in panel.states),
        )
        for panel in timeline.panels
    )
    return ReportData(
        result=result,
        facts=replace(
            data.facts, base_url=HOSTILE, command=HOSTILE, git=HOSTILE, stopped=HOSTILE, damage=(HOSTILE,)
        ),
        timeline=replace(
            timeline,
            panels=panels,
            stages=tuple(replace(stage, name=HOSTILE, level=HOSTILE) for stage in timeline.stages),
            marks=tuple(replace(mark, text=HOSTILE) for mark in timeline.marks),
        ),
        generator_panels=(),
        charts=tuple(replace(chart, endpoint=HOSTILE, metric=HOSTILE) for chart in data.charts),
        counts=tuple(replace(row, endpoint=HOSTILE) for row in data.counts),
        failures=tuple(
            replace(row, endpoint=HOSTILE, kind=HOSTILE, exemplars=(HOSTILE,)) for row in data.failures
        ),
        health=(HealthRow(HOSTILE, HOSTILE, 1.0, 1.0), HealthRow(f"{HOSTILE}2", found=1.0, text=HOSTILE)),
    )


def _result() -> Result:
    return Result(
        run_id="20250112T090000Z-reference-baseline-a1b2",
        runs=(
            "20250112T085000Z-reference-baseline-11aa",
            "20250112T085500Z-reference-baseline-22bb",
            "20250112T090000Z-reference-baseline-a1b2",
        ),
        target="reference",
        profile="baseline",
        status="complete",
        start_utc="2025-01-12T09:00:00Z",
        duration_s=330.0,
        measured_s=300.0,
        verdict=Verdict.REGRESSION,
        exit_code=1,
        reasons=(
            "query response p95 changed by +18.3 %, between +14.9 % and +21.8 %; the margin is 10 %",
            "query response p50 changed by +16.0 %, between +13.8 % and +18.2 %; the margin is 10 %",
            "objective query.response.p95 is missed: found 1004 ms, wanted 1000 ms",
        ),
        validity=(
            Check("status", True, "complete", None, "the run went to its end"),
            Check("send_lag", True, "0.312 ms", "5 ms", "requests were sent when they were due"),
            Check("wake_lag", True, "0.118 ms", "40 ms", "answers were read as soon as they came"),
            Check("loop_lag", True, "1.9 ms", "45 ms", "the event loop was late by so much"),
            Check("arrivals", True, "100 %", "99 %", "the generator sent what the profile asks for"),
            Check("generator_cpu", True, "31 %", "< 90 %", "the generator had CPU to spare"),
            Check("cpu_wait", True, "0.4 %", "<= 5 %", "a worker had to wait for a core 0.4 % of the time"),
            Check("throttling", True, "0 %", "<= 1 %", "control groups kept the generator from nothing"),
            Check("steal", False, "2.1 %", "<= 1 %", "the hypervisor ran something else", False),
            Check("local_ports", True, "3.4%", "<= 90% of them", "up to 960 of 28232 were in use"),
            Check("conservation", True, "exact", None, "every due request is accounted for"),
            Check("workers", True, "2 of 2", None, "no worker was lost"),
        ),
        metrics=_metrics(),
        objectives=(
            ObjectiveRow(
                "query.response.p95", "query", "response", "p95", "us", 1e6, 1_004_210.0, False, None
            ),
            ObjectiveRow("health.response.p95", "health", "response", "p95", "us", 1e5, 4_410.0, True, None),
            ObjectiveRow("query.errors", "query", "errors", "ratio", "ratio", 0.01, 0.00373, True, None),
            ObjectiveRow(
                "memory_growth", None, "memory_growth", "slope", "MB/h", 100.0, 41.7, True, None, 28.3, 55.1
            ),
            ObjectiveRow(
                "host_memory",
                None,
                "host_memory",
                "max",
                "percent",
                98.0,
                None,
                None,
                "the host was not watched",
            ),
        ),
        comparison=_comparison(),
        attribution=_attribution(),
        counts={},
        not_watched=("breakers in Redis: the key circuit_breaker:llm is gone since 2:05",),
        environment={
            "hard": {
                "cpu_model": "Example CPU 3.0 GHz",
                "cores": 4,
                "memory_total_gb": 16,
                "os_image": "debian 12",
            },
            "soft": {"kernel": "6.1", "cpu_governor": None, "virtualised": True},
            "ignored": {"hostname": "bench-1"},
        },
        versions={"plimsoll": "0.1.0", "locust": "2.47.0", "python": "3.11.2"},
        clock="kernel",
    )


def _metrics() -> tuple[MetricRow, ...]:
    rows = []
    for endpoint, typical in _TYPICAL_US.items():
        names = {"response": 1.0, "service": 0.985, "ttfb": 0.97}
        if endpoint == "stream":
            names |= {"ttft": 0.21, "gap": 0.011, "tpot": 0.0124}
        names |= (
            {"stage.embed": 0.011, "stage.generate": 0.83, "send_lag": 0.0002} if endpoint != "health" else {}
        )
        for metric, part in names.items():
            for statistic, spread in _SPREAD.items():
                value: float | None = typical * part * spread
                reason = None
                if endpoint == "health" and statistic == "p99.9":
                    value, reason = None, "needs 6636 observations"
                low, high = (
                    (None, None) if value is None or statistic == "max" else (value * 0.97, value * 1.035)
                )
                rows.append(MetricRow(endpoint, metric, statistic, "us", value, low, high, 12_345, reason))
        for metric, unit, rate in (
            ("sent", "1/s", 41.15),
            ("throughput", "1/s", 41.0),
            ("failed", "1/s", 0.153),
        ):
            rows.append(
                MetricRow(endpoint, metric, "rate", unit, rate, rate * 0.99, rate * 1.01, 12_345, None)
            )
        rows.append(MetricRow(endpoint, "errors", "ratio", "ratio", 0.00373, 0.0027, 0.0049, 12_345, None))
        goodput = None if endpoint == "health" else 0.942
        reason = "no limits are set" if goodput is None else None
        rows.append(MetricRow(endpoint, "goodput", "ratio", "ratio", goodput, None, None, 12_345, reason))
    return tuple(rows)


def _comparison() -> Comparison:
    def row(
        name: str, baseline: float, change: float, half: float, outcome: Outcome, *, gated: bool = True
    ) -> ComparisonRow:
        endpoint, metric, statistic = name.split(" ")
        unit = {"errors": "ratio", "throughput": "1/s"}.get(metric, "us")
        new = baseline + change if unit == "ratio" else baseline * (1 + change)
        margin = {"ratio": 0.005, "p99": 0.2}.get(statistic, 0.1)
        direction = "higher" if metric == "throughput" else "lower"
        smallest = 0.21 if outcome is Outcome.INCONCLUSIVE else None
        reason = None if gated else "too few observations beyond p99"
        low, high = change - half, change + half
        return ComparisonRow(
            endpoint, metric, statistic, unit, direction, baseline, new,
            change, low, high, margin, outcome, gated, smallest, reason,
        )  # fmt: skip

    rows = (
        row("query response p50", 355_000, 0.16, 0.022, Outcome.REGRESSION),
        row("query response p95", 849_000, 0.183, 0.034, Outcome.REGRESSION),
        row("query response p99", 1_220_000, 0.155, 0.11, Outcome.INCONCLUSIVE),
        row("query errors ratio", 0.0031, 0.0006, 0.0014, Outcome.PASS),
        row("query throughput rate", 41.3, -0.007, 0.012, Outcome.PASS),
        row("stream response p95", 3_810_000, -0.011, 0.041, Outcome.PASS),
        row("stream ttft p95", 912_000, -0.148, 0.03, Outcome.IMPROVEMENT),
        row("health response p95", 4_380, 0.007, 0.061, Outcome.PASS),
        row("health response p99", 6_100, 0.42, 0.35, Outcome.INCONCLUSIVE, gated=False),
    )
    return Comparison("reference/baseline/1f2e3d4c.rolling", "rolling", 5, 3, rows, True, ())


def _attribution() -> tuple[Attribution, ...]:
    def companion(name: str, unit: str, baseline: float, change: float | None, half: float) -> Companion:
        endpoint, metric, statistic = name.split(" ")
        new = 3.0 if change is None else baseline * (1 + change)
        low, high = (None, None) if change is None else (change - half, change + half)
        return Companion(endpoint, metric, statistic, unit, baseline, new, change, low, high)

    return (
        Attribution(
            "query",
            "response",
            "p95",
            (
                companion("query stage.generate p95", "us", 705_000, 0.21, 0.03),
                companion("* host.cpu_percent mean", "percent", 42.0, 0.17, 0.05),
                companion('* scrape.queue{kind="batch"} mean', "", 0.0, None, 0.0),
            ),
        ),
        Attribution("query", "response", "p50", ()),
    )


def _facts() -> RunFacts:
    return RunFacts(
        base_url="http://127.0.0.1:8800",
        seed=20250112,
        mode="local",
        workers=2,
        slice_s=1,
        model="open model, Poisson arrivals",
        mix={"query": 6, "stream": 3, "health": 1},
        stopped=None,
        git="3f2a9c1 (with uncommitted changes)",
        command="plimsoll run --target reference --load-profile baseline --seed 20250112 --runs 3",
    )


def _timeline() -> Timeline:
    chance = random.Random(7)
    panels = [
        Panel("Load", "1/s", (
            Line("asked", "base", _wave(chance, lambda t: 42 if t > 30 else 20, 0), Drawn.DASHED),
            Line("ok", "s0", _wave(chance, lambda t: 41.6 if t > 30 else 20, 0.08)),
            Line("failed", "bad", _wave(chance, lambda t: 2.5 if 150 < t < 170 else 0.05, 0.3)),
        )),
        Panel("Requests in flight", "", (
            Line("", "s0", _wave(chance, lambda t: 30 if t > 30 else 14, 0.1)),
        )),
    ]  # fmt: skip
    for endpoint, typical in _TYPICAL_US.items():
        lines = []
        for metric, drawn in (("response", Drawn.LINE), ("service", Drawn.DASHED)):
            factor = 1.0 if metric == "response" else 0.93
            for statistic in ("p50", "p95", "p99"):
                level = typical * _SPREAD[statistic] * factor

                def course(t: float, level: float = level) -> float:
                    return level * (1.9 if 150 < t < 170 else 1)

                points = _wave(chance, course, 0.07, gap=endpoint == "health")
                lines.append(Line(statistic if metric == "response" else "", statistic, points, drawn))
        panels.append(
            Panel(f"{endpoint} latency", "us", tuple(lines), note="solid: response, dashed: service")
        )
    panels += [
        Panel("Errors by kind", "1/s", (
            Line("http_5xx", "s1", _wave(chance, lambda t: 2 if 150 < t < 170 else 0, 0.3), Drawn.AREA),
            Line("timeout", "s3", _wave(chance, lambda t: 0.6 if 155 < t < 166 else 0, 0.3), Drawn.AREA),
        )),
        Panel("Host memory in use", "percent", (
            Line("", "s0", _wave(chance, lambda t: 61 + t / 60, 0.002)),
        ), limits=(Limit("warning", 94.0, "warn"), Limit("stop", 98.0, "bad"))),
        Panel("Service memory (RSS)", "bytes",
              (Line("", "s2", _wave(chance, lambda t: 212e6 + t * 11_600, 0.002, gap=True)),),
              from_zero=False),
        Panel("CPU", "percent", (
            Line("host", "s0", _wave(chance, lambda _: 44, 0.06)),
            Line("service", "s2", _wave(chance, lambda _: 71, 0.06)),
        )),
        Panel("Prometheus: queue depth", "", (Line("queue depth", "s3", _wave(chance, lambda _: 3.2, 0.4)),)),
        Panel("Redis", "1/s", (Line("operations", "s5", _wave(chance, lambda _: 812, 0.1)),)),
        Panel("Circuit breakers", "", states=(
            StateSpan("llm", "closed", 0, 152), StateSpan("llm", "open", 152, 166),
            StateSpan("llm", "half_open", 166, 171), StateSpan("llm", "closed", 171, _END_S),
            StateSpan("retrieval", "closed", 0, _END_S),
        )),
    ]  # fmt: skip
    stages = (
        StageSpan(1, "warm-up", 0, 30, "up to 42/s", False),
        StageSpan(2, "steady", 30, 180, "42/s", True),
        StageSpan(3, "steady again", 180, 320, "42/s", True),
        StageSpan(4, "end", 320, 330, "42/s", True),
    )
    marks = (
        Mark("a", 152.4, "breaker llm went from closed to open"),
        Mark("b", 171.0, "breaker llm went from half_open to closed"),
    )
    return Timeline(_END_S, 1.0, stages, marks, tuple(panels))


def _generator_panels() -> tuple[Panel, ...]:
    chance = random.Random(11)
    return (
        Panel("Lag of the generator", "us", (
            Line("send_lag p99", "s0", _wave(chance, lambda _: 310, 0.2)),
            Line("wake_lag p99", "s3", _wave(chance, lambda _: 118, 0.2)),
            Line("loop lag, largest", "s4", _wave(chance, lambda _: 1_900, 0.3)),
        )),
        Panel("CPU of the generator", "percent", (
            Line("worker 0", "s0", _wave(chance, lambda _: 31, 0.1)),
            Line("worker 1", "s2", _wave(chance, lambda _: 29, 0.1)),
        )),
    )  # fmt: skip


def _wave(chance: random.Random, course: object, noise: float, *, gap: bool = False) -> tuple[Point, ...]:
    assert callable(course)
    points: list[Point] = []
    for second in range(_END_S):
        value: float = course(second) * (1 + noise * (chance.random() - 0.5) * 2)
        points.append((second + 0.5, None if gap and 205 <= second < 222 else value))
    return tuple(points)


def _chart(endpoint: str) -> CurveChart:
    typical = _TYPICAL_US[endpoint]

    def tail(factor: float, count: int = 12_345) -> tuple[tuple[float, float], ...]:
        return curve_points(lambda p: typical * factor * (0.84 + 0.23 * math.log(1 / (1 - p)) ** 1.25), count)

    slower = 1.18 if endpoint == "query" else 0.99
    return CurveChart(
        endpoint,
        "response",
        (
            Curve("candidate response", "p95", "us", 12_345, tail(slower)),
            Curve("candidate service", "p50", "us", 12_345, tail(slower * 0.95)),
            Curve("baseline response", "base", "us", 61_730, tail(1.0, 61_730), Drawn.DASHED),
        ),
    )


def _counts() -> tuple[CountRow, ...]:
    return (
        CountRow("query", 12_345, 0, 12_345, 12_298, 46, 1),
        CountRow("stream", 6_172, 2, 6_170, 6_168, 0, 2),
        CountRow("health", 2_057, 0, 2_057, 2_057, 0, 0),
    )


def _failures() -> tuple[FailureRow, ...]:
    return (
        FailureRow("query", "http_5xx", 39, 39 / 12_345, ("503: breaker open: llm",)),
        FailureRow("query", "timeout", 7, 7 / 12_345, ("no answer within 60 s",)),
    )


def _health() -> tuple[HealthRow, ...]:
    return (
        HealthRow("workers"),
        HealthRow("arrivals", "ratio", 0.998, 164.5),
        HealthRow("send_lag", "us", 412.0, 161.5),
        HealthRow("wake_lag", "us", 131.0, 12.5),
        HealthRow("loop_lag", "us", 2_350.0, 303.5),
        HealthRow("generator_cpu", "percent", 34.2, 151.5),
        HealthRow("cpu_wait", "percent", 1.3, 152.5),
        HealthRow("throttling", "percent", 0.0, 31.5),
        HealthRow("steal", "percent", 4.6, 244.5),
        HealthRow("local_ports", "ratio", 0.034, 329.5),
        HealthRow("file_descriptors", "ratio", None, None),
        HealthRow("coalesced_events", found=41.0, text="text events that share a stamp"),
    )
