"""JUnit XML: its shape, and that a dashboard shows the truth for every verdict."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from analysis.result import Outcome, Result, Verdict
from reports.junit_report import render_junit
from tests.reports import sample_report

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}
"""Attributes that the common schema requires or knows."""


def _result(verdict: Verdict, exit_code: int) -> Result:
    return replace(sample_report.regression().result, verdict=verdict, exit_code=exit_code)


@pytest.mark.parametrize("name", ["regression", "invalid", "inconclusive", "hostile"])
def test_the_file_has_the_common_shape_and_its_sums_are_right(name: str) -> None:
    root = ElementTree.fromstring(render_junit(getattr(sample_report, name)().result).encode())

    assert root.tag == "testsuites"
    suites = list(root)
    assert {suite.tag for suite in suites} == {"testsuite"}
    for suite in suites:
        assert set(suite.attrib) == SUITE
        assert len(suite.attrib["timestamp"]) == 19
        cases = suite.findall("testcase")
        assert suite[0].tag == "properties"
        assert len(suite) == 1 + len(cases)
        assert int(suite.attrib["tests"]) == len(cases) > 0
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{tag}"))
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert {child.tag for child in case} <= {"failure", "error", "skipped", "system-out"}
    for attribute in ("tests", "failures", "errors", "skipped"):
        assert int(root.attrib[attribute]) == sum(int(suite.attrib[attribute]) for suite in suites)


@pytest.mark.parametrize(
    ("verdict", "exit_code", "wanted"),
    [
        (Verdict.PASS, 0, None),
        (Verdict.IMPROVEMENT, 0, None),
        (Verdict.REGRESSION, 1, "failure"),
        (Verdict.OBJECTIVE_MISSED, 1, "failure"),
        (Verdict.INVALID, 3, "error"),
        (Verdict.INCONCLUSIVE, 4, "error"),
        (Verdict.NO_BASELINE, 4, "error"),
        (Verdict.INCONCLUSIVE, 0, "skipped"),
        (Verdict.NO_BASELINE, 0, "skipped"),
    ],
)
def test_the_case_of_the_verdict_is_red_exactly_when_the_exit_code_is_not_0(
    verdict: Verdict, exit_code: int, wanted: str | None
) -> None:
    root = ElementTree.fromstring(render_junit(_result(verdict, exit_code)).encode())
    case = root.find("testsuite[@name='plimsoll.verdict']/testcase")

    assert case is not None
    endings = [child.tag for child in case if child.tag != "system-out"]
    assert endings == ([] if wanted is None else [wanted])


def test_objectives_and_gated_rows_end_as_they_were_decided() -> None:
    root = ElementTree.fromstring(render_junit(sample_report.regression().result).encode())

    def endings(suite: str) -> dict[str, str]:
        cases = root.findall(f"testsuite[@name='plimsoll.{suite}']/testcase")
        return {
            case.attrib["name"]: next((child.tag for child in case if child.tag != "system-out"), "passed")
            for case in cases
        }

    assert endings("objectives") == {
        "query.response.p95": "failure",
        "health.response.p95": "passed",
        "query.errors": "passed",
        "memory_growth": "passed",
        "host_memory": "skipped",
    }
    comparison = endings("comparison")
    assert comparison["query.response.p95"] == "failure"
    assert comparison["query.response.p99"] == "skipped"
    assert comparison["stream.ttft.p95"] == "passed"
    assert "health.response.p99" not in comparison, "a row that is not gated decides nothing"


def test_an_invalid_run_fails_no_objective() -> None:
    """Its numbers prove neither that the service is slow nor that it is not."""
    root = ElementTree.fromstring(render_junit(sample_report.invalid().result).encode())

    assert root.attrib["failures"] == "0"
    assert int(root.attrib["errors"]) == 3
    assert len(root.findall("testsuite[@name='plimsoll.validity']/testcase/skipped")) == 2


def test_a_run_without_a_baseline_has_no_suite_for_it() -> None:
    result = replace(_result(Verdict.NO_BASELINE, 4), comparison=None, objectives=())
    root = ElementTree.fromstring(render_junit(result).encode())

    assert [suite.attrib["name"] for suite in root] == ["plimsoll.verdict", "plimsoll.validity"]
    assert Outcome.REGRESSION.value not in "".join(root.itertext())
