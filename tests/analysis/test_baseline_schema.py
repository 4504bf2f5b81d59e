"""The JSON Schema that is shipped, against the model and against baselines that are recorded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.baseline_schema import baseline_schema_text
from tests.analysis.schema_check import faults
from tests.analysis.stored_baseline import stored_baseline
from tests.run_builder import build_runs

SHIPPED = Path(__file__).parents[2] / "baselines" / "baseline.schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHIPPED.read_text())
    return found


def test_the_shipped_schema_is_that_of_the_model() -> None:
    """`plimsoll baseline schema > baselines/baseline.schema.json` makes it anew."""
    assert SHIPPED.read_text() == baseline_schema_text()


def test_a_baseline_with_every_part_follows_the_schema(schema: dict[str, Any]) -> None:
    assert faults(json.loads(stored_baseline().to_json()), schema) == []


def test_a_recorded_baseline_follows_the_schema(tmp_path: Path, schema: dict[str, Any]) -> None:
    from analysis.baseline_builder import build_baseline

    text = build_baseline(build_runs(tmp_path, 5)).to_json()

    assert faults(json.loads(text), schema) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda c: c.pop("clock"), "clock"),
        (lambda c: c.update(extra=1), "extra"),
        (lambda c: c.update(schema="plimsoll.baseline/2"), "schema"),
        (lambda c: c.update(kind="golden"), "kind"),
        (lambda c: c.update(workers="one"), "workers"),
        (lambda c: c["runs"].pop(), "runs"),
        (
            lambda c: c["runs"][0]["series"]["query.response"].pop("count"),
            "runs.0.series.query.response.count",
        ),
        (lambda c: c["noise"]["query.response.p95"].update(s_run="much"), "noise.query.response.p95.s_run"),
        (lambda c: c["gate_health"].pop("aa_gates"), "gate_health"),
        (lambda c: c.update(content_sha256="short"), "content_sha256"),
    ],
)
def test_what_is_wrong_does_not_follow_the_schema(
    schema: dict[str, Any], change: Callable[[dict[str, Any]], object], place: str
) -> None:
    content = json.loads(stored_baseline().to_json())
    change(content)

    assert [fault for fault in faults(content, schema) if fault.startswith(place)]
