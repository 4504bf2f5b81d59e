"""Rows of a history for tests: a week apart, with figures as given."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from analysis.history import Figure, HistoryRow
from analysis.result import Outcome

_START = datetime.fromisoformat("2026-01-05T03:17:00+00:00")


def built_row(week: int, figures: dict[str, float], **changed: Any) -> HistoryRow:
    """`figures` are means; every deviation is 0.02."""
    start_utc = (_START + timedelta(weeks=week)).isoformat().replace("+00:00", "Z")
    content: dict[str, Any] = {
        "baseline_id": f"week-{week}",
        "start_utc": start_utc,
        "env8": "1a2b3c4d",
        "scenario_sha256": "ab" * 32,
        "clock": "kernel",
        "workers": 1,
        "runs": 7,
        "git_commit": f"{week:040x}",
        "rolling": Outcome.PASS,
        "anchor": None,
        "figures": {name: Figure(mean, 0.02) for name, mean in figures.items()},
    }
    return HistoryRow(**content | changed)


def built_history(
    weeks: int = 20, *, steps: Sequence[tuple[int, float]] = (), **changed: Any
) -> list[HistoryRow]:
    """Queries of about 200 ms whose p95 is multiplied by each step's factor from its week on; no errors."""
    random = np.random.default_rng(5)
    rows = []
    for week in range(weeks):
        factor = float(np.prod([factor for at, factor in steps if week >= at]))
        noise = float(np.exp(random.normal(0.0, 0.01)))
        figures = {
            "query.response.p50": 200_000.0 * noise,
            "query.response.p95": 400_000.0 * noise * factor,
            "query.errors.ratio": 0.0,
        }
        rows.append(built_row(week, figures, **changed))
    return rows
