"""A small baseline with every part filled, to replace parts of."""

from pydantic import JsonValue

from analysis.baseline import Baseline, BaselineKind
from analysis.baseline_parts import BaselineEnvironment, GateHealth, Gating, Noise, StoredRun
from analysis.environment import env8_of
from analysis.profile import Model
from analysis.run_summary import Summary

HARD: dict[str, JsonValue] = {
    "cpu_model": "Example 3000",
    "cpu_cores": 4,
    "gpus": ["Example 9"],
    "gpu_driver": None,
}


def stored_baseline() -> Baseline:
    runs = tuple(
        StoredRun(
            run_id=f"run-{number}",
            start_utc=f"2025-11-21T10:0{number}:00Z",
            measured_s=50.0,
            series={
                "query.response": Summary(3000, {"p50": 200e3, "p95": 400e3 + number}),
                "stream.ttft": Summary(1500, {"p50": 90e3, "p95": 120e3 + number}),
                "*.prometheus.queue": Summary(50, {"mean": 0.5}),
            },
            counts={"query": {"due": 3000, "started": 3000, "ok": 3000, "failed": 0}},
            validity={"conservation": "exact"},
        )
        for number in range(5)
    )
    return Baseline(
        baseline_id="20251121T100400Z-reference-baseline",
        kind=BaselineKind.ROLLING,
        supersedes=None,
        created_utc="2025-11-21T10:04:00Z",
        target="reference",
        profile="baseline",
        scenario_sha256="0" * 64,
        env8=env8_of(HARD),
        environment=BaselineEnvironment(HARD, {"host_id": "a1"}, {"hostname": "box"}),
        clock="kernel",
        workers=1,
        runs=runs,
        pooled={"query.response": "HISTFAAA"},
        prometheus={"queue": 0.5},
        noise={"query.response.p95": Noise(0.01, 0.03, 4, 0.02, 3, 0.02, 20)},
        provenance={"versions": {"plimsoll": "0.1.0"}, "git": None},
        gating=Gating(Model.OPEN, ("stream",), {"response.p99": 0.3}, {"query": 2.0, "stream": 1.0}),
        gate_health=GateHealth(aa_gates=300, aa_false_regressions=0),
    ).sealed()
