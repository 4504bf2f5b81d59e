"""A history of baselines for people: the weeks, how each statistic stands, and where its level changed."""

from collections.abc import Iterator, Sequence

from analysis.history import HistoryRow
from analysis.history_series import HistorySegment
from analysis.plural import plural
from analysis.result import Outcome
from reports.history_changes import change_sentence, series_title
from reports.quantity import ABSENT, change, quantity
from scripts.text_table import aligned


def history_text(segments: Sequence[HistorySegment], name: str, last: int) -> str:
    """`last` rows of all are listed; the statistics are those of the newest segment."""
    rows = sorted((row for segment in segments for row in segment.rows), key=lambda row: row.start_utc)
    newest = segments[-1]
    lines = [f"{name}: {plural(len(rows), 'baseline')}, {_date(rows[0])} to {_date(rows[-1])}", ""]
    if len(rows) > last:
        lines.append(f"the last {last} of {len(rows)}:")
    lines += [*aligned(_weeks(rows[-last:], segments)), ""]
    if len(segments) > 1:
        lines.append(
            f"environment or load changed {plural(len(segments) - 1, 'time')}; "
            f"below are the {plural(len(newest.rows), 'baseline')} like the newest one:"
        )
    lines += [*aligned(_standings(newest)), ""]
    lines += list(_change_lines(newest))
    return "\n".join(lines) + "\n"


def _change_lines(segment: HistorySegment) -> Iterator[str]:
    """The newest first."""
    for series, found in segment.changes:
        yield change_sentence(series, found)
    if not segment.changes:
        yield "no change point"


def _weeks(rows: Sequence[HistoryRow], segments: Sequence[HistorySegment]) -> Iterator[tuple[str, ...]]:
    """The mark at a week says how many statistics changed their level in it."""
    counts: dict[str, int] = {}
    for segment in segments:
        for _, found in segment.changes:
            counts[found.row.baseline_id] = counts.get(found.row.baseline_id, 0) + 1
    yield ("start", "environment", "load", "runs", "commit", "rolling", "anchor", "changed")
    for row in rows:
        yield (
            _date(row),
            row.env8,
            row.scenario_sha256[:8],
            str(row.runs),
            (row.git_commit or ABSENT)[:8],
            _word(row.rolling),
            _word(row.anchor),
            str(counts.get(row.baseline_id, "")),
        )


def _standings(segment: HistorySegment) -> Iterator[tuple[str, ...]]:
    yield ("statistic", "weeks", "newest", "from the one before", "from the first", "spread of weeks")
    for series in segment.series:
        unit = series.unit
        yield (
            series_title(series),
            str(len(series.rows)),
            quantity(series.values[-1], unit),
            change(series.since(1), unit),
            change(series.since(len(series.rows) - 1), unit) if len(series.rows) > 1 else ABSENT,
            ABSENT if series.deviation is None else change(series.deviation, unit, signed=False),
        )


def _date(row: HistoryRow) -> str:
    return row.start_utc[:10]


def _word(outcome: Outcome | None) -> str:
    return ABSENT if outcome is None else outcome.value
