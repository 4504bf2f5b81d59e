"""A run's values against the absolute limits that the target promises."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.gate import DISPLAY_FLOORS
from analysis.growth import LEAST_S, growth
from analysis.histogram import Histogram
from analysis.measurement import GENERATOR, Measurement, Part, counted, merged, statistic_of
from analysis.metric import metric_named
from analysis.readings import MemoryCourse, Readings
from analysis.result import ObjectiveRow
from analysis.run_summary import EVERYTHING
from analysis.target import Objective

BEYOND_THE_LIMIT = "this profile goes beyond the limit on purpose"

MEMORY = frozenset({"host_memory", "memory_growth"})
_BYTES_PER_MB = 1_000_000
_SECONDS_PER_HOUR = 3600


def evaluate(
    objectives: Sequence[Objective],
    measurements: Sequence[Measurement],
    readings: Sequence[Readings],
    *,
    finds_limit: bool = False,
) -> tuple[ObjectiveRow, ...]:
    """Several runs: times and ratios of all requests together, the sidecar's objectives of the worst run.

    A run that looks for the limit is asked about memory only: it must miss the others to find it.
    """
    whole = merged([measurement.whole for measurement in measurements])
    return tuple(
        _row(objective, None, None, BEYOND_THE_LIMIT)
        if finds_limit and objective.metric not in MEMORY
        else _evaluate(objective, whole, readings)
        for objective in objectives
    )


def needing_sidecar(objectives: Sequence[Objective], even_s: float) -> tuple[str, ...]:
    """Names of the objectives that can only be met with all samples, in a run that held one level so long."""
    return tuple(
        objective.name
        for objective in objectives
        if objective.metric == "host_memory" or (objective.metric == "memory_growth" and even_s >= LEAST_S)
    )


def _evaluate(objective: Objective, whole: Part, readings: Sequence[Readings]) -> ObjectiveRow:
    match objective.metric:
        case "host_memory":
            return _host_memory(objective, readings)
        case "memory_growth":
            return _worst(objective, [_memory_growth(objective, run) for run in readings])
        case "errors" | "goodput" | "throughput":
            return _count_objective(objective, whole)
        case _:
            return _time_objective(objective, whole)


def _time_objective(objective: Objective, whole: Part) -> ObjectiveRow:
    histogram = Histogram()
    for tag, found in whole.histograms.items():
        endpoint, _, metric = tag.partition(".")
        if (
            metric == objective.metric
            and endpoint != GENERATOR
            and objective.endpoint in (None, EVERYTHING, endpoint)
        ):
            histogram.merge(found)
    if histogram.count == 0:
        return _row(objective, None, None, "the profile made no such request, or none succeeded")
    value = statistic_of(histogram, objective.statistic)
    if value is not None:
        return _row(objective, value, value <= objective.limit, None)
    few = f"{histogram.count} observations, {DISPLAY_FLOORS[objective.statistic]} are needed"
    lower = _lower_percentile(histogram, objective.statistic)
    if lower is not None and lower[1] > objective.limit:
        name, value = lower
        return _row(
            objective, value, False, f"{few} for {objective.statistic}, but {name} is already above the limit"
        )
    return _row(objective, None, None, few)


def _lower_percentile(histogram: Histogram, statistic: str) -> tuple[str, float] | None:
    """The highest percentile below `statistic` that the observations carry: the real one is not lower."""
    order = list(DISPLAY_FLOORS)
    for name in reversed(order[: order.index(statistic)]):
        value = statistic_of(histogram, name)
        if value is not None:
            return name, value
    return None


def _count_objective(objective: Objective, whole: Part) -> ObjectiveRow:
    value, _ = counted(whole, objective.endpoint or EVERYTHING, objective.metric)
    if value is None:
        return _row(objective, None, None, "no request finished")
    return _row(objective, value, metric_named(objective.metric).keeps(value, objective.limit), None)


def _host_memory(objective: Objective, readings: Sequence[Readings]) -> ObjectiveRow:
    if any(not run.host_memory_percent for run in readings):
        return _row(objective, None, None, "the host's memory was not watched")
    most = max(max(run.host_memory_percent) for run in readings)
    reason = "the sidecar was lost before the end" if any(run.lost for run in readings) else None
    return _row(objective, most, most <= objective.limit, reason)


def _memory_growth(objective: Objective, run: Readings) -> ObjectiveRow:
    """The worst level of the load that was held for long enough."""
    if not run.memory:
        return _row(objective, None, None, "the load never held one level, and memory moves with it")
    courses = [course for course in run.memory if course.times_s]
    if not courses:
        return _row(objective, None, None, "the memory of the service's process was not watched")
    rows = [_growth_at_one_level(objective, course) for course in courses]
    told = [row for row in rows if row.low is not None]
    if told:
        return _worst(objective, told)
    span_s = max(course.times_s[-1] - course.times_s[0] for course in courses)
    where = "" if len(run.memory) == 1 else " at one level of the load"
    reason = f"{span_s:.0f} s of samples{where}, {LEAST_S:.0f} s without long gaps are needed"
    return _row(objective, None, None, reason)


def _growth_at_one_level(objective: Objective, course: MemoryCourse) -> ObjectiveRow:
    """Without an interval where the readings are too few."""
    found = growth(course.times_s, course.rss_bytes)
    if found is None:
        return _row(objective, None, None, None)
    scale = _SECONDS_PER_HOUR / _BYTES_PER_MB
    slope, low, high = (x * scale for x in (found.slope, found.interval.low, found.interval.high))
    met = found.within(objective.limit / scale)
    doubt = (
        None if met is not None else f"between {low:.3g} and {high:.3g} MB/h: the run is too short to tell"
    )
    if doubt is not None and found.too_short:
        doubt += f", {found.needed_s / 60:.0f} min would do for memory that moves as slowly as this"
    return replace(_row(objective, slope, met, doubt), low=low, high=high)


def _worst(objective: Objective, rows: Sequence[ObjectiveRow]) -> ObjectiveRow:
    if not rows:
        return _row(objective, None, None, "there is no run")
    missed = [row for row in rows if row.met is False]
    unknown = [row for row in rows if row.met is None]
    return max(missed or unknown or rows, key=lambda row: row.value or 0.0)


def _row(objective: Objective, value: float | None, met: bool | None, reason: str | None) -> ObjectiveRow:
    return ObjectiveRow(
        name=objective.name,
        endpoint=objective.endpoint,
        metric=objective.metric,
        statistic=objective.statistic,
        unit=objective.unit,
        limit=objective.limit,
        value=value,
        met=met,
        reason=reason,
    )
