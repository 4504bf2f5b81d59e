"""Panels of what was sent and how it was answered: load, latency, failures."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from analysis.counts import Counts
from analysis.failure import FailureKind
from analysis.judged_run import JudgedRun
from analysis.measurement import GENERATOR
from analysis.profile import LoadProfile, Model
from analysis.sample import SampleSource
from reports.time_bins import TimeBins
from reports.timeline import Drawn, Line, Panel, thinned

ENDPOINTS = 12
"""More panels than that are not read; the endpoints with the most requests are drawn."""
_SHOWN = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_KIND_COLOURS = {
    FailureKind.CONNECT: "s0",
    FailureKind.TLS: "s7",
    FailureKind.TIMEOUT: "s3",
    FailureKind.RESET: "s6",
    FailureKind.TRUNCATED: "s5",
    FailureKind.PROTOCOL: "muted",
    FailureKind.HTTP_4XX: "s4",
    FailureKind.HTTP_5XX: "s1",
    FailureKind.STREAM_ERROR: "bad",
    FailureKind.VALIDATION: "s2",
}


def load_panels(run: JudgedRun, bins: TimeBins) -> Iterator[Panel]:
    lines = [
        Line("ok", "s0", bins.rates(lambda counts: counts.ok)),
        Line("failed", "bad", bins.rates(lambda counts: counts.failures)),
    ]
    dropped = Line("dropped", "warn", bins.rates(lambda counts: counts.dropped))
    if dropped.largest:
        lines.append(dropped)
    profile = run.profile
    if profile.model is Model.OPEN and profile.stages:
        asked = tuple((bins.middle_s(at), _asked(profile, bins, at)) for at in range(bins.count))
        lines.insert(0, Line("asked", "base", asked, Drawn.DASHED))
    yield Panel("Requests", "1/s", tuple(lines))
    yield Panel(
        "Users and requests in flight" if profile.model is Model.CLOSED else "Requests in flight",
        "",
        tuple(_concurrency(run)),
    )


def latency_panels(run: JudgedRun, bins: TimeBins) -> Iterator[Panel]:
    for endpoint in busiest_endpoints(run):
        lines: list[Line] = []
        for metric, drawn in (("response", Drawn.LINE), ("service", Drawn.DASHED)):
            lines += _percentile_lines(bins, f"{endpoint}.{metric}", drawn)
        yield Panel(f"{endpoint} latency", "us", tuple(lines), note="solid: response, dashed: service")
        if run.log.merged(f"{endpoint}.ttft").count:
            lines = [
                *_percentile_lines(bins, f"{endpoint}.ttft", Drawn.LINE),
                *_percentile_lines(bins, f"{endpoint}.gap", Drawn.DASHED),
            ]
            yield Panel(
                f"{endpoint} text",
                "us",
                tuple(lines),
                note="solid: time to first text (ttft), dashed: gaps between texts",
            )


def failure_panel(bins: TimeBins) -> Panel:
    lines = []
    for kind in FailureKind:
        points = bins.rates(_failures_of(kind))
        if any(value for _, value in points):
            # Areas are steps: each begins where its stretch does.
            half_s = bins.seconds / 2
            steps = (
                *((t_s - half_s, value) for t_s, value in points),
                (points[-1][0] + half_s, points[-1][1]),
            )
            lines.append(Line(kind.value, _KIND_COLOURS[kind], steps, Drawn.AREA))
    return Panel("Failures by kind", "1/s", tuple(lines))


def busiest_endpoints(run: JudgedRun) -> tuple[str, ...]:
    started = {name: counts.started for name, counts in run.log.totals().items() if name != GENERATOR}
    timed = {tag.partition(".")[0] for tag in run.log.tags} - {GENERATOR}
    busiest = sorted(timed, key=lambda name: (-started.get(name, 0), name))[:ENDPOINTS]
    return tuple(busiest)


def _asked(profile: LoadProfile, bins: TimeBins, at: int) -> float | None:
    seconds, start_s = bins.loaded_s(at), bins.start_s(at)
    return None if seconds is None else profile.arrivals_between(start_s, start_s + seconds) / seconds


def _percentile_lines(bins: TimeBins, tag: str, drawn: Drawn) -> Iterator[Line]:
    if tag not in bins.log.histograms:
        return
    lines = bins.percentiles([tag], [fraction for _, fraction in _SHOWN])
    for (name, _), points in zip(_SHOWN, lines, strict=True):
        yield Line(name if drawn is Drawn.LINE else "", name, points, drawn)


def _concurrency(run: JudgedRun) -> Iterator[Line]:
    closed = run.profile.model is Model.CLOSED
    for field, label, colour in (("users", "users", "s2"), ("in_flight", "in flight", "s0")):
        if field == "users" and not closed:
            continue
        # A reading tells of the slice that ends with it, a worker's last one of a slice for all of it.
        ends = {
            (round(t_s / run.log.run.slice_s) - 1, worker): value
            for worker, t_s, value in _readings(run, field)
        }
        sums: defaultdict[int, float] = defaultdict(float)
        for (at, _), value in ends.items():
            if at >= 0:
                sums[at] += value
        slice_s = run.log.run.slice_s
        last = max(sums, default=-1)
        points = [((at + 0.5) * slice_s, sums.get(at)) for at in range(last + 1)]
        yield Line(label, colour, thinned(points))


def _readings(run: JudgedRun, field: str) -> Iterator[tuple[int, float, float]]:
    start_ns = run.log.run.start_ns
    for sample in run.log.samples:
        value = sample.get(field)
        if sample["source"] == SampleSource.GENERATOR and isinstance(value, int | float):
            worker = sample.get("worker")
            yield (
                worker if isinstance(worker, int) else 0,
                (sample["t_utc_ns"] - start_ns) / 1e9,
                float(value),
            )


def _failures_of(kind: FailureKind) -> Callable[[Counts], int]:
    return lambda counts: counts.failed.get(kind, 0)


def drawn_panels(panels: Sequence[Panel]) -> tuple[Panel, ...]:
    """Those with something in them."""
    return tuple(panel for panel in panels if not panel.empty)
