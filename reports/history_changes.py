"""A change point as a sentence."""

from analysis.arms import name_parts
from analysis.history_series import Change, HistorySeries
from reports import wording
from reports.quantity import change


def change_sentence(series: HistorySeries, found: Change) -> str:
    size = change(abs(found.change), series.unit, signed=False)
    word = "worse" if found.worse else "better"
    title = series_title(series)
    return f"{found.row.start_utc[:10]}  {title} became {word} by {size} and stayed so (p = {found.p:.3f})"


def series_title(series: HistorySeries) -> str:
    return wording.title(*name_parts(series.name))
