"""A history as CSV for other tools, Apache Otava among them: time, commit, a column for each statistic."""

import csv
from datetime import UTC, datetime
from io import StringIO

from analysis.history_series import HistorySegment, HistorySeries
from analysis.run_summary import EVERYTHING

_UNITS = {"us": "_us", "1/s": "_per_s"}


def history_csv(segment: HistorySegment) -> str:
    """A line for each row, oldest first; without statistics that some row lacks, as Otava takes no gaps."""
    whole = [series for series in segment.series if len(series.rows) == len(segment.rows)]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("time", "commit", *(_column(series) for series in whole)))
    for row in segment.rows:
        values = (f"{row.figures[series.name].mean:.6g}" for series in whole)
        writer.writerow((_time(row.start_utc), row.git_commit or "", *values))
    return text.getvalue()


def _column(series: HistorySeries) -> str:
    """With its unit; an asterisk would have to be quoted in Otava's configuration."""
    endpoint, dot, rest = series.name.partition(".")
    return f"{'all' if endpoint == EVERYTHING else endpoint}{dot}{rest}{_UNITS.get(series.unit, '')}"


def _time(utc: str) -> str:
    return datetime.fromisoformat(utc).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
