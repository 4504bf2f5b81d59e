"""What changed from one baseline to another, for a reviewer."""

from collections.abc import Iterator

from pydantic import JsonValue

from analysis.baseline import Baseline
from analysis.baseline_diff import BaselineDiff, KeyChange
from analysis.metric import PROMETHEUS
from analysis.screen import CONFIDENCE
from reports.quantity import ABSENT, change, quantity
from reports.wording import percent, title
from scripts.baseline_text import SHOWN
from scripts.text_table import aligned


def diff_text(diff: BaselineDiff) -> str:
    """Metrics that may decide, and the Prometheus series; the rest is in `--json`."""
    lines = [_line("old", diff.old), _line("new", diff.new), ""]
    for name, changes in (("must be equal", diff.hard), ("may differ", diff.soft)):
        lines += [f"{name}: {_changed(key)}" for key in changes]
    if diff.hard:
        lines.append("no change is tested, as the two were recorded under different conditions")
    elif not diff.soft:
        lines.append("recorded under the same conditions")
    return "\n".join([*lines, "", *aligned(_rows(diff)), *_reasons(diff)]) + "\n"


def _line(side: str, baseline: Baseline) -> str:
    return (
        f"{side}: {baseline.baseline_id} ({baseline.kind.value}, {len(baseline.runs)} runs, "
        f"{baseline.created_utc})"
    )


def _changed(key: KeyChange) -> str:
    return f"{key.name}: {_shown(key.old)} -> {_shown(key.new)}"


def _shown(value: JsonValue) -> str:
    return ABSENT if value is None else str(value)


def _rows(diff: BaselineDiff) -> Iterator[tuple[str, ...]]:
    yield ("metric", "old", "new", "change", f"{percent(CONFIDENCE)} interval", "margin", "outcome")
    for row in diff.rows:
        if not (row.metric in SHOWN or row.primary or row.metric.startswith(PROMETHEUS)):
            continue
        low, high = (change(value, row.unit) for value in (row.low, row.high))
        yield (
            title(row.endpoint, row.metric, row.statistic),
            quantity(row.baseline, row.unit),
            quantity(row.candidate, row.unit),
            change(row.change, row.unit),
            ABSENT if row.low is None else f"{low} to {high}",
            change(row.margin, row.unit, signed=False),
            row.outcome.value if row.gated else "shown only",
        )


def _reasons(diff: BaselineDiff) -> list[str]:
    """Why what decides left it open, once for all rows that say the same."""
    titles: dict[str, list[str]] = {}
    for row in diff.rows:
        if row.gated and row.reason is not None:
            titles.setdefault(row.reason, []).append(title(row.endpoint, row.metric, row.statistic))
    lines = [f"{', '.join(names)}: {reason}" for reason, names in titles.items()]
    return ["", *lines] if lines else []
