"""What a calibration says, which runs may carry it, and how a file that is none is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.calibration import OLD_DAYS, calibration_path, read_calibration, write_calibration
from analysis.errors import CalibrationError, UsageError
from tests.calibration_builder import built_calibration, rate_step
from tests.run_builder import HARD, START_UTC

SOFT = {"host_id": "a1"}


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    built = built_calibration()
    path = calibration_path(tmp_path / "new", built.env8)
    write_calibration(built, path)

    assert path.name == f"{built.env8}.json"
    assert read_calibration(path) == built
    assert read_calibration(path).to_json() == path.read_text()


def test_trust_ends_below_the_first_step_that_was_not_trusted() -> None:
    """A later step that went well by luck says nothing of the loads below it."""
    rates = (rate_step(100, 0.1), rate_step(200, 0.1), rate_step(300, 5.0), rate_step(400, 0.1))

    trusted = built_calibration(rates=rates).trusted_rate
    assert trusted is not None
    assert trusted.rate_per_s == 200
    assert built_calibration(rates=rates[2:]).trusted_rate is None
    assert built_calibration(streams=()).trusted_streams is None


@pytest.mark.parametrize(("rate", "near"), [(1, 100), (300, 100), (330, 1000), (1900, 1000), (90_000, 8000)])
def test_the_nearest_step_is_that_of_the_least_ratio(rate: float, near: float) -> None:
    step = built_calibration().rate_near(rate)

    assert step is not None
    assert step.rate_per_s == near
    assert built_calibration(rates=()).rate_near(rate) is None


@pytest.mark.parametrize(
    ("hard", "soft", "start_utc", "reason"),
    [
        (HARD, SOFT, START_UTC, None),
        (HARD, {"host_id": None}, START_UTC, None),
        (HARD, {}, START_UTC, None),
        ({**HARD, "python": "3.13"}, SOFT, START_UTC, "these keys differ: python"),
        (HARD, {"host_id": "b2"}, START_UTC, "another machine"),
        (HARD, SOFT, "2026-01-20T10:00:00Z", f"61 days old when the run started, and {OLD_DAYS:g} are"),
    ],
)
def test_a_run_carries_the_calibration_of_its_own_machine_alone(
    hard: dict[str, Any], soft: dict[str, Any], start_utc: str, reason: str | None
) -> None:
    misfit = built_calibration().misfit(hard, soft, start_utc)

    assert (misfit is None) if reason is None else (misfit is not None and reason in misfit)


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "broken JSON"),
    "cut": (b'{"schema": "plimsoll.calibration/1"', "broken JSON"),
    "bytes": (b"\xff\xfe\x00", "broken JSON"),
    "list": (b"[1]", "schema: found a list"),
    "null": (b"null", "schema: found nothing"),
    "other schema": (b'{"schema": "plimsoll.calibration/2"}', 'found "plimsoll.calibration/2"'),
    "keys missing": (b'{"schema": "plimsoll.calibration/1"}', "created_utc"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_none_is_told_by_its_name_and_what_is_wrong(name: str, tmp_path: Path) -> None:
    content, found = BAD[name]
    path = tmp_path / "1a2b3c4d.json"
    path.write_bytes(content)

    with pytest.raises(CalibrationError, match=r"1a2b3c4d\.json") as error:
        read_calibration(path)
    assert found in str(error.value)
    assert "plimsoll calibrate" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("created_utc", "yesterday", "Invalid isoformat"),
        ("rates", "many", 'rates: found "many"'),
        ("rates", [{"rate_per_s": 1}], "rates.0"),
        ("surplus", 1, "surplus"),
        ("env8", "00000000", "changed after it was made"),
    ],
)
def test_a_value_that_cannot_be_is_told_by_its_key(
    key: str, value: object, found: str, tmp_path: Path
) -> None:
    path = tmp_path / "1a2b3c4d.json"
    path.write_text(json.dumps({**json.loads(built_calibration().to_json()), key: value}))

    with pytest.raises(CalibrationError) as error:
        read_calibration(path)
    assert found in str(error.value)


def test_a_place_that_cannot_be_read_or_written_is_an_error_of_usage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CalibrationError, match="cannot be read"):
        read_calibration(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        write_calibration(built_calibration(), tmp_path / "file" / "1a2b3c4d.json")
