"""Watches the generator itself: how late its event loop is, what it costs, what it may run out of."""

from locust.env import Environment
from locust.log import greenlet_exception_logger

import logging
from typing import Any

import gevent

from locustfiles.load.cpu_times import CpuMeter
from locustfiles.load.descriptors import Descriptors
from locustfiles.load.local_ports import LocalPorts
from locustfiles.load.memory import Memory
from locustfiles.load.recorder import Recorder
from locustfiles.load.request import parse_origin
from locustfiles.load.stamp import ClockWatch, monotonic_ns, now_ns
from locustfiles.load.stamped_socket import StampedSocket

logger = logging.getLogger(__name__)

PERIOD_NS = 50_000_000


class GeneratorProbe:
    """A greenlet that wants to wake every 50 ms and notes by how much it was late."""

    def __init__(self, environment: Environment, recorder: Recorder, base_url: str) -> None:
        self._environment = environment
        self._recorder = recorder
        self._memory = Memory()
        self._cpu = CpuMeter()
        self._descriptors = Descriptors()
        self._ports = LocalPorts(parse_origin(base_url).port)
        self._clock = ClockWatch()
        self._largest_lag_us = 0
        self._most_in_flight = self._most_connections = 0
        self._before = self._cpu.read()
        self._greenlet = gevent.spawn(self._watch)
        self._greenlet.link_exception(greenlet_exception_logger(logger))

    def _watch(self) -> None:
        due_ns = monotonic_ns()
        while True:
            due_ns += PERIOD_NS
            gevent.sleep(max(0, due_ns - monotonic_ns()) / 1e9)
            late_ns = max(0, monotonic_ns() - due_ns)
            self._look()
            self._largest_lag_us = max(self._largest_lag_us, late_ns // 1000)
            self._recorder.lag(late_ns // 1000)
            while late_ns >= PERIOD_NS:  # a stall of a second is twenty late wakes, not one
                due_ns += PERIOD_NS
                late_ns -= PERIOD_NS
                self._recorder.lag(late_ns // 1000)

    def _look(self) -> None:
        """What is open changes too fast for one look a slice."""
        self._most_in_flight = max(self._most_in_flight, self._recorder.in_flight)
        self._most_connections = max(self._most_connections, StampedSocket.open_now)

    def reading(self) -> dict[str, Any]:
        """One sample of this process since the last reading; takes a fifth of a millisecond."""
        runner = self._environment.runner
        step_us = self._clock.step_us()
        times = self._cpu.read()
        shares = times.since(self._before)
        self._look()
        reading = {
            "t_utc_ns": now_ns(),
            "t_mono_ns": times.at_ns,
            "source": "generator",
            "period_s": round((times.at_ns - self._before.at_ns) / 1e9, 3),
            "cpu_percent": shares.used,
            "cpu_wait_percent": shares.waited,
            "throttled_percent": shares.throttled,
            "throttled_periods_percent": shares.throttled_periods,
            "steal_percent": shares.stolen,
            "rss_bytes": self._memory.rss_bytes(),
            "fds": self._descriptors.used(),
            "fds_limit": self._descriptors.limit,
            "ports": self._ports.used(),
            "ports_limit": self._ports.limit,
            "users": 0 if runner is None else runner.user_count,
            "in_flight": self._recorder.in_flight,
            "in_flight_max": self._most_in_flight,
            "connections_max": self._most_connections,
            "loop_lag_max_us": self._largest_lag_us,
        }
        if step_us is not None:
            reading["clock_step_us"] = step_us
        self._before = times
        self._largest_lag_us = self._most_in_flight = self._most_connections = 0
        return reading

    def stop(self) -> None:
        """End the greenlet, and give the files back."""
        self._greenlet.kill(block=False)
        for kept in (self._cpu, self._ports, self._memory):
            kept.close()
