"""Reads what a report shows beside the result from a run directory."""

import logging
import shlex
from collections.abc import Iterator
from pathlib import Path

from analysis.baseline import Baseline, read_baseline
from analysis.errors import BaselineError
from analysis.histogram import Histogram
from analysis.judged_run import JudgedRun, read_judged_run
from analysis.measurement import elapsed_s
from analysis.profile import LoadProfile, Model
from analysis.result import Result
from analysis.run_directory import RunDirectory
from analysis.run_record import RunMode
from reports.counted import count_rows, failure_rows
from reports.curve import Curve, CurveChart, curve_points
from reports.generator_view import generator_view
from reports.load_panels import (
    busiest_endpoints,
    drawn_panels,
    failure_panel,
    latency_panels,
    load_panels,
)
from reports.marks import marks_of
from reports.quantity import tick
from reports.report_data import ReportData, RunFacts
from reports.sample_panels import sample_panels
from reports.time_bins import time_bins
from reports.timeline import Drawn, StageSpan, Timeline

logger = logging.getLogger(__name__)

_CURVES = {"response": ("service",), "ttft": ("ttft_service",)}
"""Metrics with a curve, and what is drawn beside them."""


def read_report_data(path: Path, result: Result, judged: JudgedRun | None = None) -> ReportData:
    """`path` is the run that the result was written to: the last one, where several were judged together.

    `judged` is that run where it has been read already.
    """
    run = judged or read_judged_run(path)
    baseline = _baseline(RunDirectory(path).baseline_json, result)
    bins = time_bins(run.log, run.profile.duration_s)
    generator = generator_view(run, bins)
    end_s = max(elapsed_s(run.log), 1.0)
    panels = (*load_panels(run, bins), *latency_panels(run, bins), failure_panel(bins), *sample_panels(run))
    timeline = Timeline(
        end_s=end_s,
        bin_s=bins.seconds,
        stages=tuple(_stages(run.profile, end_s)),
        marks=marks_of(run.log),
        panels=drawn_panels(panels),
    )
    return ReportData(
        result=result,
        facts=_facts(run, result),
        timeline=timeline,
        generator_panels=drawn_panels(generator.panels),
        charts=tuple(_charts(run, baseline)),
        counts=tuple(count_rows(result)),
        failures=tuple(failure_rows(result, run.log)),
        health=generator.rows,
    )


def _baseline(path: Path, result: Result) -> Baseline | None:
    """The one that the result speaks of; a report does without its curves rather than fail."""
    if result.comparison is None or not path.is_file():
        return None
    try:
        found = read_baseline(path)
    except BaselineError as error:
        logger.warning("The baseline's curves are not drawn: %s", error)
        return None
    return found if found.baseline_id == result.comparison.baseline_id else None


def _stages(profile: LoadProfile, end_s: float) -> Iterator[StageSpan]:
    """Those that the run came to; a run stopped early cuts the last one."""
    start_s = 0.0
    unit = "/s" if profile.model is Model.OPEN else " users"
    for number, stage in enumerate(profile.stages, 1):
        if start_s >= end_s:
            return
        level = f"{'to ' if stage.ramp else ''}{tick(stage.level)}{unit}"
        stop_s = start_s + stage.duration_s
        yield StageSpan(number, stage.name, start_s, min(stop_s, end_s), level, stage.measure)
        start_s = stop_s


def _charts(run: JudgedRun, baseline: Baseline | None) -> Iterator[CurveChart]:
    whole = run.measurement.whole.histograms
    for endpoint in busiest_endpoints(run):
        for metric, beside in _CURVES.items():
            curves: list[Curve] = []
            for name, colour in ((metric, "p95"), *((other, "p50") for other in beside)):
                curves += _curve(name, colour, whole.get(f"{endpoint}.{name}"))
            if curves and baseline is not None and (stored := baseline.pooled.get(f"{endpoint}.{metric}")):
                curves += _curve(f"baseline {metric}", "base", Histogram.decode(stored), Drawn.DASHED)
            if curves:
                yield CurveChart(endpoint, metric, tuple(curves))


def _curve(
    label: str, colour: str, histogram: Histogram | None, drawn: Drawn = Drawn.LINE
) -> Iterator[Curve]:
    if histogram is None:
        return
    points = curve_points(histogram.percentile, histogram.count)
    if points:
        yield Curve(label, colour, "us", histogram.count, points, drawn)


def _facts(run: JudgedRun, result: Result) -> RunFacts:
    record = run.log.run
    git = None
    if record.git is not None:
        git = record.git.commit[:12] + (" (with uncommitted changes)" if record.git.dirty else "")
    return RunFacts(
        base_url=record.base_url,
        seed=record.seed,
        mode=record.mode.value,
        workers=len(record.workers),
        slice_s=record.slice_s,
        model=_model(run.profile),
        mix=record.mix,
        stopped=None
        if record.stop is None
        else f"{record.stop.kind.value.replace('_', ' ')}: {record.stop.detail}",
        git=git,
        command=_command(run, result),
        damage=run.log.damage,
    )


def _model(profile: LoadProfile) -> str:
    if not profile.stages:
        return "users by hand"
    if profile.model is Model.CLOSED:
        return "closed model"
    return f"open model, {'Poisson' if profile.arrivals.value == 'poisson' else 'constant'} arrivals"


def _command(run: JudgedRun, result: Result) -> str:
    """What to type for the same load and judgement; the base URL only where it was not the target's own."""
    record = run.log.run
    words = [
        "plimsoll",
        "run",
        "--target",
        record.target,
        "--profile",
        record.profile,
        "--seed",
        str(record.seed),
    ]
    if len(result.runs) > 1:
        words += ["--runs", str(len(result.runs))]
    if record.mode is RunMode.MASTER:
        words += ["--processes", str(len(record.workers))]
    own = run.target.base_url
    if "${" not in own and own.rstrip("/") != record.base_url.rstrip("/"):
        words += ["--base-url", record.base_url]
    if record.judge.baseline != "auto":
        words += ["--baseline", record.judge.baseline]
    if record.judge.allow_inconclusive:
        words += ["--allow-inconclusive"]
    return shlex.join(words)
