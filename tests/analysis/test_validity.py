import errno
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.judged_run import JudgedRun, read_judged_run
from analysis.profile import Arrivals, LoadProfile, Model, Stage
from analysis.result import Check
from tests.run_builder import PROFILE, START_NS, build_run

OPEN = LoadProfile(
    "open",
    Model.OPEN,
    PROFILE.mix,
    (Stage("warm-up", 5, 120.0, measure=False), Stage("steady", 25, 120.0)),
    arrivals=Arrivals.CONSTANT,
)
MANUAL = LoadProfile("manual", Model.CLOSED, PROFILE.mix, compare=False)
BREAKPOINT = LoadProfile("breakpoint", Model.OPEN, PROFILE.mix, OPEN.stages, finds_limit=True, compare=False)


def check_of(run: JudgedRun, name: str) -> Check:
    return next(check for check in run.checks if check.name == name)


def broken(run: JudgedRun) -> list[str]:
    return [check.name for check in run.checks if not check.ok and check.invalidates]


@pytest.mark.parametrize("profile", [PROFILE, OPEN])
def test_a_healthy_run_is_valid(tmp_path: Path, profile: LoadProfile) -> None:
    run = read_judged_run(build_run(tmp_path, profile=profile))

    assert broken(run) == []
    assert run.unfit is None


SICK: list[tuple[str, dict[str, Any]]] = [
    ("status", {"run": {"status": "running", "end_ns": None, "end_utc": None}}),
    ("status", {"run": {"status": "stopped", "stop": {"kind": "signal", "detail": "SIGINT"}}}),
    ("status", {"run": {"status": "aborted", "stop": {"kind": "memory_guard", "detail": "98.2 %"}}}),
    ("status", {"run": {"status": "aborted", "stop": {"kind": "abort_rule", "detail": "errors 40 %"}}}),
    ("status", {"run": {"status": "stopped", "stop": {"kind": "hand", "detail": "web UI"}}}),
    ("status", {"run": {"status": "complete", "stop": {"kind": "fault", "detail": "disk"}}}),
    ("workers", {"run": {"workers": [{"index": 0, "id": "a", "state": "lost"}]}}),
    ("workers", {"events": [{"kind": "worker_lost", "worker": 1}]}),
    (
        "workers",
        {
            "run": {
                "workers": [
                    {"index": 0, "id": "a", "state": "ready"},
                    {"index": 1, "id": "b", "state": "ready"},
                ]
            }
        },
    ),
    ("measured", {"slices": 5}),
    ("measured", {"per_slice": {"query": 0, "stream": 0, "health": 0}}),
    ("target", {"per_slice": {"query": 0}, "failed": {"query": {"connect": 5}}}),
    ("clock", {"events": [{"kind": "clock_step", "step_us": -2500}]}),
    ("listeners", {"events": [{"kind": "listener_error", "detail": "ValueError: no"}]}),
    ("disk", {"events": [{"kind": "disk_full", "file": "latency.hlog"}]}),
    ("send_lag", {"send_lag_us": 6000}),
    ("wake_lag", {"wake_lag_us": 50_000}),
    ("loop_lag", {"loop_lag_us": 50_000}),
    ("loop_lag", {"loop_lag_us": 6000, "run": {"clock": "user"}}),
    ("generator_cpu", {"cpu_percent": 95.0}),
    ("cpu_wait", {"cpu_wait_percent": 11.0}),
    ("throttling", {"throttled_percent": 1.5}),
    ("steal", {"steal_percent": 6.0}),
    ("file_descriptors", {"fds": 9_100}),
    ("local_ports", {"ports": 27_000}),
    (
        "own_failures",
        {"events": [{"kind": "exemplar", "failure": "connect", "detail": os.strerror(errno.EMFILE)}]},
    ),
    ("arrivals", {"profile": OPEN, "dropped": 2}),
    ("schedule", {"profile": OPEN, "per_slice": {"query": 50, "stream": 30, "health": 30}}),
    ("schedule", {"profile": OPEN, "reconnects": 5}),
]


@pytest.mark.parametrize(("name", "plan"), SICK)
def test_a_sick_run_is_invalid_and_the_check_says_why(
    tmp_path: Path, name: str, plan: dict[str, Any]
) -> None:
    run = read_judged_run(build_run(tmp_path, **plan))
    check = check_of(run, name)

    assert name in broken(run)
    assert run.unfit is not None
    assert check.value != check.limit
    assert len(check.text) > 20


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"ok": 59}, "60 started, but 59 ok"),
        ({"due": 61}, "61 due, but 60 started"),
        ({"ok": 59, "aborted": 1}, "59 ok, but 60 response times"),
    ],
)
def test_a_request_that_is_unaccounted_for_makes_the_run_invalid(
    tmp_path: Path, change: dict[str, int], lost: str
) -> None:
    path = build_run(tmp_path, slices=1, profile=MANUAL, per_slice={"query": 60})
    row = {"slice": 0, "worker": 0, "endpoint": "query", "due": 60, "started": 60, "ok": 60, **change}
    (path / "counts.jsonl").write_text(f"{row}\n".replace("'", '"'))

    check = check_of(read_judged_run(path), "conservation")

    assert not check.ok
    assert lost in check.text


def test_times_out_of_range_make_the_run_invalid(tmp_path: Path) -> None:
    path = build_run(tmp_path)
    with (path / "counts.jsonl").open("a") as file:
        file.write('{"slice":3,"worker":0,"endpoint":"query","clipped":1}\n')

    assert "range" in broken(read_judged_run(path))


def test_a_cut_file_makes_the_run_invalid(tmp_path: Path) -> None:
    path = build_run(tmp_path)
    log = path / "latency.hlog"
    log.write_bytes(log.read_bytes()[:-20])

    assert "damage" in broken(read_judged_run(path))


@pytest.mark.parametrize("name", ["latency.hlog", "counts.jsonl", "samples.jsonl"])
def test_a_missing_file_makes_the_run_invalid(tmp_path: Path, name: str) -> None:
    path = build_run(tmp_path)
    (path / name).unlink()

    assert read_judged_run(path).unfit is not None


def test_a_generator_that_says_nothing_of_itself_is_not_trusted(tmp_path: Path) -> None:
    """Fail closed: no reading is no proof of health."""
    path = build_run(tmp_path)
    samples = path / "samples.jsonl"
    kept = [line for line in samples.read_text().splitlines(keepends=True) if '"generator"' not in line]
    samples.write_text("".join(kept))

    assert "generator_cpu" in broken(read_judged_run(path))


def test_the_generator_is_looked_at_in_the_measured_part(tmp_path: Path) -> None:
    """A reading belongs to the time before it: the one at the end of the warm-up is not measured."""
    path = build_run(tmp_path)
    samples = path / "samples.jsonl"
    lines = samples.read_text().splitlines(keepends=True)
    generator = [at for at, line in enumerate(lines) if '"generator"' in line]
    for at in generator[:10]:
        lines[at] = lines[at].replace('"cpu_wait_percent":0.5', '"cpu_wait_percent":99.0')
    samples.write_text("".join(lines))

    assert check_of(read_judged_run(path), "cpu_wait").value == "0.5 %"


def test_descriptors_are_those_at_the_moment_of_a_reading(tmp_path: Path) -> None:
    """A late reading tells of the time before the measured part, but what it counted is there in it."""
    path = build_run(tmp_path)
    samples = path / "samples.jsonl"
    lines = samples.read_text().splitlines(keepends=True)
    late = [at for at, line in enumerate(lines) if '"generator"' in line][9]
    early_ns, late_ns = START_NS + 10_000_000_000, START_NS + 10_100_000_000
    assert f'"t_utc_ns":{early_ns}' in lines[late]
    lines[late] = lines[late].replace(f'"t_utc_ns":{early_ns}', f'"t_utc_ns":{late_ns}')
    lines[late] = (
        lines[late].replace('"fds":60', '"fds":9999').replace('"cpu_percent":35.0', '"cpu_percent":99.0')
    )
    samples.write_text("".join(lines))

    assert broken(read_judged_run(path)) == ["file_descriptors"]


def test_a_manual_run_ends_by_hand(tmp_path: Path) -> None:
    stop = {"status": "stopped", "stop": {"kind": "hand", "detail": "stopped in the web UI"}}

    assert read_judged_run(build_run(tmp_path, profile=MANUAL, slices=10, run=stop)).unfit is None


def test_a_search_for_the_limit_ends_when_it_is_found(tmp_path: Path) -> None:
    """It drops arrivals where the service cannot follow, and stops before its last stage."""
    stop = {"status": "stopped", "stop": {"kind": "limit_found", "detail": "errors 12 % above 5 %"}}

    run = read_judged_run(build_run(tmp_path, profile=BREAKPOINT, slices=20, dropped=2, run=stop))

    assert broken(run) == []
    assert not check_of(run, "arrivals").ok
    assert "errors 12 % above 5 %" in check_of(run, "status").text


def test_arrivals_are_asked_for_until_the_drain_begins(tmp_path: Path) -> None:
    """120 a second for 10.5 of 25 seconds; the last requests took until the twentieth second."""
    stop = {"status": "stopped", "stop": {"kind": "limit_found", "detail": "errors 12 % above 5 %"}}
    drain = {"kind": "drain", "t_utc_ns": START_NS + 15_500_000_000}
    path = build_run(tmp_path, profile=BREAKPOINT, slices=20, run=stop, events=[drain])

    check = check_of(read_judged_run(path), "schedule")

    assert check.ok
    assert check.text.endswith("of 1260 asked for")


@pytest.mark.parametrize(
    ("pid", "said"), [(os.getpid(), "still running"), (999_999_999, "crashed")], ids=["running", "crashed"]
)
def test_a_run_without_an_end_is_running_or_crashed(tmp_path: Path, pid: int, said: str) -> None:
    unended = {"status": "running", "end_ns": None, "end_utc": None}
    path = build_run(tmp_path, run={**unended, "writer": {"pid": pid, "start_ticks": None}})

    check = check_of(read_judged_run(path), "status")

    assert not check.ok
    assert said in check.text


def test_a_lag_that_is_small_beside_slow_answers_does_no_harm(tmp_path: Path) -> None:
    """Send lag 8 ms where the fastest endpoint takes a second."""
    slow = {"query": 1_000_000.0, "stream": 4_000_000.0}

    run = read_judged_run(
        build_run(tmp_path, send_lag_us=8000, medians_us=slow, per_slice={"query": 60, "stream": 30})
    )

    assert broken(run) == []
    assert check_of(run, "send_lag").limit == "<= 9.87 ms"


def test_a_lost_sidecar_is_a_warning_unless_an_objective_needs_it(tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.run_builder import TARGET

    lost = [{"kind": "sidecar_lost", "reason": "it ended with code -9"}]
    bare = replace(TARGET, objectives=TARGET.objectives[:2])

    needing = read_judged_run(build_run(tmp_path / "a", events=lost))
    other = read_judged_run(build_run(tmp_path / "b", events=lost, target=bare))

    assert broken(needing) == ["sidecar"]
    assert "host_memory" in check_of(needing, "sidecar").text
    assert broken(other) == []
    assert not check_of(other, "sidecar").ok


def test_requests_that_the_drain_limit_ended_are_a_warning(tmp_path: Path) -> None:
    path = build_run(tmp_path, slices=1, profile=MANUAL, per_slice={"query": 60})
    row = {"slice": 0, "worker": 0, "endpoint": "query", "due": 61, "started": 61, "ok": 60, "aborted": 1}
    (path / "counts.jsonl").write_text(f"{row}\n".replace("'", '"'))

    check = check_of(read_judged_run(path), "aborted")

    assert not check.ok
    assert not check.invalidates
    assert "1 request had no outcome" in check.text
