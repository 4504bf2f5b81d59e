"""The load ends with the profile's last stage, to the request."""

from pathlib import Path

from analysis.run_record import RunStatus
from tests.end_to_end.load_run import run_load, write_profile
from tests.servers.reference_service import ReferenceService

USERS, WARM_UP_S, STEADY_S, PACING_S = 6, 2, 2, 0.5


def test_users_send_nothing_after_the_last_stage(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Locust notices the end up to a second late; requests due by then would swell the last slice."""
    profile = write_profile(tmp_path, level=USERS, steady=f"{STEADY_S}s", more=f'pacing = "{PACING_S}s"')
    finished = run_load(run_root, "--load-profile", str(profile), "--host", service.base_url)

    assert finished.log.run.status is RunStatus.COMPLETE, finished.output
    totals = finished.totals()
    most = USERS * (WARM_UP_S + STEADY_S) / PACING_S
    assert 0 < sum(counts.due for counts in totals.values()) <= most
    assert sum(counts.due for counts in finished.log.totals((0, WARM_UP_S)).values()) <= most / 2
