import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.aa_noise import AaNoise
from analysis.baseline import (
    LARGEST_BYTES,
    Baseline,
    BaselineKind,
    baseline_path,
    promote,
    read_baseline,
    write_baseline,
)
from analysis.baseline_builder import build_baseline
from analysis.baseline_noise import with_aa_noise
from analysis.baseline_parts import GateHealth
from analysis.canonical import canonical_sha256
from analysis.endpoint import Dialect, Endpoint
from analysis.errors import BaselineError, InvalidRunError, UsageError
from analysis.histogram import Histogram
from analysis.judged_run import read_judged_run
from analysis.noise import Spread
from analysis.profile import Stage
from tests.run_builder import HARD, PROFILE, TARGET, build_run, build_runs

STAGES = tuple(f"stage.s{number}" for number in range(9))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Baseline]:
    paths = build_runs(tmp_path_factory.mktemp("runs"), 5)
    return paths, build_baseline(paths)


@pytest.fixture
def candidate(tmp_path: Path, recorded: tuple[list[Path], Baseline]) -> Path:
    baseline = recorded[1]
    path = baseline_path(tmp_path, baseline.target, baseline.profile, baseline.env8, BaselineKind.CANDIDATE)
    write_baseline(baseline, path)
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], object], *, seal: bool) -> None:
    content = json.loads(path.read_text())
    change(content)
    if seal:
        content["content_sha256"] = canonical_sha256(
            {key: value for key, value in content.items() if key != "content_sha256"}
        )
    path.write_text(json.dumps(content))


def test_a_baseline_is_read_as_it_was_written(candidate: Path, recorded: tuple[list[Path], Baseline]) -> None:
    text = candidate.read_text()
    found = read_baseline(candidate)

    assert found.content_sha256 == recorded[1].content_sha256
    assert found.to_json() == text
    assert len(text) < LARGEST_BYTES


def test_the_same_runs_in_any_order_make_the_same_bytes(recorded: tuple[list[Path], Baseline]) -> None:
    paths, baseline = recorded

    assert build_baseline(paths[::-1]).to_json() == baseline.to_json()


def test_it_keeps_what_each_run_measured(recorded: tuple[list[Path], Baseline]) -> None:
    paths, baseline = recorded

    assert [run.run_id for run in baseline.runs] == [path.name for path in paths]
    assert baseline.runs[0].series["query.response"].count == 3000
    assert 150e3 < baseline.runs[0].series["query.response"].values["p50"] < 250e3
    assert baseline.runs[0].series["query.errors"].values == {"ratio": 0.0}
    assert baseline.runs[0].validity["conservation"] == "exact"
    assert baseline.prometheus == {"query_p95_s": pytest.approx(0.3)}
    assert baseline.created_utc == "2025-11-21T14:00:00Z"
    assert baseline.floors()["query.response.p95"] == 0.03


def test_pooled_histograms_hold_all_runs(recorded: tuple[list[Path], Baseline]) -> None:
    pooled = Histogram.decode(recorded[1].pooled["query.response"])

    assert pooled.count == 5 * 3000


def test_fewer_than_five_runs_make_no_baseline(recorded: tuple[list[Path], Baseline]) -> None:
    with pytest.raises(UsageError, match=r"found 4 runs, wanted 5 or more"):
        build_baseline(recorded[0][:4])


def test_an_invalid_run_makes_no_baseline(tmp_path: Path, recorded: tuple[list[Path], Baseline]) -> None:
    sick = build_run(tmp_path, number=7, cpu_percent=99.0)

    with pytest.raises(InvalidRunError, match=r"run-07.* cannot be part of a baseline: the busiest worker"):
        build_baseline([*recorded[0][:4], sick])


def test_runs_of_two_environments_make_no_baseline(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    other = build_run(tmp_path, number=7, hard={**HARD, "cpu_cores": 2})

    with pytest.raises(UsageError, match=r"not alike, these keys differ: environment\.hard\.cpu_cores"):
        build_baseline([*recorded[0][:4], other])


def test_the_same_run_counts_once(recorded: tuple[list[Path], Baseline]) -> None:
    with pytest.raises(UsageError, match="the same run twice"):
        build_baseline([*recorded[0][:4], recorded[0][0]])


@pytest.mark.parametrize(
    ("change", "seal", "message"),
    [
        (lambda c: c.update(schema="plimsoll.baseline/2"), True, 'schema: found "plimsoll.baseline/2"'),
        (lambda c: c.pop("schema"), True, "schema: found nothing"),
        (lambda c: c["runs"][0].update(measured_s=51), False, "content_sha256: found"),
        (lambda c: c.update(clock=5), True, "clock: found 5"),
        (lambda c: c.update(extra=1), True, "extra: found 1"),
        (lambda c: c["runs"][2].pop("series"), True, "runs.2.series"),
        (lambda c: c["runs"].pop(), True, "runs: found 4, wanted 5 or more"),
        (lambda c: c.update(created_utc="yesterday"), True, "Invalid isoformat string: 'yesterday'"),
    ],
)
def test_what_is_wrong_with_a_baseline_is_named(
    candidate: Path, change: Callable[[dict[str, Any]], object], seal: bool, message: str
) -> None:
    edit(candidate, change, seal=seal)

    with pytest.raises(BaselineError) as caught:
        read_baseline(candidate)

    assert str(candidate) in str(caught.value)
    assert message in str(caught.value)
    assert "plimsoll baseline record" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "found broken JSON"),
        (b"", "found broken JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "found a list, wanted an object"),
        (b'{"schema": "plimsoll.baseline/1"}', "baseline_id"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.rolling.json"
    path.write_bytes(content)

    with pytest.raises(BaselineError, match=message):
        read_baseline(path)


def test_a_baseline_cut_anywhere_is_refused(candidate: Path) -> None:
    whole = candidate.read_bytes()
    for length in range(0, len(whole) - 2, 997):
        candidate.write_bytes(whole[:length])
        with pytest.raises(BaselineError):
            read_baseline(candidate)


def test_a_missing_baseline_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"none\.json: there is no such baseline"):
        read_baseline(tmp_path / "none.json")


def test_promoting_moves_the_candidate_into_place(tmp_path: Path, candidate: Path) -> None:
    place = promote(candidate, tmp_path)

    assert place.name.endswith(".rolling.json")
    assert place.parent == candidate.parent
    assert not candidate.exists()
    assert read_baseline(place).kind is BaselineKind.ROLLING


def test_a_promoted_baseline_names_the_one_that_it_replaced(
    tmp_path: Path, candidate: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    promote(candidate, tmp_path)
    write_baseline(replace(recorded[1], baseline_id="next").sealed(), candidate)

    place = promote(candidate, tmp_path)

    assert read_baseline(place).baseline_id == "next"
    assert read_baseline(place).supersedes == recorded[1].baseline_id


def test_a_rolling_baseline_can_become_the_anchor_and_stays(tmp_path: Path, candidate: Path) -> None:
    rolling = promote(candidate, tmp_path)

    anchor = promote(rolling, tmp_path, BaselineKind.ANCHOR)

    assert rolling.exists()
    assert read_baseline(anchor).kind is BaselineKind.ANCHOR


def test_what_is_in_place_is_not_promoted_to_it(tmp_path: Path, candidate: Path) -> None:
    rolling = promote(candidate, tmp_path)

    with pytest.raises(UsageError, match="wanted a candidate to promote"):
        promote(rolling, tmp_path)


def test_a_damaged_baseline_in_the_place_is_replaced_with_a_warning(
    tmp_path: Path, candidate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = baseline_path(tmp_path, "reference", "baseline", candidate.name[:8], BaselineKind.ROLLING)
    place.write_bytes(candidate.read_bytes()[:500])

    assert promote(candidate, tmp_path) == place

    assert read_baseline(place).supersedes is None
    assert "An unreadable baseline is replaced" in caplog.text
    assert "broken JSON" in caplog.text


def test_a_damaged_candidate_replaces_nothing(tmp_path: Path, candidate: Path) -> None:
    place = promote(candidate, tmp_path)
    before = place.read_bytes()
    candidate.write_bytes(before[:500])

    with pytest.raises(BaselineError):
        promote(candidate, tmp_path)

    assert place.read_bytes() == before


def test_a_baseline_above_the_size_limit_is_not_written(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    big = replace(recorded[1], provenance={"note": "x" * LARGEST_BYTES}).sealed()

    with pytest.raises(BaselineError, match="wanted 200000 at most"):
        write_baseline(big, tmp_path / "big.json")

    assert not (tmp_path / "big.json").exists()


@pytest.mark.parametrize(("metrics", "left_out"), [((), ()), (STAGES, STAGES[2:])])
def test_a_baseline_of_many_runs_and_endpoints_fits(
    tmp_path: Path, metrics: Sequence[str], left_out: Sequence[str]
) -> None:
    """Histograms have what the runs leave; more metrics than fit are left out, never those that decide."""
    names = [f"endpoint-{number:02d}" for number in range(12)]
    endpoints = {
        name: Endpoint(name, "POST", "/", Dialect.RAG_EVENTS if number % 2 else Dialect.JSON)
        for number, name in enumerate(names)
    }
    paths = build_runs(
        tmp_path / "runs",
        12,
        target=replace(TARGET, endpoints=endpoints, objectives=(), limits={}),
        profile=replace(PROFILE, mix=dict.fromkeys(names, 1.0), stages=(Stage("steady", 10, 20.0),)),
        medians_us=dict.fromkeys(names, 100_000.0),
        per_slice=dict.fromkeys(names, 70),
        extra_metrics=metrics,
    )

    baseline = build_baseline(paths)
    path = tmp_path / "x.candidate.json"
    write_baseline(baseline, path)
    kept = {key.partition(".")[2] for run in baseline.runs for key in run.series}

    assert path.stat().st_size > 0.9 * LARGEST_BYTES
    assert read_baseline(promote(path, tmp_path)).baseline_id == baseline.baseline_id
    assert {"response", "ttft", "errors", "throughput"} <= kept
    assert not kept.intersection(left_out)
    assert len(baseline.pooled) > 2


def test_the_generators_own_lags_are_no_part_of_a_baseline(recorded: tuple[list[Path], Baseline]) -> None:
    assert not [key for key in recorded[1].runs[0].series if "lag" in key]


def test_another_number_of_workers_keeps_runs_apart(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    two = [{"index": number, "id": f"w{number}", "state": "ready"} for number in range(2)]
    other = read_judged_run(build_run(tmp_path, run={"workers": two}))

    assert recorded[1].setting.differing_from(other.setting) == ("workers",)


@pytest.mark.parametrize("key", sorted(HARD))
def test_every_hard_key_keeps_runs_apart(
    tmp_path: Path, key: str, recorded: tuple[list[Path], Baseline]
) -> None:
    other = read_judged_run(build_run(tmp_path, hard={**HARD, key: "another"}))

    assert recorded[1].setting.differing_from(other.setting) == (f"environment.hard.{key}",)


def test_soft_and_ignored_keys_do_not_keep_runs_apart(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    environment = {"hard": dict(HARD), "soft": {"host_id": "zz"}, "ignored": {"hostname": "other"}}
    other = read_judged_run(build_run(tmp_path, run={"environment": environment}))

    assert recorded[1].setting.differing_from(other.setting) == ()


def test_a_baseline_knows_what_decided_when_it_was_recorded(recorded: tuple[list[Path], Baseline]) -> None:
    gating = recorded[1].gating

    assert gating is not None
    assert (gating.streams, gating.mix) == (("stream",), {"query": 6.0, "stream": 3.0, "health": 1.0})
    assert gating.rules.is_primary("stream", "ttft", "p95")


def test_a_file_from_before_later_additions_is_read(candidate: Path) -> None:
    def drop(content: dict[str, Any]) -> None:
        del content["gating"], content["gate_health"]
        for noise in content["noise"].values():
            for key in ("s_session", "session_df", "s_pair_aa", "aa_df"):
                del noise[key]

    edit(candidate, drop, seal=True)

    assert read_baseline(candidate).gating is None


@pytest.fixture(scope="module")
def extended(
    tmp_path_factory: pytest.TempPathFactory, recorded: tuple[list[Path], Baseline]
) -> tuple[list[Path], Baseline]:
    """Two runs a week later beside the first five."""
    paths = [
        build_run(tmp_path_factory.mktemp("later"), number=number, age_days=-7, scale=1.02)
        for number in (10, 11)
    ]
    return paths, build_baseline(paths, recorded[1])


def test_an_extended_baseline_holds_the_runs_of_both_sessions(
    recorded: tuple[list[Path], Baseline], extended: tuple[list[Path], Baseline]
) -> None:
    paths, baseline = extended

    assert [run.run_id for run in baseline.runs] == [path.name for path in (*recorded[0], *paths)]
    assert baseline.created_utc.startswith("2025-11-28")
    assert Histogram.decode(baseline.pooled["query.response"]).count == 7 * 3000
    assert baseline.prometheus == {"query_p95_s": pytest.approx(0.3)}
    noise = baseline.noise["query.response.p50"]
    assert noise.session is not None
    assert (noise.session.df, noise.df) == (1, 5)


def test_two_more_runs_say_nothing_about_the_warm_up_that_five_have_not_said(
    recorded: tuple[list[Path], Baseline], extended: tuple[list[Path], Baseline]
) -> None:
    assert recorded[1].warm_up is not None
    assert extended[1].warm_up == recorded[1].warm_up


def test_a_baseline_is_not_extended_by_its_own_runs(recorded: tuple[list[Path], Baseline]) -> None:
    with pytest.raises(UsageError, match=r"found run-00.* in it already"):
        build_baseline(recorded[0], recorded[1])


def test_a_baseline_of_another_environment_is_not_extended(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    other = build_run(tmp_path, number=12, hard={**HARD, "cpu_cores": 2})

    with pytest.raises(UsageError, match=r"not alike, these keys differ: environment\.hard\.cpu_cores"):
        build_baseline([other], recorded[1])


def test_what_is_known_of_sessions_outlives_a_baseline_of_one_session(
    tmp_path: Path,
    recorded: tuple[list[Path], Baseline],
    extended: tuple[list[Path], Baseline],
) -> None:
    """Both are of one setting; a baseline of another setting would know nothing of this one."""
    path = tmp_path / "x.candidate.json"
    for baseline in (extended[1], recorded[1]):
        write_baseline(baseline, path)
        place = promote(path, tmp_path)

    found = read_baseline(place)

    assert found.baseline_id == recorded[1].baseline_id
    assert found.carried().keys() == extended[1].carried().keys()
    assert found.carried()["query.response.p50"].deviation == pytest.approx(
        extended[1].carried()["query.response.p50"].deviation, rel=1e-4
    )
    assert found.noise["query.response.p50"].df == 4


def test_the_floor_of_pairs_outlives_a_baseline_that_was_recorded_without_them(
    tmp_path: Path, recorded: tuple[list[Path], Baseline]
) -> None:
    path = tmp_path / "x.candidate.json"
    figures = {"query.response.p50": Spread(0.11, 22.0, floored=False)}
    measured = with_aa_noise(recorded[1], AaNoise(figures, pairs=23, gates=5, false_regressions=0))
    for baseline in (measured, recorded[1]):
        write_baseline(baseline, path)
        place = promote(path, tmp_path)

    found = read_baseline(place)

    assert found.floors() == pytest.approx(measured.floors(), rel=1e-4)
    assert found.noise["query.response.p50"].s_pair_aa == pytest.approx(0.11)
    assert found.noise["query.response.p95"].s_pair_aa is None
    assert found.gate_health == GateHealth(5, 0)


def test_a_new_session_speaks_for_itself(
    tmp_path: Path, recorded: tuple[list[Path], Baseline], extended: tuple[list[Path], Baseline]
) -> None:
    path = tmp_path / "x.candidate.json"
    for baseline in (recorded[1], extended[1]):
        write_baseline(baseline, path)
        place = promote(path, tmp_path)

    assert read_baseline(place).carried().keys() == extended[1].carried().keys()
