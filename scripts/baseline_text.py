"""What a baseline holds, as a few lines for people."""

import math
from collections.abc import Iterator

from analysis.baseline import Baseline
from analysis.gate import COMPARED
from analysis.plural import plural
from analysis.session import in_order, session_sizes
from analysis.warm_up import WarmUp
from reports.quantity import ABSENT, quantity
from scripts.forecast_text import chances_text
from scripts.text_table import aligned

SHOWN = ("response", "ttft", "errors", "throughput", "capacity")
"""Metrics that are worth a line for every endpoint that has them."""
_UNITS = {"rate": "1/s", "ratio": "ratio"}


def baseline_text(baseline: Baseline) -> str:
    lines = [
        f"{baseline.baseline_id} ({baseline.kind.value})",
        f"  {baseline.target} x {baseline.profile}, {len(baseline.runs)} runs, "
        f"the last at {baseline.created_utc}",
        f"  environment {baseline.env8}: {_listed(baseline.environment.hard)}",
        f"  scenario {baseline.scenario_sha256[:12]}, clock {baseline.clock}",
    ]
    if baseline.supersedes is not None:
        lines.append(f"  supersedes {baseline.supersedes}")
    lines += [f"  {line}" for line in _trust(baseline)]
    return "\n".join((*lines, "", *aligned(_rows(baseline)))) + "\n"


def _trust(baseline: Baseline) -> Iterator[str]:
    """What a comparison with it can be expected to tell."""
    sessions = len(session_sizes(in_order(baseline.summaries())))
    if sessions > 1:
        yield f"runs of {plural(sessions, 'session')}"
    if baseline.warm_up is not None:
        yield _warm_up(baseline.warm_up)
    health = baseline.gate_health
    if health is not None:
        yield (
            f"compared with itself: {health.aa_false_regressions} false regressions "
            f"in {plural(health.aa_gates, 'gate')}"
        )
    if baseline.gating is not None:
        yield chances_text(baseline, baseline.gating.rules)


def _warm_up(found: WarmUp) -> str:
    text = f"warm-up of {found.warm_up_s:g} s: "
    if found.enough:
        return f"{text}enough, by MSER-5 over {plural(found.runs, 'run')}"
    higher = f"{100 * abs(found.shift):.0f} % {'higher' if found.shift > 0 else 'lower'}"
    return (
        f"{text}too short, MSER-5 over {plural(found.runs, 'run')} asks for {found.needed_s:g} s; "
        f"in between latencies are {higher} than later"
    )


def _rows(baseline: Baseline) -> Iterator[tuple[str, ...]]:
    yield ("endpoint", "metric", "", "mean of runs", "least", "most", "spread", "sessions", "floor")
    for key in sorted({key for run in baseline.runs for key in run.series}):
        endpoint, _, metric = key.partition(".")
        if metric not in SHOWN:
            continue
        for statistic in (*COMPARED, "rate", "ratio"):
            values = [
                run.series[key].values[statistic]
                for run in baseline.runs
                if key in run.series and statistic in run.series[key].values
            ]
            if not values:
                continue
            unit = _UNITS.get(statistic, "us")
            noise = baseline.noise.get(f"{key}.{statistic}")
            yield (
                endpoint,
                metric,
                statistic,
                quantity(math.fsum(values) / len(values), unit),
                quantity(min(values), unit),
                quantity(max(values), unit),
                ABSENT if noise is None else quantity(noise.s_run, "ratio"),
                ABSENT if noise is None else quantity(noise.s_session, "ratio"),
                ABSENT if noise is None else quantity(noise.s_floor, "ratio"),
            )


def _listed(keys: object) -> str:
    if not isinstance(keys, dict):
        return ABSENT
    return ", ".join(f"{key} {value}" for key, value in sorted(keys.items()) if value not in (None, []))
