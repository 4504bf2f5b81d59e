"""How punctual the open model's sends are: constant arrivals, drawn, sent, and how evenly they came.

A machine can be late by itself, a virtual one above all. A bare timer beside the generator tells in which
seconds it was, and the same figures are given for the others alone.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scripts.bench.answering_process import answering_server
from scripts.bench.cores import two_cores
from scripts.bench.punctuality import Punctuality, Undisturbed, punctuality


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rate: int
    steady_s: int
    rounds: int


FULL = Plan(rate=500, steady_s=20, rounds=5)
QUICK = Plan(rate=500, steady_s=6, rounds=1)


def arrivals_command(*, quick: bool, as_json: bool) -> int:
    """Raises BenchError when a run does not end well."""
    plan = QUICK if quick else FULL
    middle = _middle([_measured(plan, number) for number in range(1, plan.rounds + 1)])
    if as_json:
        print(json.dumps(_document(plan, middle), indent=2, sort_keys=True))
    else:
        _print_table(plan, middle)
    return 0


def _measured(plan: Plan, number: int) -> Punctuality:
    cores = two_cores()
    with answering_server(cores, stamps=True) as server:
        seen = punctuality(plan.rate, plan.steady_s, server, cores)
    late = "" if seen.machine_late_ms is None else f", a bare timer up to {seen.machine_late_ms:.1f} ms late"
    print(
        f"round {number}: {seen.sent} sent of {seen.drawn} drawn, "
        f"send_lag p50 {seen.send_lag_p50_ms:.3f} ms, p99 {seen.send_lag_p99_ms:.3f} ms, "
        f"variation of the gaps {seen.gap_variation:.3f}, {seen.idle:.0%} of the cores idle{late}",
        file=sys.stderr,
    )
    return seen


def _middle(rounds: Sequence[Punctuality]) -> Punctuality:
    """Sums of the counts, all seconds, medians of the rest."""
    late_ms = [seen.machine_late_ms for seen in rounds if seen.machine_late_ms is not None]
    quiet = [seen.undisturbed for seen in rounds if seen.undisturbed is not None]
    return Punctuality(
        drawn=sum(seen.drawn for seen in rounds),
        sent=sum(seen.sent for seen in rounds),
        answered=sum(seen.answered for seen in rounds),
        send_lag_p50_ms=median(seen.send_lag_p50_ms for seen in rounds),
        send_lag_p99_ms=median(seen.send_lag_p99_ms for seen in rounds),
        gap_variation=median(seen.gap_variation for seen in rounds),
        gap_variation_of_seconds=[value for seen in rounds for value in seen.gap_variation_of_seconds],
        machine_late_ms=median(late_ms) if late_ms else None,
        undisturbed=Undisturbed(
            seconds=sum(part.seconds for part in quiet),
            send_lag_p99_ms=median(part.send_lag_p99_ms for part in quiet),
            gap_variation=median(part.gap_variation for part in quiet),
        )
        if quiet
        else None,
        idle=median(seen.idle for seen in rounds),
    )


def _document(plan: Plan, middle: Punctuality) -> dict[str, object]:
    quiet, late_ms = middle.undisturbed, middle.machine_late_ms
    return {
        "benchmark": "arrivals",
        "rate_per_s": plan.rate,
        "steady_s": plan.steady_s,
        "rounds": plan.rounds,
        "drawn": middle.drawn,
        "sent": middle.sent,
        "answered": middle.answered,
        "send_lag_ms": {"p50": round(middle.send_lag_p50_ms, 3), "p99": round(middle.send_lag_p99_ms, 3)},
        "gap_variation": round(middle.gap_variation, 4),
        "gap_variation_of_a_second": round(median(middle.gap_variation_of_seconds), 4),
        "machine_late_ms": None if late_ms is None else round(late_ms, 3),
        "undisturbed": quiet
        and {
            "seconds": quiet.seconds,
            "send_lag_p99_ms": round(quiet.send_lag_p99_ms, 3),
            "gap_variation": round(quiet.gap_variation, 4),
        },
        "idle": round(middle.idle, 3),
    }


def _print_table(plan: Plan, middle: Punctuality) -> None:
    print(f"Constant arrivals, {plan.rate} a second: {plan.rounds} rounds of {plan.steady_s} s, medians")
    print(f"drawn                   {middle.drawn:>10}")
    print(f"sent                    {middle.sent:>10}")
    print(f"answered                {middle.answered:>10}")
    print(f"send_lag p50            {middle.send_lag_p50_ms:>10.3f} ms")
    print(f"send_lag p99            {middle.send_lag_p99_ms:>10.3f} ms")
    print(f"variation of gaps       {middle.gap_variation:>10.3f}")
    print(f"  of a second           {median(middle.gap_variation_of_seconds):>10.3f}")
    print(f"cores idle              {middle.idle:>10.0%}")
    if middle.machine_late_ms is not None:
        print(f"a bare timer, at worst  {middle.machine_late_ms:>10.3f} ms late")
    quiet = middle.undisturbed
    if quiet is not None:
        print(f"In the {quiet.seconds} s in which it was never more than 0.5 ms late:")
        print(f"send_lag p99            {quiet.send_lag_p99_ms:>10.3f} ms")
        print(f"variation of gaps       {quiet.gap_variation:>10.3f}")
