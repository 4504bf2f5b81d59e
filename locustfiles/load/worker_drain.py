"""Lets remote workers finish what is in flight before the master goes on."""

from locust.runners import STATE_MISSING, MasterRunner

import logging
import time
from typing import Any

import gevent

from locustfiles.load.messages import DRAIN, DRAINED

logger = logging.getLogger(__name__)

SPARE_S = 5.0
"""Beyond the profile's drain limit, for the workers' last reports to arrive."""


class WorkerDrain:
    """Locust's master waits half a second for its workers' last reports: too short for a stream."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._drained: set[str] = set()
        runner.register_message(DRAINED, self._on_drained)

    def run(self, limit_s: float) -> list[str]:
        """Ask all workers to finish and wait until each has, is gone, or the limit has passed.

        Returns the ids of those that never said they had.
        """
        self._drained.clear()
        asked = [client.id for client in self._runner.clients.all]
        self._runner.send_message(DRAIN)
        deadline = time.monotonic() + limit_s + SPARE_S
        while self._waiting() and time.monotonic() < deadline:
            gevent.sleep(0.05)
        if waiting := self._waiting():
            logger.error("%d worker(s) did not finish within %g s", len(waiting), limit_s + SPARE_S)
        return [client_id for client_id in asked if client_id not in self._drained]

    def _waiting(self) -> list[str]:
        return [
            client.id
            for client in self._runner.clients.all
            if client.state != STATE_MISSING and client.id not in self._drained
        ]

    def _on_drained(self, msg: Any, **_: Any) -> None:
        self._drained.add(msg.node_id)
