"""The table of what is compared and does not decide."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.result import ComparisonRow, Outcome
from reports.comparison_table import ungated_cells

ROW = ComparisonRow(
    "query", "service", "p95", "us", "lower", 100e3, 130e3, 0.3, 0.2, 0.4, 0.1,
    Outcome.REGRESSION, gated=False, smallest_effect=0.2, reason=None, adjusted_p=0.0123,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "text", "small"),
    [
        ({}, "for information", "beyond its margin (adjusted p = 0.012)"),
        ({"adjusted_p": 1e-9}, "for information", "beyond its margin (adjusted p < 0.001)"),
        (
            {"outcome": Outcome.INCONCLUSIVE, "adjusted_p": 0.4, "reason": "8 others decide"},
            "8 others decide",
            "not surely beyond its margin (adjusted p = 0.400)",
        ),
        ({"adjusted_p": None, "change": None, "reason": "no value"}, "no value", ""),
    ],
)
def test_what_does_not_decide_says_why_and_how_sure_a_change_is(
    changes: dict[str, Any], text: str, small: str
) -> None:
    cell = ungated_cells(replace(ROW, **changes))[-1]

    assert (cell.text, cell.small) == (text, small)
