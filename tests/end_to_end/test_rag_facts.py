"""What the service says of its own work is found again, request by request, in what was measured."""

from pathlib import Path

import pytest

from analysis.histogram import Histogram
from tests.end_to_end.load_run import LoadRun, write_profile
from tests.servers.reference_service import ReferenceService

STAGES = ("embed", "retrieve", "generate")
PREFIX = "plimsoll_service_"


def stage_sums(service: ReferenceService) -> dict[str, tuple[float, float]]:
    """Seconds and observations of each stage, as the service counts them itself."""
    name = f"{PREFIX}stage_duration_seconds"
    return {
        stage: (service.metric(f"{name}_sum", stage=stage), service.metric(f"{name}_count", stage=stage))
        for stage in STAGES
    }


def cache_counts(service: ReferenceService) -> tuple[float, float]:
    return service.metric(f"{PREFIX}cache_hits_total"), service.metric(f"{PREFIX}cache_misses_total")


def test_stages_hits_and_sources_are_those_that_the_service_counted(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Each stage's mean within 2 % of the service's own, hits and misses exactly."""
    stages_before, cache_before = stage_sums(service), cache_counts(service)
    profile = write_profile(tmp_path, level=8, steady="4s")
    words = ["--load-profile", str(profile), "--host", service.base_url, "--sidecar-command", "none"]
    with LoadRun(run_root, words) as run:
        finished = run.finish()
    totals = finished.totals()
    log = finished.log
    assert finished.code == 0, finished.output

    query, stream = totals["query"], totals["stream"]
    hits, misses = (after - before for after, before in zip(cache_counts(service), cache_before, strict=True))
    assert query.aborted == stream.aborted == 0
    assert (query.hits, query.misses) == (hits, misses)
    assert hits > 0
    assert misses > 0

    def pooled(metric: str, *endpoints: str) -> Histogram:
        whole = Histogram()
        for endpoint in endpoints:
            whole.merge(log.merged(f"{endpoint}.{metric}", 0, log.slices))
        return whole

    assert pooled("hit.response", "query").count == query.hits
    assert pooled("miss.response", "query").count == query.misses
    hit_p50, miss_p50 = (pooled(f"{word}.response", "query").percentile(0.5) for word in ("hit", "miss"))
    assert hit_p50 is not None
    assert miss_p50 is not None
    assert hit_p50 < miss_p50

    for stage, (sum_s, count) in stage_sums(service).items():
        before_s, before_count = stages_before[stage]
        ours = pooled(f"stage.{stage}", "query", "stream")
        assert ours.count == count - before_count, stage
        # A stage may take less than a microsecond's worth of a slot, so that rounding shows.
        assert ours.mean_us == pytest.approx(1e6 * (sum_s - before_s) / ours.count, rel=0.02, abs=2), stage

    assert query.retrievals == query.ok
    assert stream.retrievals == stream.ok
    assert query.empty_retrievals == stream.empty_retrievals == 0
    assert stream.tokens == stream.events > 0
    assert stream.text_bytes > stream.events
    assert pooled("first_event", "stream").count == stream.ok
