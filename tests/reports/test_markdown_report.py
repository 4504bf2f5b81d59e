"""Markdown for a pull request: nothing in it acts, and it stays within what a job summary takes."""

import re
from dataclasses import replace
from itertools import groupby

import pytest

from analysis.result import MetricRow
from reports.markdown_report import LIMIT_BYTES, escaped, render_markdown
from reports.report_data import CountRow
from reports.table import count_table
from tests.reports import sample_report


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("`x`", "\\`x\\`"),
        ("@team", "&#64;team"),
        ("fixes #12", "fixes \\#12"),
        ("[a](b)", "\\[a\\]\\(b\\)"),
        ("two\nlines\r\n", "two lines"),
        ("- item", "\\- item"),
        ("a-b", "a-b"),
        ("https://example.test", "https:&#47;&#47;example.test"),
        ("\x1b[31m\u202e", "\ufffd\\[31m\ufffd"),
    ],
)
def test_markup_is_escaped(text: str, wanted: str) -> None:
    assert escaped(text) == wanted


def test_hostile_names_neither_break_tables_nor_become_markup() -> None:
    found = render_markdown(sample_report.hostile())

    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in found.splitlines()]
    tables = [list(group) for is_table, group in groupby(bars, key=bool) if is_table]
    assert len(tables) > 5
    assert all(len(set(table)) == 1 for table in tables), tables
    assert "<script" not in found.replace("    <script", "")
    assert "@all" not in found.split("### Do it again")[0]


def test_an_endless_result_is_cut_below_the_limit_and_says_so() -> None:
    data = sample_report.regression()
    rows = tuple(
        MetricRow(f"endpoint-{number}", "response", statistic, "us", 1e5, 9e4, 2e5, 1000, None)
        for number in range(4500)
        for statistic in ("p50", "p95")
    )
    data = replace(data, result=replace(data.result, metrics=rows))

    found = render_markdown(data)

    assert len(found.encode()) <= LIMIT_BYTES + 100
    assert found.endswith("The rest is in report.html.\n")
    assert found.startswith("## ❌ REGRESSION")


def test_an_invalid_run_says_why_before_any_figure_and_praises_none() -> None:
    found = render_markdown(sample_report.invalid())
    objectives = found[found.index("### Objectives") : found.index("### Metrics")]

    assert found.index("### Can the generator be trusted?") < found.index("### Objectives")
    assert "✅" not in objectives


def test_who_left_and_what_was_taken_up_stands_beside_what_it_is_part_of() -> None:
    """Nothing is said where there was neither."""
    data = sample_report.regression()
    plain = CountRow("stream", due=9, dropped=0, started=9, ok=4, failed=2, aborted=3)
    row = replace(plain, reconnects=2, left=1)

    assert [cell.small for cell in count_table(replace(data, counts=(plain,))).rows[0]] == [""] * 8
    found = render_markdown(replace(data, counts=(row,)))
    assert "| 9<br><sub>2 to reconnect</sub> | 4 | 2 | 3<br><sub>1 left by users</sub> |" in found


def test_intervals_that_are_not_to_be_trusted_are_marked() -> None:
    data = sample_report.regression()
    rows = tuple(replace(row, unreliable=row.statistic == "p95") for row in data.result.metrics)

    found = render_markdown(replace(data, result=replace(data.result, metrics=rows)))

    assert ", unreliable" in found
    assert "Unreliable: measured for less than 30 times" in found
    assert "unreliable" not in render_markdown(data)
