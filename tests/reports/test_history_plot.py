"""The plot and the CSV of a history."""

from xml.etree import ElementTree

from analysis.history_series import segments_of
from reports.history_csv import history_csv
from reports.history_plot import draw_history
from tests.history_builder import built_history, built_row


def test_the_plot_is_well_formed_and_the_same_for_the_same_history() -> None:
    segments = segments_of(built_history(20, steps=[(12, 1.2)]))
    text = draw_history(segments, "Baselines of shop x baseline")
    root = ElementTree.fromstring(text)

    assert root.tag.endswith("svg")
    assert root.attrib["aria-label"] == "Baselines of shop x baseline"
    assert "query response, ms" in text
    assert "2026-01-05" in text
    assert draw_history(segments, "Baselines of shop x baseline") == text


def test_a_change_for_the_worse_is_drawn_in_another_colour_than_one_for_the_better() -> None:
    worse, better, none = (
        draw_history(segments_of(built_history(20, steps=steps)), "x")
        for steps in ([(12, 1.2)], [(12, 0.8)], [])
    )

    assert len({worse.count("<path"), none.count("<path")}) == 2
    assert (
        worse.count("stroke-dasharray") == better.count("stroke-dasharray") > none.count("stroke-dasharray")
    )


def test_one_week_and_several_environments_are_drawn_too() -> None:
    assert "query response" in draw_history(segments_of(built_history(1)), "x")
    rows = [*built_history(5), *built_history(9, env8="99999999")[5:]]

    assert draw_history(segments_of(rows), "x").count("errors") >= 1


def test_the_csv_has_time_commit_and_a_numeric_column_for_each_statistic() -> None:
    (segment,) = segments_of(built_history(2))
    head, first, second = history_csv(segment).splitlines()

    assert head == "time,commit,query.errors.ratio,query.response.p50_us,query.response.p95_us"
    assert first.startswith(f"2026-01-05 03:17:00 +0000,{0:040x},0,")
    assert second.startswith(f"2026-01-12 03:17:00 +0000,{1:040x},0,")
    assert [float(cell) for cell in first.split(",")[2:]]


def test_the_csv_has_no_gaps_and_no_asterisk() -> None:
    """Otava stops at an empty cell, and its YAML takes an asterisk for an alias."""
    rows = [
        built_row(0, {"*.throughput.rate": 40.0}),
        built_row(1, {"*.throughput.rate": 41.0, "q.ttft.p50": 9.0}),
    ]
    (segment,) = segments_of(rows)

    assert history_csv(segment).splitlines()[0] == "time,commit,all.throughput.rate_per_s"
