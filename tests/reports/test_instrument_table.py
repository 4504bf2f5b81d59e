"""Both reports show the generator's own error, or why it is not known."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.result import Instrument, InstrumentRow
from reports.html_report import render_html
from reports.markdown_report import render_markdown
from reports.quantity import MINUS, NARROW_SPACE
from reports.report_data import ReportData
from tests.reports import sample_report

ROW = InstrumentRow("response", "requests/s", 480.0, 500.0, 8000.0, 112.0, 250.0, -31.0)
RENDER = {"html": render_html, "markdown": render_markdown}


def data(instrument: Instrument | None) -> ReportData:
    regression = sample_report.regression()
    return replace(regression, result=replace(regression.result, instrument=instrument))


@pytest.mark.parametrize("render", RENDER.values(), ids=RENDER)
def test_errors_stand_beside_the_loads_that_they_are_of(render: Callable[[ReportData], str]) -> None:
    text = render(data(Instrument("2025-11-20T10:00:00Z", (ROW,), None))).replace(NARROW_SPACE, " ")
    row = next(line for line in text.splitlines() if "112 µs" in line)

    assert "Instrument error" in text
    assert "2025-11-20T10:00:00Z" in text
    for error in ("250", f"{MINUS}31.0"):
        assert f"{error} µs" in row
    for load in ("480", "500", "8000"):
        assert load in row


@pytest.mark.parametrize("render", RENDER.values(), ids=RENDER)
def test_a_rate_that_was_never_trusted_is_a_dash(render: Callable[[ReportData], str]) -> None:
    never = replace(ROW, trusted_load=None)

    assert "8000" not in render(data(Instrument("2025-11-20T10:00:00Z", (never,), None)))


@pytest.mark.parametrize("render", RENDER.values(), ids=RENDER)
def test_without_a_calibration_the_reason_is_said(render: Callable[[ReportData], str]) -> None:
    reason = "this machine has no calibration (8dba8288); plimsoll calibrate makes one"

    assert f"own error is not known: {reason}." in render(data(Instrument(None, (), reason))).replace(
        "\\", ""
    )


@pytest.mark.parametrize("render", RENDER.values(), ids=RENDER)
def test_a_run_that_knows_nothing_of_calibrations_says_nothing_of_them(
    render: Callable[[ReportData], str],
) -> None:
    assert "nstrument" not in render(data(None))
