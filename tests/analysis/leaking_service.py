"""A simulated service and its clients: what a run's log would hold of them, and what is true."""

import json
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis.counts import Counts, CountsRow
from analysis.event import EventKind
from analysis.leak import LeakWatch
from analysis.run_log import RunLog
from analysis.run_record import parse_run
from analysis.sample import Sample
from tests.analysis.run_content import START_NS, run_content

Times = npt.NDArray[np.floating]

LOOKS_PER_S = 20
NETWORK_S = 0.002
GAUGE = "open_requests"
BASE = 3.0
"""Of the gauge before the load."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is simulated; every default is a healthy one under an even load."""

    seed: int = 0
    duration_s: int = 60
    per_s: tuple[float, ...] = (20.0,)
    """Requests per second, in stretches of equal length."""
    in_step: bool = False
    """All requests of a second begin at once."""
    took_s: float = 0.5
    """Mean of the exponential time that an answer takes."""
    left: float = 0.0
    """Share of the requests that are given up half way."""
    notice_s: float = 0.1
    """Until the service notices that, on average."""
    leaked: float = 0.0
    """Share of those given up that it never notices."""
    after_s: float = 0.0
    """For so long it goes on with something after its last byte."""
    workers: int = 2
    sample_phase_s: float = 0.3
    wait_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """A run against it."""

    log: RunLog
    watch: LeakWatch
    leaks_s: Times = field(repr=False)
    """When each request was given up that was never let go of."""


def simulated(service: Service) -> Simulated:
    random = np.random.default_rng(service.seed)
    rates = np.repeat(service.per_s, -(-service.duration_s // len(service.per_s)))[: service.duration_s]
    seconds = np.repeat(np.arange(service.duration_s), random.poisson(rates))
    begun_s = np.sort(seconds + (0.0 if service.in_step else random.random(len(seconds))))
    took_s = random.exponential(service.took_s, len(begun_s))
    is_left = random.random(len(begun_s)) < service.left
    ended_s = begun_s + np.where(is_left, took_s / 2, took_s)
    is_leaked = is_left & (random.random(len(begun_s)) < service.leaked)
    noticed_s = np.where(is_left, random.exponential(service.notice_s, len(begun_s)), service.after_s)
    let_go_s = np.where(is_leaked, np.inf, ended_s + noticed_s)
    worker = random.integers(service.workers, size=len(begun_s))
    run = parse_run(
        json.dumps(
            run_content(
                slice_s=1,
                workers=[
                    {"index": each, "id": str(each), "state": "ready"} for each in range(service.workers)
                ],
                end_ns=START_NS + (service.duration_s + 5) * 10**9,
            )
        ),
        "run.json",
    )
    samples = _sidecar(service, begun_s + NETWORK_S, let_go_s)
    rows: list[CountsRow] = []
    for each in range(service.workers):
        ours = worker == each
        samples += _generator(service, each, begun_s[ours], ended_s[ours])
        rows += _counts(each, ended_s[ours], is_left[ours])
    samples.sort(key=lambda sample: sample["t_utc_ns"])
    rows.sort(key=lambda row: row.slice_index)
    events = (
        {"t_utc_ns": START_NS + service.duration_s * 10**9, "kind": EventKind.DRAIN},
        {
            "t_utc_ns": run.end_ns,
            "kind": EventKind.SETTLED,
            "waited_s": 1.0,
            "before": {"in_flight": BASE},
            "after": {"in_flight": BASE},
        },
    )
    return Simulated(
        RunLog(run, {}, tuple(rows), tuple(samples), events, ()),
        LeakWatch(GAUGE, {"in_flight": 0.0}, service.wait_s),
        ended_s[is_leaked],
    )


def _open(begun_s: Times, ended_s: Times, at_s: Times) -> Times:
    begun = np.searchsorted(np.sort(begun_s), at_s, side="right")
    ended = np.searchsorted(np.sort(ended_s), at_s, side="right")
    return (begun - ended).astype(np.float64)


def _sidecar(service: Service, begun_s: Times, let_go_s: Times) -> list[Sample]:
    at_s = np.arange(service.duration_s + 4) + service.sample_phase_s
    return [
        {
            "t_utc_ns": START_NS + round(t_s * 1e9),
            "source": "sidecar",
            "process": None,
            "prometheus": {},
            "scrape": {f'{GAUGE}{{endpoint="stream"}}': BASE + count},
        }
        for t_s, count in zip(at_s.tolist(), _open(begun_s, let_go_s, at_s).tolist(), strict=True)
    ]


def _generator(service: Service, worker: int, begun_s: Times, ended_s: Times) -> list[Sample]:
    looks_s = np.arange((service.duration_s + 4) * LOOKS_PER_S) / LOOKS_PER_S
    most = _open(begun_s, ended_s, looks_s).reshape(-1, LOOKS_PER_S).max(axis=1)
    return [
        {
            "t_utc_ns": START_NS + (second + 1) * 10**9,
            "source": "generator",
            "worker": worker,
            "in_flight_max": int(count),
        }
        for second, count in enumerate(most.tolist())
    ]


def _counts(worker: int, ended_s: Times, is_left: npt.NDArray[np.bool_]) -> list[CountsRow]:
    slices = ended_s.astype(int)
    left = np.bincount(slices[is_left], minlength=slices.max(initial=0) + 1)
    ok = np.bincount(slices[~is_left], minlength=len(left))
    return [
        CountsRow(number, worker, "stream", Counts(ok=int(good), aborted=int(gone), left=int(gone)))
        for number, (good, gone) in enumerate(zip(ok, left, strict=True))
    ]
