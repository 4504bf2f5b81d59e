"""`plimsoll calibrate`: its arithmetic, and a whole one of a few seconds."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from analysis.calibration import Limits, calibration_path, read_calibration
from analysis.environment import read_environment
from analysis.errors import UsageError
from scripts.calibration import command
from scripts.calibration.apart import apart, warn_if_busy
from scripts.calibration.ladder import Ladder, Step
from scripts.calibration.plan import FULL, QUICK, Plan
from scripts.calibration.rate_curve import RateReading, rate_ladder, rate_steps
from scripts.calibration.stream_curve import StreamReading, stream_ladder, stream_steps
from scripts.calibration.text import calibration_text
from scripts.checkout import ROOT
from tests.calibration_builder import built_calibration

TINY = Plan(rates=(50, 100), streams=(4,), rounds=1, window_s=1, warm_up_s=1)
ERRORS = {"p50": 10.0, "p95": 20.0, "p99": 30.0}
RATE = RateReading(100, 1.0, ERRORS, ERRORS, 30.0, 5.0)
STREAMS = StreamReading(50, 2350.0, 1.0, ERRORS, ERRORS, ERRORS, 0.0, None)


def test_steps_are_measured_once_the_load_is_there() -> None:
    ladder = Ladder((10, 20), warm_up_s=5, window_s=3, settle_s=1)

    assert ladder.steps() == [Step(10, 6, 9), Step(20, 10, 13)]
    assert ladder.stages().count("duration = 5") == 1
    assert ladder.stages().count("duration = 4") == 2


@pytest.mark.parametrize(("plan", "limit_s"), [(QUICK, 60), (FULL, 300)], ids=["quick", "full"])
def test_a_calibration_takes_no_longer_than_it_says(plan: Plan, limit_s: int) -> None:
    """Each run takes some eight seconds for its start and its end."""
    ladders = (
        rate_ladder(plan.rates, plan.warm_up_s, plan.window_s),
        stream_ladder(plan.streams, plan.warm_up_s, plan.window_s),
    )
    load_s = sum(ladder.steps()[-1].end_s + 8 for ladder in ladders)

    assert plan.rounds * load_s <= limit_s


def test_a_step_has_the_medians_of_its_rounds() -> None:
    rounds = [[replace(RATE, response_error_us={**ERRORS, "p99": error})] for error in (40.0, 9000.0, 60.0)]
    [step] = rate_steps(rounds, Limits())

    assert step.response_error_us == {**ERRORS, "p99": 60.0}
    assert step.trusted


@pytest.mark.parametrize(
    "reading",
    [
        replace(RATE, achieved=0.98),
        replace(RATE, response_error_us={**ERRORS, "p50": 1001.0}),
        replace(RATE, response_error_us={**ERRORS, "p99": -1001.0}),
    ],
)
def test_a_rate_beyond_a_limit_is_not_trusted(reading: RateReading) -> None:
    [step] = rate_steps([[reading]], Limits())

    assert not step.trusted


@pytest.mark.parametrize(
    "reading",
    [replace(STREAMS, achieved=0.9), replace(STREAMS, stamp_error_us={**ERRORS, "p99": 251.0})],
)
def test_streams_beyond_a_limit_are_not_trusted(reading: StreamReading) -> None:
    [step] = stream_steps([[reading]], Limits())

    assert not step.trusted


def test_a_step_that_not_every_round_came_to_is_not_trusted() -> None:
    higher = replace(RATE, rate_per_s=200)
    steps = rate_steps([[RATE, higher], [RATE]], Limits())
    side_by_side = stream_steps([[STREAMS, replace(STREAMS, streams=100)], [STREAMS]], Limits())

    assert [(step.rate_per_s, step.trusted) for step in steps] == [(100.0, True), (200.0, False)]
    assert [(step.streams, step.trusted) for step in side_by_side] == [(50, True), (100, False)]


def test_the_server_has_a_core_of_its_own_meanwhile() -> None:
    before = os.sched_getaffinity(0)
    with apart() as cores:
        inside = os.sched_getaffinity(0)

    assert os.sched_getaffinity(0) == before
    assert cores.server in before
    assert inside == (before - {cores.server} or before)


def test_a_busy_machine_is_told_before_it_is_measured(caplog: pytest.LogCaptureFixture) -> None:
    """Every core is kept busy, so that there is no doubt."""
    spin = [sys.executable, "-c", "import time\nwhile time.process_time() < 20: pass"]
    busy = [subprocess.Popen(spin) for _ in range(os.cpu_count() or 1)]
    try:
        warn_if_busy()
    finally:
        for process in busy:
            process.kill()
            process.wait()

    assert "of this machine's cores" in caplog.text


def test_the_text_says_up_to_where_a_run_can_be_trusted() -> None:
    text = calibration_text(built_calibration()).replace("\u202f", " ")
    nothing = calibration_text(built_calibration(rates=(), streams=()))

    assert "Trusted up to 4000 requests/s a worker: p50, p95 and p99 of response within 1.00 ms" in text
    assert "Trusted up to 250 streams a worker, 11 800 text events/s together" in text
    assert "No rate can be trusted" in nothing
    assert "No number of streams can be trusted" in nothing


def test_a_calibration_is_measured_written_and_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The curves are there for every step; how large the errors are is not asserted."""
    monkeypatch.setattr(command, "QUICK", TINY)

    assert command.calibrate_command(quick=True, as_json=True, folder=tmp_path / "calibration") == 0
    path = calibration_path(tmp_path / "calibration", read_environment().env8)
    calibration = read_calibration(path)

    assert capsys.readouterr().out == path.read_text()
    assert path.with_suffix(".svg").read_text().startswith("<svg")
    assert [step.rate_per_s for step in calibration.rates] == list(TINY.rates)
    assert [step.streams for step in calibration.streams] == list(TINY.streams)
    for rate in calibration.rates:
        assert 0 < rate.achieved <= 1
        assert set(rate.response_error_us) == set(rate.service_error_us) == {"p50", "p95", "p99"}
        assert rate.send_lag_p99_us > 0
    for streams in calibration.streams:
        assert 0 < streams.achieved <= 1
        assert streams.events_per_s > 0
        assert streams.gap_error_us["p50"] <= streams.gap_error_us["p99"]
    assert (
        calibration.misfit(read_environment().hard, read_environment().soft, calibration.created_utc) is None
    )


def test_an_interrupted_calibration_leaves_nothing_behind(tmp_path: Path) -> None:
    """As Ctrl-C in a terminal does it: everybody in the foreground gets the signal."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "calibrate", "--quick", "--output", str(tmp_path / "made")],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        assert process.stderr is not None
        while "warm-up" not in (line := process.stderr.readline()):
            assert line, "the calibration did not begin"
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    assert len(children) >= 2
    assert process.returncode == 3
    assert "stopped by SIGINT: no calibration was written" in errors
    assert "Traceback" not in errors
    assert output == ""
    assert [*(tmp_path / "made").iterdir()] == []
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    deadline = time.monotonic() + 10
    while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
        assert time.monotonic() < deadline, "a process is still there"
        time.sleep(0.05)


def test_a_folder_that_cannot_be_written_is_told_before_the_load(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="--output"):
        command.calibrate_command(quick=True, as_json=False, folder=tmp_path / "file" / "calibration")


def test_the_file_is_plain_json_for_others_to_read() -> None:
    content = json.loads(built_calibration().to_json())

    assert content["schema"] == "plimsoll.calibration/1"
    assert content["rates"][0]["response_error_us"]["p99"] == pytest.approx(300)
