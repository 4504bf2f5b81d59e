"""What a run takes from the folder of calibrations when it starts."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.calibration import Calibration, calibration_path, write_calibration
from analysis.environment import Environment, read_environment
from analysis.run_directory import RunDirectory
from locustfiles.load.calibration_copy import VARIABLE, copy_calibration
from tests.calibration_builder import built_calibration

START_UTC = "2025-11-21T10:00:00Z"


@pytest.fixture
def here() -> Environment:
    return read_environment()


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    path = tmp_path / "run"
    path.mkdir()
    return RunDirectory(path)


def of(environment: Environment) -> Calibration:
    return built_calibration(environment.hard, environment.soft)


def copied(directory: RunDirectory, environment: Environment, root: Path) -> str | None:
    return copy_calibration(directory, environment, START_UTC, {VARIABLE: str(root)})


def test_a_calibration_that_fits_is_copied_as_it_is(
    here: Environment, directory: RunDirectory, tmp_path: Path
) -> None:
    path = calibration_path(tmp_path, here.env8)
    write_calibration(of(here), path)

    assert copied(directory, here, tmp_path) is None
    assert directory.calibration_json.read_bytes() == path.read_bytes()


def test_where_there_is_none_the_run_says_how_to_make_one(
    here: Environment, directory: RunDirectory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No warning: most machines were never calibrated."""
    reason = copied(directory, here, tmp_path)

    assert reason == f"this machine has no calibration ({here.env8}); `plimsoll calibrate` makes one"
    assert caplog.records == []


def changed(made: Calibration, what: str) -> Calibration:
    match what:
        case "age":
            return replace(made, created_utc="2025-01-01T00:00:00Z")
        case "schema":
            return replace(made, schema="plimsoll.calibration/9")
        case _:
            return replace(made, environment=replace(made.environment, soft={"host_id": "elsewhere"}))


@pytest.mark.parametrize(
    ("what", "reason"), [("age", "324 days old"), ("host", "another machine"), ("schema", "schema: found")]
)
def test_a_calibration_that_does_not_fit_is_left_where_it_is(
    what: str,
    reason: str,
    here: Environment,
    directory: RunDirectory,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = replace(here, soft={**here.soft, "host_id": "here"})
    write_calibration(changed(of(here), what), calibration_path(tmp_path, here.env8))

    told = copied(directory, here, tmp_path)
    assert told is not None
    assert reason in told
    assert str(tmp_path) not in told
    assert told in caplog.text
    assert not directory.calibration_json.exists()


def test_a_broken_file_is_a_reason_too(here: Environment, directory: RunDirectory, tmp_path: Path) -> None:
    calibration_path(tmp_path, here.env8).write_text("{")

    assert "broken JSON" in str(copied(directory, here, tmp_path))
