"""A run carries the calibration of its machine from its start to its report."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.calibration import calibration_path, write_calibration
from analysis.environment import read_environment
from analysis.result import Result, read_result
from tests.calibration_builder import built_calibration
from tests.end_to_end.load_run import Finished, run_load, write_profile
from tests.servers.reference_service import ReferenceService


@pytest.fixture
def calibrations(tmp_path: Path) -> Path:
    folder = tmp_path / "calibration"
    folder.mkdir()
    return folder


def measured(run_root: Path, service: ReferenceService, calibrations: Path) -> tuple[Finished, Result]:
    profile = write_profile(run_root.parent, steady="2s")
    words = ("--target", "reference", "--host", service.base_url, "--load-profile", str(profile))
    environ = {"PLIMSOLL_CALIBRATION": str(calibrations)}
    done = run_load(run_root, *words, "--baseline", "none", environ=environ, judged=True)
    assert done.directory is not None, done.output
    return done, read_result(done.directory / "result.json")


def test_a_run_reports_the_error_of_its_machine_at_the_nearest_load(
    run_root: Path, service: ReferenceService, calibrations: Path
) -> None:
    here = read_environment()
    calibration = built_calibration(here.hard, here.soft, created_utc=datetime.now(UTC).isoformat())
    write_calibration(calibration, calibration_path(calibrations, here.env8))
    done, result = measured(run_root, service, calibrations)

    assert done.directory is not None
    assert (done.directory / "calibration.json").read_text() == calibration.to_json()
    assert result.instrument is not None
    assert [row.metric for row in result.instrument.rows] == ["response", "service", "ttft_service", "gap"]
    assert all(row.own_load > 0 for row in result.instrument.rows)
    assert "Instrument error" in (done.directory / "report.html").read_text()


@pytest.mark.slow
def test_a_broken_calibration_is_a_warning_and_the_run_says_so(
    run_root: Path, service: ReferenceService, calibrations: Path
) -> None:
    calibration_path(calibrations, read_environment().env8).write_text("no JSON")
    done, result = measured(run_root, service, calibrations)

    assert "The run carries no calibration" in done.output
    assert "Traceback" not in done.output
    assert result.instrument is not None
    assert "found broken JSON" in str(result.instrument.reason)
    assert done.code == result.exit_code
