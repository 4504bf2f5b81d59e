"""What a report claims in words is true of the result that it shows."""

from dataclasses import replace

import pytest

from analysis.result import ObjectiveRow, Verdict
from reports import wording
from reports.markdown_report import render_markdown
from reports.table import objective_table
from tests.reports import sample_report
from tests.reports.rendered import page

GOODPUT = ObjectiveRow("goodput", "query", "goodput", "ratio", "ratio", 0.95, 0.91, False, None)
GROWTH = ObjectiveRow("growth", None, "memory_growth", "slope", "MB/h", 100.0, 80.0, True, None, 70.0, 90.0)
P95 = ObjectiveRow("p95", "query", "response", "p95", "us", 1e6, 2e6, False, None)


@pytest.mark.parametrize(
    ("row", "said", "limit"),
    [
        (GOODPUT, "query goodput: 91.0 %, below the limit of 95.0 %", "≥ 95.0 %"),
        (P95, "query response p95: 2.00 s, above the limit of 1.00 s", "≤ 1.00 s"),
        (
            replace(P95, value=5e5, met=True),
            "query response p95: 500 ms, within the limit of 1.00 s",
            "≤ 1.00 s",
        ),
        (
            GROWTH,
            "memory growth: 80.0 MB/h (90 % interval 70.0 to 90.0 MB/h), within the limit of 100 MB/h",
            "≤ 100 MB/h",
        ),
        (
            replace(GROWTH, met=None, high=130.0, reason="too short"),
            "memory growth: limit 100 MB/h, inconclusive: too short",
            "≤ 100 MB/h",
        ),
    ],
)
def test_an_objective_is_missed_on_its_own_side(row: ObjectiveRow, said: str, limit: str) -> None:
    result = replace(sample_report.regression().result, objectives=(row,))

    assert wording.objective_sentence(row).replace("\u202f", " ").replace("\xa0", " ") == said
    assert objective_table(result).rows[0][2].text.replace("\u202f", " ") == limit


@pytest.mark.parametrize(
    ("verdict", "compared", "alone"),
    [
        (Verdict.PASS, "no gated metric is worse", "No objective was missed; the run was not compared"),
        (Verdict.INCONCLUSIVE, "too little data to tell a change", "No objective could be evaluated"),
    ],
)
def test_a_verdict_speaks_of_a_comparison_only_where_there_is_one(
    verdict: Verdict, compared: str, alone: str
) -> None:
    result = replace(sample_report.regression().result, verdict=verdict)

    assert compared in wording.meaning(result)
    assert alone in wording.meaning(replace(result, comparison=None))
    assert "gated" not in wording.meaning(replace(result, comparison=None))


def test_intervals_of_a_comparison_are_said_to_be_of_90_percent_and_those_of_metrics_of_95() -> None:
    html = page("regression").replace("\u00a0", " ")
    markdown = render_markdown(sample_report.regression()).replace("\u00a0", " ")
    compared, metrics = html.split('<section id="comparison">')[1].split('<section id="metrics">')

    assert "Change<small>90 % interval" in compared
    assert "95 %" not in compared
    assert "the 95 % interval of the figure above" in metrics
    assert "Small figures are the 90 % interval of the change." in markdown
