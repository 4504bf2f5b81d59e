"""The instrument error that a run carries, from its directory to its result."""

from pathlib import Path
from typing import Any

import pytest

from analysis.calibration import Calibration, write_calibration
from analysis.exit_code import ExitCode
from analysis.judge import judge
from analysis.result import Check, Result
from analysis.run_directory import RunDirectory
from tests.calibration_builder import CREATED_UTC, built_calibration
from tests.run_builder import build_run

# 60 + 30 + 30 requests a second, on one worker
RATE = 120.0


def judged(root: Path, calibration: Calibration | None = None, **changes: Any) -> Result:
    path = build_run(root, **changes)
    if calibration is not None:
        write_calibration(calibration, RunDirectory(path).calibration_json)
    return judge([path], baseline="none", baselines_root=root)


def check_of(result: Result) -> Check:
    [check] = [check for check in result.validity if check.name == "instrument"]
    return check


def test_a_run_tells_the_error_that_was_measured_nearest_to_its_own_load(tmp_path: Path) -> None:
    result = judged(tmp_path, built_calibration())

    assert result.instrument is not None
    assert result.instrument.calibrated_utc == CREATED_UTC
    response, service = result.instrument.rows
    assert (response.metric, service.metric) == ("response", "service")
    assert (response.own_load, response.calibrated_load, response.trusted_load) == (RATE, 100.0, 4000.0)
    assert (response.p50_us, response.p95_us, response.p99_us) == pytest.approx((100.0, 200.0, 300.0))
    assert check_of(result).ok
    assert Result.from_json(result.to_json()).instrument == result.instrument


def test_streams_are_held_against_the_rate_of_their_events(tmp_path: Path) -> None:
    result = judged(tmp_path, built_calibration(), text_events={"stream": 15_000})

    assert result.instrument is not None
    ttft, gap = result.instrument.rows[2:]
    assert (ttft.metric, gap.metric) == ("ttft_service", "gap")
    assert (gap.own_load, gap.calibrated_load, gap.trusted_load) == (15_000.0, 47 * 250.0, 47 * 250.0)
    assert (gap.p50_us, gap.p95_us, gap.p99_us) == pytest.approx((2.5, 5.0, 10.0))
    assert "15000 text events/s to a worker" in check_of(result).text


def test_workers_share_the_load(tmp_path: Path) -> None:
    workers = [{"index": index, "id": f"w{index}", "state": "ready"} for index in range(2)]
    result = judged(tmp_path, built_calibration(), run={"workers": workers})

    assert result.instrument is not None
    assert result.instrument.rows[0].own_load == RATE / 2


def test_a_load_above_what_is_trusted_is_a_warning_and_no_more(tmp_path: Path) -> None:
    """The same run without a calibration has the same verdict."""
    calibration = built_calibration()
    low = built_calibration(rates=calibration.rates[2:], streams=())
    over = judged(tmp_path / "over", built_calibration(rates=calibration.rates[:1]))
    never = judged(tmp_path / "never", built_calibration(rates=calibration.rates[3:]))

    assert check_of(judged(tmp_path / "below", low)).ok
    assert not check_of(over).ok
    assert not check_of(over).invalidates
    assert (
        "120 requests/s to a worker; the calibration of this machine trusts up to 100" in check_of(over).text
    )
    assert "trusts up to 0 requests/s" in check_of(never).text
    assert over.exit_code == judged(tmp_path / "without").exit_code == ExitCode.PASS


def test_a_run_without_a_calibration_says_why(tmp_path: Path) -> None:
    reason = "this machine has no calibration (8dba8288); `plimsoll calibrate` makes one"
    told = judged(tmp_path / "told", run={"uncalibrated": reason}).instrument

    assert told is not None
    assert (told.rows, told.reason) == ((), reason)
    assert judged(tmp_path / "before").instrument is None


def test_a_calibration_damaged_in_the_run_directory_is_a_reason_and_no_fault(tmp_path: Path) -> None:
    path = build_run(tmp_path)
    RunDirectory(path).calibration_json.write_text("{")
    result = judge([path], baseline="none", baselines_root=tmp_path)

    assert result.instrument is not None
    assert str(result.instrument.reason).startswith("calibration.json: found broken JSON")
    assert result.exit_code == ExitCode.PASS


def test_judging_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """What a run carries is what it is judged by, whatever the machine's calibration is by then."""
    judged(tmp_path, built_calibration())
    [path] = tmp_path.iterdir()
    first = RunDirectory(path).result_json.read_bytes()
    judge([path], baseline="none", baselines_root=tmp_path)

    assert RunDirectory(path).result_json.read_bytes() == first
