"""Pages of the samples, each drawn once for all tests of a process."""

from functools import cache

from reports.html_report import render_html
from tests.reports import sample_report


@cache
def page(name: str) -> str:
    return render_html(getattr(sample_report, name)())
