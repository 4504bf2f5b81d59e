"""A hog on the generator's core makes a run invalid and is named as the cause; a clean run is valid."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.result import Verdict
from tests.end_to_end.hog_runs import CAUSES, MODELS, Judged, answering_service, clean_run, hog_run, hog_table
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone

EACH = 20


@pytest.fixture(scope="module")
def service() -> Iterator[Truth]:
    with answering_service() as server:
        yield server


def assert_invalid_because_of_the_hog(judged: Judged) -> None:
    """Nothing else is wrong with it, and the first sentence of the report says what is."""
    assert judged.result.verdict is Verdict.INVALID, judged
    assert set(judged.broken) <= {*CAUSES, "arrivals"}, judged
    assert set(judged.broken) & set(CAUSES), judged
    assert any("the generator was overloaded" in reason for reason in judged.result.reasons), judged


@pytest.mark.parametrize("model", MODELS)
def test_a_hog_makes_the_run_invalid(tmp_path: Path, service: Truth, model: str) -> None:
    assert_invalid_because_of_the_hog(hog_run(tmp_path, service, model))


@pytest.mark.parametrize("model", MODELS)
def test_a_clean_run_is_valid(tmp_path: Path, service: Truth, model: str) -> None:
    """The same load on the same core, which nobody else uses; where somebody always does, it is said."""
    judged = clean_run(tmp_path, service, model)

    if judged.disturbed:
        assert set(judged.broken) <= {*CAUSES, "arrivals"}, judged
    else:
        assert judged.broken == [], judged
        assert judged.result.verdict is Verdict.PASS


@pytest.mark.slow
def test_of_twenty_runs_with_a_hog_all_are_invalid_and_of_twenty_clean_ones_none(tmp_path: Path) -> None:
    found = hog_table(tmp_path, EACH, sys.stdout)

    for judged in found:
        if judged.hogged:
            assert_invalid_because_of_the_hog(judged)
    assert [str(judged) for judged in found if judged.disturbed] == [], "the machine was busy all the time"
    assert [str(judged) for judged in found if not judged.hogged and judged.broken] == []
