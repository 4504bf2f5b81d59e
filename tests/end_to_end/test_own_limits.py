"""What the generator runs out of is its own fault: the run is invalid, and nothing of ours breaks."""

from pathlib import Path

from analysis.judged_run import read_judged_run
from analysis.run_record import RunStatus
from tests.end_to_end.bad_end import BUSY_MACHINE, assert_no_traceback
from tests.end_to_end.load_run import LoadRun, write_profile
from tests.servers.reference_service import ReferenceService

DESCRIPTORS = 64


def test_without_file_descriptors_the_run_is_recorded_and_invalid(
    tmp_path: Path, run_root: Path, service: ReferenceService
) -> None:
    """Sixty users where some thirty connections are possible: the other failures are no service's."""
    profile = write_profile(tmp_path, level=60, steady="2s")
    words = ["--load-profile", str(profile), "--host", service.base_url]
    allowed = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
    with LoadRun(run_root, words, launcher=allowed) as run:
        finished = run.finish()

    assert_no_traceback(finished.output)
    assert finished.log.run.status is RunStatus.COMPLETE
    assert set(finished.totals()["query"].failed) == {"connect"}
    assert finished.directory is not None
    judged = read_judged_run(finished.directory)
    broken = {check.name: check.text for check in judged.checks if check.invalidates and not check.ok}
    assert broken.keys() - BUSY_MACHINE == {"file_descriptors", "own_failures"}, broken
    assert f"{DESCRIPTORS} of {DESCRIPTORS} file descriptors" in broken["file_descriptors"]
    assert "Too many open files" in broken["own_failures"]
