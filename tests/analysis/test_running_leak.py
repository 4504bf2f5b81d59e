"""Leaks that show while the load goes on, in simulated services of which the truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.leak import LeakWatch, RunningLeak
from analysis.run_record import ClockKind
from analysis.running_leak import Moment, running_leak, running_leaks
from tests.analysis.leaking_service import Service, Simulated, simulated

SEEDS = range(20)

HEALTHY = {
    "an even load": Service(),
    "nobody comes": Service(per_s=(0.0,)),
    "everybody comes at once each second": Service(in_step=True, per_s=(50.0,)),
    "half of the users leave": Service(left=0.5, took_s=2.0),
    "a service that notices late": Service(left=0.8, took_s=0.2, per_s=(10.0,), notice_s=3.0),
    "more and more users who leave": Service(left=0.3, took_s=2.0, per_s=(5.0, 20.0, 50.0, 80.0)),
    "a crowd that goes": Service(left=0.2, took_s=3.0, per_s=(5.0, 100.0, 5.0)),
    "a crowd that goes at the end": Service(left=0.2, took_s=3.0, per_s=(100.0, 100.0, 100.0, 100.0, 1.0)),
    "work after the last byte": Service(per_s=(100.0,), took_s=0.02, after_s=1.4),
    "answers longer than the run": Service(per_s=(3.0,), took_s=50.0),
}


def found(simulation: Simulated) -> RunningLeak | None:
    return running_leaks(simulation.log, simulation.watch).get("in_flight")


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_service_shows_no_leak_under_any_load(name: str) -> None:
    """Twenty times, and sampled at any moment of the second."""
    for seed in SEEDS:
        service = replace(HEALTHY[name], seed=seed, sample_phase_s=seed / len(SEEDS))
        assert found(simulated(service)) is None, service


@pytest.mark.parametrize(
    "service",
    [
        Service(left=0.5, leaked=1.0),
        Service(left=0.2, leaked=0.5, took_s=2.0, duration_s=120),
        Service(left=0.3, leaked=1.0, took_s=2.0, per_s=(5.0, 20.0, 50.0), duration_s=180),
        Service(left=0.1, leaked=0.6, per_s=(40.0,), duration_s=180, wait_s=20.0),
    ],
    ids=["all who leave", "half of them", "under a rising load", "some of a few"],
)
def test_what_a_service_keeps_of_those_who_left_is_told_with_how_many_and_since_when(
    service: Service,
) -> None:
    """At least so many are told as were lost before the wait, less what is in flight, and never more."""
    for seed in SEEDS:
        simulation = simulated(replace(service, seed=seed))
        leak = found(simulation)
        assert leak is not None, seed
        lost_s = simulation.leaks_s
        in_flight = service.per_s[-1] * (service.took_s + 1) * 3
        sure = np.count_nonzero(lost_s < service.duration_s - 2 * service.wait_s - 2)
        assert sure - in_flight <= leak.kept <= len(lost_s)
        assert lost_s.min() <= leak.since_s <= service.duration_s - service.wait_s


def test_what_was_kept_for_a_while_and_then_let_go_of_is_no_leak() -> None:
    moments = [Moment(float(second), 50.0 if second < 100 else 0.0, 1.0) for second in range(120)]

    assert running_leak(moments[:100], 0.0, 10.0) == RunningLeak(49.0, 0.0)
    assert running_leak(moments, 0.0, 10.0) is None


def test_since_when_begins_after_the_last_time_that_all_was_well() -> None:
    held = [9.0] * 10 + [0.0] * 10 + [float(number) for number in range(1, 41)]
    moments = [Moment(float(second), count, 0.0) for second, count in enumerate(held)]

    assert running_leak(moments, 2.0, 10.0) == RunningLeak(30.0, 22.0)
    assert running_leak(moments, 30.0, 10.0) is None


def test_a_load_shorter_than_twice_the_wait_says_nothing() -> None:
    moments = [Moment(second / 4, 100.0, 0.0) for second in range(81)]

    assert running_leak(moments, 0.0, 10.0) == RunningLeak(100.0, 0.0)
    assert running_leak(moments[:-1], 0.0, 10.0) is None
    assert running_leak(moments[::30], 0.0, 10.0) is None


def test_what_cannot_be_compared_is_not_judged() -> None:
    """Stock users do not say what they hold, a worker may be lost, and nobody may have looked before."""
    simulation = simulated(Service(left=0.5, leaked=1.0))
    log = simulation.log
    silent = tuple(sample for sample in log.samples if sample.get("worker") != 1)

    assert found(simulation) is not None
    assert running_leaks(log, None) == {}
    assert running_leaks(log, LeakWatch(None, {"fds": 8.0})) == {}
    for changed in (
        replace(log, run=replace(log.run, clock=ClockKind.USER)),
        replace(log, samples=silent),
        replace(log, events=()),
    ):
        assert running_leaks(changed, simulation.watch) == {}
