"""run.json is checked where it is read, and a dead writer is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RunLogError
from analysis.exit_code import ExitCode
from analysis.run_record import (
    ClockKind,
    RunStatus,
    RunWorker,
    Stop,
    StopKind,
    WorkerState,
    Writer,
    parse_run,
    start_ticks,
)
from tests.analysis.run_content import run_content

RUNNING = {"status": "running", "end_utc": None, "end_ns": None}


def parsed(**changed: Any) -> Any:
    return parse_run(json.dumps(run_content(**changed)), "run.json")


def test_a_run_is_read_into_types() -> None:
    run = parsed(status="aborted", stop={"kind": "abort_rule", "detail": "errors above 5 %"})

    assert run.status is RunStatus.ABORTED
    assert run.stop == Stop(StopKind.ABORT_RULE, "errors above 5 %")
    assert run.clock is ClockKind.KERNEL
    assert run.workers == (RunWorker(0, "local", WorkerState.READY),)
    assert run.environment.hard == {"cores": 2}
    assert run.not_watched == ("Redis: no URL",)
    assert run.duration_s == 6.0


def test_a_run_without_end_has_no_duration() -> None:
    assert parsed(**RUNNING).duration_s is None


def test_fields_of_a_later_version_are_left_aside() -> None:
    assert parsed(added_later=1).target == "shop"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schema": "plimsoll.run/2"}, "here/run.json: schema: .*plimsoll.run/1"),
        ({"status": "done"}, "here/run.json: status: .*'running', 'complete'"),
        ({"seed": "7"}, "here/run.json: seed: .*integer"),
        ({"writer": {"start_ticks": 5}}, r"here/run.json: writer\.pid: "),
        ({"workers": [{"index": 0, "id": "a", "state": "gone"}]}, r"here/run.json: workers\.0\.state: "),
    ],
)
def test_a_wrong_value_is_named_with_file_and_key(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(RunLogError, match=message):
        parse_run(json.dumps(run_content(**changed)), "here/run.json")


@pytest.mark.parametrize("key", run_content())
def test_every_key_is_needed(key: str) -> None:
    content = run_content()
    del content[key]

    with pytest.raises(RunLogError, match=f"{key}: .*Field required"):
        parse_run(json.dumps(content), "run.json")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_what_is_no_record_ends_with_exit_code_three(text: bytes) -> None:
    with pytest.raises(RunLogError) as caught:
        parse_run(text, "run.json")

    assert caught.value.exit_code is ExitCode.INVALID
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "table", "crashed"),
    [
        ("running", {}, True),
        ("running", {40: 1234}, False),
        ("running", {40: 9999}, True),
        ("running", {41: 1234}, True),
        ("complete", {}, False),
        ("stopped", {}, False),
    ],
    ids=["no such process", "writer", "pid used again", "another pid", "complete", "stopped"],
)
def test_a_run_has_crashed_when_it_is_running_and_its_writer_is_gone(
    status: str, table: dict[int, int], *, crashed: bool
) -> None:
    run = parsed(status=status, writer={"pid": 40, "start_ticks": 1234})

    assert run.crashed(table.get) is crashed


def test_a_writer_of_unknown_start_is_told_by_its_pid() -> None:
    started: dict[int, int] = {40: 5}

    assert Writer(40, None).alive(started.get)
    assert not Writer(41, None).alive(started.get)


def test_a_run_of_this_very_process_has_not_crashed_and_one_of_an_ended_process_has() -> None:
    script = (
        "import os; from analysis.run_record import start_ticks; print(os.getpid(), start_ticks(os.getpid()))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    pid, ticks = (int(word) for word in ended.stdout.split())

    assert not parsed(**RUNNING).crashed()
    assert parsed(**RUNNING, writer={"pid": pid, "start_ticks": ticks}).crashed()


@pytest.mark.parametrize(
    ("stat", "ticks"),
    [
        ("77 (python) S 1 77 77 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 187962 10 20", 187962),
        ("77 (a) b) c) R 1 77 77 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 42 10 20", 42),
        ("77 (python) Z 1 77 77 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 187962 0 0", None),
    ],
    ids=["plain", "parentheses in the name", "a zombie is no process any more"],
)
def test_start_ticks_are_field_22_of_stat(tmp_path: Path, stat: str, ticks: int | None) -> None:
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "stat").write_text(stat, encoding="utf-8")

    assert start_ticks(77, tmp_path) == ticks
    assert start_ticks(78, tmp_path) is None


def test_without_proc_the_start_comes_from_the_system_library(tmp_path: Path) -> None:
    found = start_ticks(os.getpid(), tmp_path / "no proc")

    assert found is not None
    assert found > 0
