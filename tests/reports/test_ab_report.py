"""What the reports of an A/B session show."""

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from analysis.aa_noise import aa_noise
from analysis.ab_result import AbResult, LookRow, PairRow
from analysis.ab_session import AbRun, Arm
from analysis.looks import ALPHA_PER_LOOK
from analysis.paired import compare_pairs
from analysis.result import Outcome, Verdict
from reports.ab_html import render_ab_html
from reports.ab_junit import render_ab_junit
from reports.ab_markdown import render_ab_markdown
from tests.analysis.pair_builder import RULES, pairs
from tests.reports import sample_report
from tests.reports.sample_report import HOSTILE

PAIRS = pairs(6, change=0.15)
RESULT = AbResult(
    ab_id="20251121T100000Z-ab-reference-short-1a2b",
    target="reference",
    profile="short",
    start_utc="2025-11-21T10:00:00Z",
    a="http://127.0.0.1:8801",
    b="http://127.0.0.1:8802",
    itself=False,
    verdict=Verdict.REGRESSION,
    exit_code=1,
    reasons=("query response p95 changed by +15.0 %",),
    pairs=6,
    most_pairs=12,
    spent_s=754.0,
    alpha_per_look=ALPHA_PER_LOOK,
    looks=(
        LookRow(4, Outcome.INCONCLUSIVE, ("query.response.p50",)),
        LookRow(6, Outcome.REGRESSION, ()),
    ),
    rows=compare_pairs(PAIRS, RULES, {}, alpha=ALPHA_PER_LOOK),
    course=tuple(
        PairRow(at, "AB" if at % 2 else "BA", f"a{at}", f"b{at}", {"query.response.p50": 0.15})
        for at in range(1, 7)
    ),
    repeated=(AbRun(3, Arm.B, "run-3b", False, "the generator was overloaded", 40.0, 0),),
    warnings=("in 2 of 12 runs: steal was 1.2 %",),
    calibrated=False,
    noise=None,
    environment={},
    versions={},
    attribution=sample_report.regression().result.attribution,
)


@pytest.mark.parametrize("render", [render_ab_html, render_ab_markdown])
def test_a_report_says_what_was_decided_why_and_between_what(render: Callable[[AbResult], str]) -> None:
    text = re.sub(r"\s|&[#\w]+;", " ", re.sub(r"<svg.*?</svg>", "", render(RESULT), flags=re.DOTALL))

    for wanted in (
        "REGRESSION", "127.0.0.1:8801", "query response p95", "6 of at most 12",
        "12 min", "96.5 %", "What moved together", "query stage.generate p95",
        "the generator was overloaded", "steal was 1.2 %", "INCONCLUSIVE", "BA",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert "Baseline" not in text


def test_every_compared_metric_has_its_interval_drawn() -> None:
    page = render_ab_html(RESULT)

    assert len(re.findall(r'<svg class="bar"[^>]*role="img"', page)) == len(RESULT.rows)
    assert "96.5\u00a0% interval" in page


def test_an_invalid_session_is_shown_without_judgement() -> None:
    page = render_ab_html(replace(RESULT, verdict=Verdict.INVALID, exit_code=3))

    assert "these figures decide nothing" in page
    assert 'class="chip tone-bad">REGRESSION' not in page.partition('id="looks"')[0]


def test_the_noise_of_a_version_against_itself_is_a_table() -> None:
    itself = replace(RESULT, itself=True, verdict=Verdict.PASS, exit_code=0, noise=aa_noise(pairs(12), RULES))

    for text in (render_ab_html(itself), render_ab_markdown(itself)):
        assert "Noise of one version against itself" in text
        assert "0 of them called A a regression of itself" in text
        assert "A itself" in text


def test_texts_that_others_choose_are_no_markup() -> None:
    hostile = replace(
        RESULT, target=HOSTILE, profile=HOSTILE, a=HOSTILE, b=HOSTILE, reasons=(HOSTILE,), warnings=(HOSTILE,)
    )

    assert "<script>alert" not in render_ab_html(hostile)
    assert "<script>" not in render_ab_markdown(hostile)
    assert "@all" not in render_ab_markdown(hostile)
    ElementTree.fromstring(render_ab_junit(hostile).encode())


@pytest.mark.parametrize(
    ("verdict", "exit_code", "wanted"),
    [
        (Verdict.PASS, 0, []),
        (Verdict.IMPROVEMENT, 0, []),
        (Verdict.REGRESSION, 1, ["failure"]),
        (Verdict.INCONCLUSIVE, 4, ["error"]),
        (Verdict.INCONCLUSIVE, 0, ["skipped"]),
        (Verdict.INVALID, 3, ["error"]),
    ],
)
def test_the_junit_case_of_the_verdict_is_red_exactly_when_the_exit_code_is_not_0(
    verdict: Verdict, exit_code: int, wanted: list[str]
) -> None:
    root = ElementTree.fromstring(
        render_ab_junit(replace(RESULT, verdict=verdict, exit_code=exit_code)).encode()
    )
    case = root.find("testsuite[@name='plimsoll.verdict']/testcase")

    assert case is not None
    assert [child.tag for child in case if child.tag != "system-out"] == wanted
    text = "".join(case.itertext())
    assert "query response p95 changed by +15.0 %" in text
    assert "warning: in 2 of 12 runs: steal was 1.2 %" in text


def test_each_gated_metric_is_a_junit_case_that_ends_as_its_row() -> None:
    root = ElementTree.fromstring(render_ab_junit(RESULT).encode())
    cases = root.findall("testsuite[@name='plimsoll.comparison']/testcase")
    failed = {case.attrib["name"] for case in cases if case.find("failure") is not None}
    gated = [row for row in RESULT.rows if row.gated]

    assert len(cases) == len(gated) > 0
    assert failed == {
        f"{row.endpoint}.{row.metric}.{row.statistic}" for row in gated if row.outcome is Outcome.REGRESSION
    }
    assert failed
    assert "96.5\u00a0% interval" in "".join(cases[0].itertext())
    properties = {tag.attrib["name"]: tag.attrib["value"] for tag in root[0].iter("property")}
    assert (properties["a"], properties["b"]) == ("http://127.0.0.1:8801", "http://127.0.0.1:8802")


def test_no_junit_case_of_an_invalid_session_says_anything_about_its_versions() -> None:
    void = replace(RESULT, verdict=Verdict.INVALID, exit_code=3)
    root = ElementTree.fromstring(render_ab_junit(void).encode())
    cases = root.findall("testsuite[@name='plimsoll.comparison']/testcase")

    assert root.attrib["failures"] == "0"
    skipped = [case.find("skipped") for case in cases]
    assert all(
        tag is not None and tag.attrib["message"].startswith("the session is invalid") for tag in skipped
    )
