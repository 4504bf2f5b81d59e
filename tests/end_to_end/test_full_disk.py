"""When files can no longer be written the run ends with 3, and what was written before can be read."""

from pathlib import Path

import pytest

from analysis.run_record import StopKind
from tests.end_to_end.bad_end import assert_no_traceback, assert_readable
from tests.end_to_end.load_run import Finished, LoadRun, write_profile
from tests.servers.debian_server import program
from tests.servers.reference_service import ReferenceService

RUN_JSON_FITS = 20_000
NOTHING_FITS = 1_000


def run_in(tmp_path: Path, service: ReferenceService, size: int, *, own_output_too: bool) -> Finished:
    """A whole run in which no file can grow beyond `size` bytes, the captured output included if asked."""
    limited = [program("prlimit", "util-linux"), f"--fsize={size}"]
    if not own_output_too:
        script = 'set -o pipefail; "$@" 2>&1 | cat'
        limited = [program("bash", "bash"), "-c", script, "bash", *limited]
    profile = write_profile(tmp_path, steady="20s")
    words = ["--target", "reference", "--load-profile", str(profile), "--host", service.base_url]
    with LoadRun(tmp_path / "runs", words, judged=True, launcher=limited) as run:
        return run.finish()


def answered(service: ReferenceService) -> int:
    received = service.stats()["received"]
    return sum(received.get(endpoint, 0) for endpoint in ("query", "stream", "health"))


@pytest.mark.parametrize("own_output_too", [False, True])
def test_a_disk_that_fills_up_ends_the_run(
    tmp_path: Path, service: ReferenceService, own_output_too: bool
) -> None:
    """It does not wait for the end of the profile, and the log that was cut ends with a whole line."""
    finished = run_in(tmp_path, service, RUN_JSON_FITS, own_output_too=own_output_too)

    assert finished.code == 3, finished.output
    assert_no_traceback(finished.output)
    assert finished.directory is not None
    log = assert_readable(finished.directory)
    assert log.run.stop is not None
    assert log.run.stop.kind is StopKind.FAULT
    assert log.run.stop.detail == "latency.hlog: File too large"
    assert log.damage == ()
    assert any(event["kind"] == "disk_full" for event in log.events)
    if not own_output_too:
        assert "the result cannot be written: File too large; make room, then judge again" in finished.output


def test_a_disk_that_is_full_from_the_start_lets_no_run_begin(
    tmp_path: Path, service: ReferenceService
) -> None:
    before = answered(service)
    finished = run_in(tmp_path, service, NOTHING_FITS, own_output_too=False)

    assert finished.code == 3, finished.output
    assert_no_traceback(finished.output)
    assert "run.json cannot be written: File too large; make room, then run again" in finished.output
    assert answered(service) == before


def test_a_disk_that_takes_no_output_either_still_ends_with_3(
    tmp_path: Path, service: ReferenceService
) -> None:
    """Nothing can be said any more; the exit code is all there is."""
    assert run_in(tmp_path, service, NOTHING_FITS, own_output_too=True).code == 3
