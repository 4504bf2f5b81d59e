import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.baseline import BaselineKind, baseline_path, promote, write_baseline
from analysis.baseline_builder import build_baseline
from analysis.errors import BaselineError, RunLogError, UsageError
from analysis.judge import judge
from analysis.profile import Stage
from analysis.result import Result, Verdict, read_result
from tests.run_builder import HARD, PROFILE, TARGET, RunPlan, build_run, build_runs, edit_run


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of baselines with one in it."""
    root = tmp_path_factory.mktemp("baselines")
    baseline = build_baseline(build_runs(tmp_path_factory.mktemp("runs"), 5))
    path = baseline_path(root, baseline.target, baseline.profile, baseline.env8, BaselineKind.CANDIDATE)
    write_baseline(baseline, path)
    promote(path, root)
    return root


def test_an_unchanged_service_passes(tmp_path: Path, root: Path) -> None:
    result = judge([build_run(tmp_path, number=9)], baseline="auto", baselines_root=root)

    assert (result.verdict, result.exit_code) == (Verdict.PASS, 0)
    assert result.comparison is not None
    assert {(row.endpoint, row.metric) for row in result.comparison.rows if row.gated} == {
        ("*", "throughput"),
        ("*", "errors"),
        *((endpoint, "response") for endpoint in ("query", "stream", "health")),
        *((endpoint, "errors") for endpoint in ("query", "stream")),
    }


def test_a_slower_service_is_a_regression(tmp_path: Path, root: Path) -> None:
    result = judge(build_runs(tmp_path, 3, first=9, scale=1.3), baseline="auto", baselines_root=root)

    assert (result.verdict, result.exit_code) == (Verdict.REGRESSION, 1)
    assert result.comparison is not None
    assert result.comparison.candidate_runs == 3
    assert any(
        row.metric == "response" and row.statistic == "p95" and row.gated for row in result.comparison.rows
    )


def test_a_faster_service_is_an_improvement(tmp_path: Path, root: Path) -> None:
    result = judge(build_runs(tmp_path, 3, first=9, scale=0.6), baseline="auto", baselines_root=root)

    assert (result.verdict, result.exit_code) == (Verdict.IMPROVEMENT, 0)


def test_failing_answers_are_a_regression_and_a_missed_objective(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9, failed={"query": {"http_5xx": 6}})

    result = judge([run], baseline="auto", baselines_root=root)

    assert result.verdict is Verdict.REGRESSION
    assert any("objective query.errors.ratio is missed" in reason for reason in result.reasons)


def test_an_invalid_run_decides_nothing(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9, scale=3.0, cpu_percent=99.0)

    result = judge([run], baseline="auto", baselines_root=root, allow_inconclusive=True)

    assert (result.verdict, result.exit_code) == (Verdict.INVALID, 3)


def test_judging_again_gives_the_same_bytes_even_without_the_baselines(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path / "runs", number=9)
    folder = shutil.copytree(root, tmp_path / "baselines")
    judge([run], baseline="auto", baselines_root=folder)
    result, copy = (run / "result.json").read_bytes(), (run / "baseline.json").read_bytes()
    shutil.rmtree(folder)

    judge([run], baseline="auto", baselines_root=folder)

    assert (run / "result.json").read_bytes() == result
    assert (run / "baseline.json").read_bytes() == copy


def test_a_moved_run_is_judged_the_same(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9)
    before = judge([run], baseline="auto", baselines_root=root).to_json()

    moved = shutil.move(run, tmp_path / "elsewhere")

    assert judge([Path(moved)], baseline="auto", baselines_root=root).to_json() == before
    assert str(tmp_path) not in before


def test_a_result_is_read_as_it_was_written(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9)
    result = judge([run], baseline="auto", baselines_root=root)

    read = read_result(run / "result.json")

    assert read.to_json() == result.to_json() == (run / "result.json").read_text()
    assert read.schema == "plimsoll.result/1"
    assert read.verdict is result.verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "plimsoll.result/9"}, "found plimsoll.result/9"),
        ({"verdict": "good"}, "verdict"),
        ({"more": 1}, "more"),
    ],
)
def test_a_result_of_another_kind_is_refused(
    tmp_path: Path, root: Path, change: dict[str, object], message: str
) -> None:
    run = build_run(tmp_path, number=9)
    judge([run], baseline="none", baselines_root=root)
    path = run / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(RunLogError, match=message):
        read_result(path)


def test_without_a_baseline_the_verdict_says_how_to_make_one(tmp_path: Path) -> None:
    result = judge([build_run(tmp_path)], baseline="auto", baselines_root=tmp_path / "none")

    assert (result.verdict, result.exit_code) == (Verdict.NO_BASELINE, 4)
    assert "plimsoll baseline record" in result.reasons[0]


def test_objectives_alone_decide_when_no_baseline_is_wanted(tmp_path: Path, root: Path) -> None:
    result = judge([build_run(tmp_path)], baseline="none", baselines_root=root)

    assert (result.verdict, result.exit_code, result.comparison) == (Verdict.PASS, 0, None)


def test_objectives_of_endpoints_that_the_profile_leaves_out_do_not_concern_the_run(
    tmp_path: Path, root: Path
) -> None:
    other = replace(TARGET.endpoints["stream"], name="chat")
    objective = replace(TARGET.objectives[0], name="chat.response.p95_ms", endpoint="chat")
    target = replace(
        TARGET,
        endpoints={**TARGET.endpoints, "chat": other},
        objectives=(*TARGET.objectives, objective, replace(objective, name="*", endpoint="*")),
    )

    result = judge([build_run(tmp_path, target=target)], baseline="none", baselines_root=root)

    assert {row.endpoint for row in result.objectives} == {"query", "*", None}


def test_a_profile_that_is_never_compared_passes_on_its_objectives(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, profile=replace(PROFILE, compare=False))

    result = judge([run], baseline="auto", baselines_root=root)

    assert (result.verdict, result.comparison) == (Verdict.PASS, None)


@pytest.mark.parametrize("kind", ["limit_found", None])
def test_a_search_for_the_limit_is_asked_about_memory_alone(
    tmp_path: Path, root: Path, kind: str | None
) -> None:
    """It misses the limits of time and errors on purpose, whether it found the service's limit or not."""
    found = {"status": "stopped", "stop": {"kind": kind, "detail": "query errors 12 % above 5 %"}}
    search = replace(PROFILE, finds_limit=True, compare=False)
    plan = RunPlan(profile=search, scale=10.0, failed={"query": {"http_5xx": 9}}, run=found if kind else {})
    run = build_run(tmp_path, plan, slices=40 if kind else 60)

    result = judge([run], baseline="auto", baselines_root=root)
    met = {row.metric: (row.met, row.reason) for row in result.objectives}

    assert (result.verdict, result.exit_code) == (Verdict.PASS, 0)
    assert met["response"] == met["errors"] == (None, "this profile goes beyond the limit on purpose")
    assert met["host_memory"] == (True, None)
    assert (kind is not None) == ("query errors 12 % above 5 %" in result.reasons[0])


def test_a_search_for_the_limit_still_minds_the_hosts_memory(tmp_path: Path, root: Path) -> None:
    search = replace(PROFILE, finds_limit=True, compare=False)
    run = build_run(tmp_path, profile=search, host_memory_percent=99.0)

    result = judge([run], baseline="auto", baselines_root=root)

    assert (result.verdict, result.exit_code) == (Verdict.OBJECTIVE_MISSED, 1)


def test_the_run_remembers_how_it_asked_to_be_judged(tmp_path: Path, root: Path) -> None:
    """`plimsoll judge RUN` without options repeats what the run did at its end."""
    alone = build_run(tmp_path, number=8, run={"judge": {"baseline": "none", "allow_inconclusive": False}})
    lenient = build_run(tmp_path, number=9, run={"judge": {"baseline": "auto", "allow_inconclusive": True}})

    assert judge([alone], baseline="auto", baselines_root=root).comparison is None
    assert judge([lenient], baseline="auto", baselines_root=tmp_path / "none").exit_code == 0


def test_a_baseline_of_another_environment_is_named_key_by_key(tmp_path: Path, root: Path) -> None:
    run = build_run(tmp_path, number=9, scale=3.0, hard={**HARD, "cpu_model": "Other 1", "cpu_cores": 2})

    result = judge([run], baseline="auto", baselines_root=root)

    assert (result.verdict, result.exit_code) == (Verdict.NO_BASELINE, 4)
    assert result.comparison is not None
    assert result.comparison.differing == ("environment.hard.cpu_cores", "environment.hard.cpu_model")
    assert result.comparison.rows == ()
    assert (run / "baseline.json").exists()


@pytest.mark.parametrize("readable", [True, False])
def test_a_damaged_baseline_of_another_environment_is_passed_over(
    tmp_path: Path, root: Path, readable: bool
) -> None:
    folder = shutil.copytree(root, tmp_path / "baselines")
    place = next(folder.rglob("*.rolling.json"))
    damaged = place.with_name("00000000.rolling.json")
    damaged.write_bytes(place.read_bytes()[:500])
    if not readable:
        place.unlink()
    run = build_run(tmp_path / "runs", number=9, hard={**HARD, "cpu_model": "Other 1"})

    result = judge([run], baseline="auto", baselines_root=folder)

    assert (result.verdict, result.exit_code) == (Verdict.NO_BASELINE, 4)
    assert ("environment.hard.cpu_model" in result.reasons[0]) == readable
    assert any("cannot be read" in reason and damaged.name in reason for reason in result.reasons)


@pytest.mark.parametrize("key", ["scenario_sha256", "clock"])
def test_another_scenario_or_clock_is_not_comparable(tmp_path: Path, root: Path, key: str) -> None:
    run = build_run(tmp_path, number=9)
    edit_run(run, **{key: "user" if key == "clock" else "0" * 64})

    result = judge([run], baseline="auto", baselines_root=root)

    assert result.verdict is Verdict.NO_BASELINE
    assert key in result.reasons[0]


def test_a_named_baseline_that_is_missing_is_a_usage_error(tmp_path: Path, root: Path) -> None:
    with pytest.raises(BaselineError, match="there is no such baseline"):
        judge([build_run(tmp_path)], baseline=tmp_path / "no.json", baselines_root=root)


def test_a_corrupt_baseline_is_a_usage_error_and_leaves_no_result(tmp_path: Path, root: Path) -> None:
    folder = shutil.copytree(root, tmp_path / "baselines")
    place = next(folder.rglob("*.rolling.json"))
    place.write_bytes(place.read_bytes()[:-100])
    run = build_run(tmp_path / "runs")

    with pytest.raises(BaselineError, match="broken JSON"):
        judge([run], baseline="auto", baselines_root=folder)

    assert not (run / "result.json").exists()


@pytest.mark.parametrize(
    ("age_days", "ok", "verdict"), [(-20.0, True, Verdict.PASS), (-30.0, False, Verdict.INCONCLUSIVE)]
)
def test_a_baseline_beyond_its_age_proves_no_pass(
    tmp_path: Path, root: Path, age_days: float, ok: bool, verdict: Verdict
) -> None:
    """Age counts to the start of the run, so that judging it next year changes nothing."""
    run = build_run(tmp_path, number=9, age_days=age_days)

    result = judge([run], baseline="auto", baselines_root=root)
    check = next(check for check in result.validity if check.name == "baseline_age")

    assert check.ok is ok
    assert result.verdict is verdict
    assert ok or "record a new one" in result.reasons[0]


def test_soft_keys_that_differ_from_the_baseline_are_a_warning(tmp_path: Path, root: Path) -> None:
    other = {"hard": dict(HARD), "soft": {"host_id": "b2", "zone": "east"}, "ignored": {"hostname": "other"}}
    runs = [build_run(tmp_path, number=9), build_run(tmp_path, number=10, run={"environment": other})]
    results = [judge([run], baseline="auto", baselines_root=root) for run in runs]
    alike, changed = (
        next(check for check in result.validity if check.name == "baseline_soft_keys") for result in results
    )

    assert [result.verdict for result in results] == [Verdict.PASS, Verdict.PASS]
    assert alike.ok
    assert (changed.ok, changed.invalidates) == (False, False)
    assert changed.text.endswith("changed: host_id from a1 to b2, zone from nothing to east")


def test_what_noise_left_open_says_how_many_runs_would_do(tmp_path: Path, root: Path) -> None:
    result = judge([build_run(tmp_path, number=9, scale=1.1)], baseline="auto", baselines_root=root)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert re.fullmatch(
        r"with \d+ runs an unchanged service passes with a chance of 9\d %", result.reasons[-1]
    )


def test_a_regression_from_an_old_baseline_is_one(tmp_path: Path, root: Path) -> None:
    runs = build_runs(tmp_path, 3, first=9, scale=1.5, age_days=-30)

    assert judge(runs, baseline="auto", baselines_root=root).verdict is Verdict.REGRESSION


def test_an_anchor_may_be_old(tmp_path: Path, root: Path) -> None:
    folder = shutil.copytree(root, tmp_path / "baselines")
    anchor = promote(next(folder.rglob("*.rolling.json")), folder, BaselineKind.ANCHOR)
    run = build_run(tmp_path, number=9, age_days=-300)

    assert judge([run], baseline=anchor, baselines_root=folder).verdict is Verdict.PASS


def test_several_runs_are_judged_together_in_the_last_ones_directory(tmp_path: Path, root: Path) -> None:
    paths = build_runs(tmp_path, 3, first=9)

    result = judge(paths, baseline="auto", baselines_root=root)

    assert result.runs == tuple(path.name for path in paths)
    assert result.run_id == paths[-1].name
    assert result.measured_s == 150.0
    assert result.counts["query"]["ok"] == 3 * 60 * 60
    assert (paths[-1] / "result.json").exists()
    assert not (paths[0] / "result.json").exists()


def test_one_invalid_run_among_several_makes_all_of_it_invalid(tmp_path: Path, root: Path) -> None:
    paths = [build_run(tmp_path, number=9, cpu_percent=99.0), build_run(tmp_path, number=10)]

    result = judge(paths, baseline="auto", baselines_root=root)

    assert result.verdict is Verdict.INVALID
    assert result.reasons[0].startswith("run-09-reference-baseline: the busiest worker")


def test_runs_that_are_not_alike_are_not_judged_together(tmp_path: Path, root: Path) -> None:
    paths = [build_run(tmp_path, number=9), build_run(tmp_path, number=10, hard={**HARD, "kernel": "7.0"})]

    with pytest.raises(UsageError, match=r"environment\.hard\.kernel"):
        judge(paths, baseline="auto", baselines_root=root)


def test_no_run_and_no_run_directory_are_refused(tmp_path: Path, root: Path) -> None:
    with pytest.raises(UsageError, match="found no run directory"):
        judge([], baseline="auto", baselines_root=root)
    with pytest.raises(RunLogError):
        judge([tmp_path], baseline="auto", baselines_root=root)


def test_a_run_cut_at_any_byte_is_judged_invalid_or_refused(tmp_path: Path, root: Path) -> None:
    """Whatever is left, there is a result that parses and never a pass."""
    path = build_run(tmp_path, slices=12, number=9)
    edit_run(path, status="running", end_ns=None, end_utc=None)
    for name in ("latency.hlog", "counts.jsonl", "samples.jsonl", "events.jsonl"):
        whole = (path / name).read_bytes()
        for length in range(0, len(whole), max(1, len(whole) // 7)):
            (path / name).write_bytes(whole[:length])

            result = judge([path], baseline="auto", baselines_root=root)

            assert result.exit_code == 3
            assert Result.from_json((path / "result.json").read_text()).verdict is Verdict.INVALID
        (path / name).write_bytes(whole)


LONG = replace(PROFILE, stages=(Stage("warm-up", 30, 20.0, measure=False), Stage("steady", 60, 20.0)))
LIVELY = {"query": 40}


@pytest.fixture(scope="module")
def long_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a baseline of runs that are long enough to tell whether they were steady."""
    root = tmp_path_factory.mktemp("baselines")
    runs = build_runs(tmp_path_factory.mktemp("long"), 5, profile=LONG, per_slice=LIVELY)
    baseline = build_baseline(runs)
    place = baseline_path(root, baseline.target, baseline.profile, baseline.env8, BaselineKind.ROLLING)
    write_baseline(replace(baseline, kind=BaselineKind.ROLLING).sealed(), place)
    return root


@pytest.mark.parametrize(
    ("scale", "climb", "verdict"),
    [(1.0, 0.0, Verdict.PASS), (1.0, 0.35, Verdict.INCONCLUSIVE), (3.0, 0.35, Verdict.REGRESSION)],
)
def test_a_run_that_is_not_steady_never_passes(
    tmp_path: Path, long_root: Path, scale: float, climb: float, verdict: Verdict
) -> None:
    """Latencies that climb by 35 % in a minute; one three times as long is a regression all the same."""
    run = build_run(
        tmp_path, number=9, profile=LONG, per_slice=LIVELY, scale=scale,
        pace=lambda t: 1.0 + climb * (t - 60) / 60,
    )  # fmt: skip

    result = judge([run], baseline="auto", baselines_root=long_root)
    check = next(check for check in result.validity if check.name == "steady")

    assert result.verdict is verdict
    assert check.ok == (climb == 0)
    assert any(reason.startswith("not steady: between 30 and 45 s") for reason in result.reasons) == (
        verdict is Verdict.INCONCLUSIVE
    )


def test_a_regression_is_shown_with_the_stage_that_moved(tmp_path: Path) -> None:
    """And with nothing else: all that was watched is as it was."""
    stages = {"retrieve": 20_000.0, "generate": 150_000.0}
    baseline = build_baseline(build_runs(tmp_path, 5, stages_us=stages))
    place = baseline_path(tmp_path, baseline.target, baseline.profile, baseline.env8, BaselineKind.ROLLING)
    write_baseline(replace(baseline, kind=BaselineKind.ROLLING).sealed(), place)
    slower = build_runs(tmp_path, 3, first=9, scale=1.3, stages_us=stages | {"retrieve": 80_000.0})

    result = judge(slower, baseline="auto", baselines_root=tmp_path)
    found = {(one.endpoint, one.metric, one.statistic): one.companions for one in result.attribution}

    assert result.verdict is Verdict.REGRESSION
    assert [one.metric for one in found["query", "response", "p50"]] == ["stage.retrieve"]
    assert found["query", "response", "p50"][0].change == pytest.approx(3.0, rel=0.1)
    assert len(read_result(slower[-1] / "result.json").attribution) == len(result.attribution)
