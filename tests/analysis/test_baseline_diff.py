"""What a reviewer is told about two baselines."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.baseline import Baseline
from analysis.baseline_diff import KeyChange, baseline_diff
from analysis.result import Outcome
from analysis.run_summary import Summary
from scripts.baseline_diff_text import diff_text
from tests.analysis.stored_baseline import HARD, stored_baseline


def slower(baseline: Baseline, factor: float) -> Baseline:
    runs = tuple(
        replace(
            run,
            series={
                key: Summary(found.count, {name: value * factor for name, value in found.values.items()})
                for key, found in run.series.items()
            },
        )
        for run in baseline.runs
    )
    return replace(baseline, runs=runs, baseline_id="slower").sealed()


def with_environment(**groups: Any) -> Baseline:
    baseline = stored_baseline()
    return replace(baseline, environment=replace(baseline.environment, **groups)).sealed()


def test_a_slower_one_is_compared_as_the_judge_would() -> None:
    diff = baseline_diff(stored_baseline(), slower(stored_baseline(), 1.5))

    assert (diff.hard, diff.soft) == ((), ())
    assert {row.outcome for row in diff.rows if row.gated} == {Outcome.REGRESSION}
    text = diff_text(diff)
    assert "recorded under the same conditions" in text
    assert "new: slower (rolling, 5 runs" in text
    line = next(line for line in text.splitlines() if line.startswith("query response p95"))
    assert "400\u202fms" in line
    assert "+50.0\u202f%" in line
    assert line.endswith("regression")


def test_why_a_change_was_left_open_is_said_below_the_table() -> None:
    old = replace(stored_baseline(), noise={}).sealed()

    text = diff_text(baseline_diff(old, slower(old, 1.18)))

    reasons = text.split("\n\n")[-1]
    assert reasons.startswith("query response p50, query response p95, ")
    assert "another day of the host" in reasons
    assert reasons.count("another day of the host") == 1


def test_a_hard_key_that_differs_is_named_with_both_values_and_nothing_is_tested() -> None:
    new = slower(with_environment(hard={**HARD, "cpu_cores": 8}), 1.5)

    diff = baseline_diff(stored_baseline(), new)

    assert diff.hard == (KeyChange("environment.hard.cpu_cores", 4, 8),)
    assert not any(row.gated or row.low is not None for row in diff.rows)
    assert [row.change for row in diff.rows if row.metric == "response"] == pytest.approx([0.5, 0.5])
    text = diff_text(diff)
    assert "must be equal: environment.hard.cpu_cores: 4 -> 8" in text
    assert "no change is tested" in text
    assert "regression" not in text


def test_a_soft_key_that_differs_is_named_and_blocks_nothing() -> None:
    diff = baseline_diff(stored_baseline(), with_environment(soft={"host_id": "b2", "zone": "east"}))

    assert diff.soft == (
        KeyChange("environment.soft.host_id", "a1", "b2"),
        KeyChange("environment.soft.zone", None, "east"),
    )
    assert any(row.gated for row in diff.rows)
    assert "may differ: environment.soft.zone: \u2013 -> east" in diff_text(diff)


def test_an_ignored_key_is_not_worth_a_line() -> None:
    diff = baseline_diff(stored_baseline(), with_environment(ignored={"hostname": "other"}))

    assert (diff.hard, diff.soft) == ((), ())


def test_a_baseline_from_before_rules_were_kept_is_compared_by_the_defaults() -> None:
    old = replace(stored_baseline(), gating=None).sealed()

    rows = baseline_diff(old, slower(old, 1.5)).rows

    assert {"query.response", "stream.ttft"} == {f"{r.endpoint}.{r.metric}" for r in rows if r.gated}
