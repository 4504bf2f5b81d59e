"""A slow warm-up changes no number of the measured part, whenever its requests finish."""

from pathlib import Path

import pytest

from analysis.result import read_result
from analysis.run_record import RunStatus
from tests.end_to_end.load_run import LoadRun
from tests.servers.reference_service import ReferenceService

SLOW_MS = 4000
WARM_UP_S, STEADY_S = 4, 4
ENDPOINTS = ("query", "stream")

PROFILE = """
model = "{model}"
mix = {{ query = 6, stream = 3, health = 1 }}
drain = "10s"
{more}
[[stages]]
name = "warm-up"
duration = "{warm_up}s"
level = {level}
measure = false
[[stages]]
name = "steady"
duration = "{steady}s"
level = {level}
"""


def received(service: ReferenceService) -> dict[str, int]:
    counts = service.stats()["received"]
    return {name: counts.get(name, 0) for name in ENDPOINTS}


@pytest.mark.parametrize(("model", "level", "slow"), [("open", 60, 10), ("closed", 20, 3)])
def test_a_slow_warm_up_leaves_no_trace_in_the_measured_part(
    tmp_path: Path, run_root: Path, faulty_service: ReferenceService, model: str, level: int, slow: int
) -> None:
    """The service heals within the warm-up: what it held back by then is answered in the measured part."""
    more = 'arrivals = "constant"' if model == "open" else 'think = "0.05s"'
    profile = tmp_path / f"{model}.toml"
    profile.write_text(
        PROFILE.format(model=model, more=more, warm_up=WARM_UP_S, steady=STEADY_S, level=level)
    )
    faulty_service.faults(latency_ms=SLOW_MS)
    before = received(faulty_service)
    words = ["--load-profile", str(profile), "--host", faulty_service.base_url, "--baseline", "none"]
    with LoadRun(run_root, words, judged=True) as run:
        run.wait_until(
            lambda: all(received(faulty_service)[name] - before[name] >= slow for name in ENDPOINTS),
            "slow requests",
        )
        faulty_service.clear_faults()
        finished = run.finish()

    log = finished.log
    assert log.run.status is RunStatus.COMPLETE, finished.output
    finished.totals()
    assert finished.directory is not None
    metrics = {
        (row.endpoint, row.metric, row.statistic): row.value
        for row in read_result(finished.directory / "result.json").metrics
    }
    measured = log.totals((WARM_UP_S, WARM_UP_S + STEADY_S))
    for endpoint in ENDPOINTS:
        tag = f"{endpoint}.response"
        # Slices are seconds. Every slow answer came after the warm-up's end, as it was due after its start.
        warm_up = log.merged(tag, 0, WARM_UP_S)
        steady = log.merged(tag, WARM_UP_S, WARM_UP_S + STEADY_S)
        slowest_us = SLOW_MS * 1000
        assert (warm_up.max_us or 0) >= slowest_us
        assert 0 < (steady.max_us or 0) < 0.9 * slowest_us
        assert metrics[endpoint, "response", "max"] == pytest.approx(steady.max_us)
        assert metrics[endpoint, "response", "p50"] == pytest.approx(steady.percentile(0.50), rel=1e-5)
        counts = measured[endpoint]
        assert counts.imbalance() is None
        assert counts.ok == counts.started == steady.count
        if endpoint == "query":  # of the streams there are too few for a p95
            assert metrics[endpoint, "response", "p95"] == pytest.approx(steady.percentile(0.95), rel=1e-5)
    if model == "open":
        due = sum(counts.due for counts in measured.values())
        assert due == pytest.approx(level * STEADY_S, abs=1)
