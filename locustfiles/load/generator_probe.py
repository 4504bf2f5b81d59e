"""Watches the generator itself: how late its event loop is and what it costs."""

from locust.env import Environment
from locust.log import greenlet_exception_logger

import logging
from typing import Any

import gevent
import psutil

from locustfiles.load.recorder import Recorder
from locustfiles.load.stamp import ClockWatch, monotonic_ns, now_ns

logger = logging.getLogger(__name__)

PROBE_PERIOD_S = 0.05


class GeneratorProbe:
    """A greenlet that sleeps 50 ms at a time and notes by how much it woke late."""

    def __init__(self, environment: Environment, recorder: Recorder) -> None:
        self._environment = environment
        self._recorder = recorder
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._clock = ClockWatch()
        self._largest_lag_us = 0
        self._greenlet = gevent.spawn(self._watch)
        self._greenlet.link_exception(greenlet_exception_logger(logger))

    def _watch(self) -> None:
        while True:
            before_ns = monotonic_ns()
            gevent.sleep(PROBE_PERIOD_S)
            lag_us = max(0, (monotonic_ns() - before_ns) // 1000 - int(PROBE_PERIOD_S * 1e6))
            self._largest_lag_us = max(self._largest_lag_us, lag_us)
            self._recorder.lag(lag_us)

    def reading(self) -> dict[str, Any]:
        """One sample of this process since the last reading."""
        runner = self._environment.runner
        step_us = self._clock.step_us()
        reading = {
            "t_utc_ns": now_ns(),
            "t_mono_ns": monotonic_ns(),
            "source": "generator",
            "cpu_percent": self._process.cpu_percent(),
            "rss_bytes": self._process.memory_info().rss,
            "users": 0 if runner is None else runner.user_count,
            "in_flight": self._recorder.in_flight,
            "loop_lag_max_us": self._largest_lag_us,
        }
        if step_us is not None:
            reading["clock_step_us"] = step_us
        self._largest_lag_us = 0
        return reading

    def stop(self) -> None:
        """End the greenlet."""
        self._greenlet.kill(block=False)
