"""The interval log is HdrHistogram's own format."""

from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from analysis.histogram import HIGHEST_US, Histogram
from analysis.interval_log import IntervalRow, header, interval_row, parse_line

START_NS = 1_790_000_000_123_456_789


def test_a_row_has_tag_start_length_maximum_in_seconds_and_histogram() -> None:
    encoded = Histogram.of([10, 1500]).encode()

    assert interval_row("query.response", 7, 1, encoded).line() == (
        f"Tag=query.response,7.000,1.000,0.001500,{encoded}\n"
    )


def test_a_row_is_read_back_as_it_was() -> None:
    row = interval_row("query.stage.embed", 12, 2, Histogram.of([77]).encode())

    assert parse_line(row.line()) == row


def test_comments_and_column_names_are_no_rows() -> None:
    assert [parse_line(line) for line in header(START_NS).splitlines()] == [None, None, None]


def test_the_hdrhistogram_package_reads_every_row_with_its_tag_and_time(tmp_path: Path) -> None:
    rows = [
        interval_row(tag, start_s, 1, Histogram.of(values_us).encode())
        for start_s, tag, values_us in [
            (0, "query.response", [100, 200]),
            (0, "query.ttfb", [50]),
            (1, "query.response", [3000]),
        ]
    ]
    path = tmp_path / "latency.hlog"
    path.write_text(header(START_NS) + "".join(row.line() for row in rows), encoding="utf-8")
    reader = HistogramLogReader(str(path), HdrHistogram(1, HIGHEST_US, 3))
    found = []
    while (histogram := reader.get_next_interval_histogram()) is not None:
        start_s = round(histogram.get_start_time_stamp() / 1000 - START_NS / 1e9)
        found.append((histogram.get_tag(), start_s, histogram.get_total_count(), histogram.get_max_value()))
    reader.close()

    assert found == [
        ("query.response", 0, 2, 200),
        ("query.ttfb", 0, 1, 50),
        ("query.response", 1, 1, 3001),
    ]


@pytest.mark.parametrize(
    ("named", "written"),
    [("q.stage.a,b", "q.stage.a_b"), ("q.stage.a b\n", "q.stage.a_b_"), ('q."x"', "q._x_"), ("q.é", "q.é")],
)
def test_characters_that_a_tag_cannot_hold_are_replaced(named: str, written: str) -> None:
    """A service names its stages freely, and must not be able to break the log."""
    row = interval_row(named, 0, 1, Histogram().encode())

    assert parse_line(row.line()) == IntervalRow(written, 0, 1, 0, Histogram().encode())


def test_a_row_without_a_histogram_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="HdrHistogram"):
        interval_row("q.response", 0, 1, "bm90IGEgaGlzdG9ncmFt")


@pytest.mark.parametrize(
    "line",
    ["", "Tag=q.response", "Tag=q,0.000,1.000", "0.000,1.000,0.1,HIST", "Tag=,0,1,1,H", "Tag=q,nan,1,1,H",
     "Tag=q,x,1,1,H"],
)  # fmt: skip
def test_what_is_no_row_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_line(line)
