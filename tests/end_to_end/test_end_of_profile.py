"""The load begins and ends with the profile's stages."""

from pathlib import Path

from analysis.run_record import RunStatus
from tests.end_to_end.load_run import run_load, write_profile
from tests.servers.reference_service import ReferenceService

USERS, WARM_UP_S, STEADY_S, PACING_S = 6, 1, 2, 0.5


def test_users_begin_with_the_first_stage_and_send_nothing_after_the_last(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """The first request is due in the first second after t = 0, whatever the start cost.

    Locust notices the end up to a second late; requests due by then would swell the last slice.
    """
    profile = write_profile(tmp_path, level=USERS, steady=f"{STEADY_S}s", more=f'pacing = "{PACING_S}s"')
    finished = run_load(run_root, "--load-profile", str(profile), "--host", service.base_url)

    run = finished.log.run
    assert run.status is RunStatus.COMPLETE, finished.output
    assert run.duration_s is not None
    assert run.duration_s >= WARM_UP_S + STEADY_S - 1
    assert min(row.slice_index for row in finished.log.counts if row.counts.due) == 0
    totals = finished.totals()
    most_per_s = USERS / PACING_S
    assert 0 < sum(counts.due for counts in totals.values()) <= most_per_s * (WARM_UP_S + STEADY_S)
    warm_up = finished.log.totals((0, WARM_UP_S))
    assert sum(counts.due for counts in warm_up.values()) <= most_per_s * WARM_UP_S
