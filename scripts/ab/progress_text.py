"""What a session says on stderr after each pair: how far it is, and the present interval of what decides."""

from collections.abc import Iterator

from analysis.ab_judge import Course
from analysis.ab_session import AbSession
from analysis.plural import plural
from analysis.result import ComparisonRow
from reports import wording
from reports.quantity import change
from scripts.text_table import aligned


def progress_lines(session: AbSession, course: Course) -> list[str]:
    done, most = session.pairs_done, session.plan.most_pairs
    head = f"{plural(done, 'pair')} of {most} after {session.spent_s / 60:.1f} min"
    looked = [look for look in course.looks if look.pairs == done]
    if looked:
        head += f", looked at: {looked[-1].outcome.value}"
    gated = [] if course.now is None else [row for row in course.now.rows if row.gated]
    return [head, *(f"  {line}" for line in aligned(_cells(gated)))]


def _cells(rows: list[ComparisonRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            wording.title(row.endpoint, row.metric, row.statistic),
            change(row.change, row.unit),
            f"{change(row.low, row.unit)} to {change(row.high, row.unit)}",
            f"margin {change(row.margin, row.unit, signed=False)}",
            row.outcome.value,
        )
