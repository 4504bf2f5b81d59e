"""The reference service as a process of its own, on a free port, for as long as a test needs it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.process import started, stop

READY_S = 30.0
POLL_S = 0.02
_STARTER = """
import json, sys
from analysis.errors import PlimsollError
from scripts.service.command import serve_command
try:
    sys.exit(serve_command(**json.loads(sys.argv[1])))
except PlimsollError as error:
    print(f"plimsoll: {error}", file=sys.stderr)
    sys.exit(int(error.exit_code))
"""


class ReferenceService:
    """`options` are those of `serve_command`, with port 0 as the default."""

    def __init__(self, log: Path, **options: Any) -> None:
        self._log = log
        self._options = {"port": 0, **options}
        self._process: subprocess.Popen[bytes] | None = None
        self.base_url = ""
        self.client = _client()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the service was not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2])

    def launch(self) -> None:
        """Starts the process and returns at once."""
        self._process = started([sys.executable, "-c", _STARTER, json.dumps(self._options)], self._log)

    def start(self) -> None:
        """Returns when /health answers; fails the test with the service's own words when it does not."""
        self.launch()
        path = "/health" if self._options.get("api", "rag") == "rag" else "/xnai/api/v1/health"
        try:
            until(lambda: "listening on http" in self.log, READY_S, alive=self.process)
            self.base_url = self.log.split("listening on ", 1)[1].split()[0]
            self._options["port"] = self.port
            until(lambda: self._answers(path), READY_S, alive=self.process)
        except TimeoutError as error:
            self.stop()
            pytest.fail(f"the reference service did not get ready ({error}):\n{self.log[-2000:]}")

    def stop(self) -> None:
        """Does nothing when it is not running. A start after it is on the same port."""
        process, self._process = self._process, None
        if process is not None:
            stop(process)

    def json(self, path: str) -> Any:
        return self.client.get(self.base_url + path).raise_for_status().json()

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        return self.client.post(self.base_url + path, json=body)

    def stats(self) -> dict[str, dict[str, int]]:
        stats: dict[str, dict[str, int]] = self.json("/stats")
        return stats

    def metric(self, series_name: str, **labels: str) -> float:
        """One series of /metrics; 0 when it has not been written yet, as in a sum over nothing."""
        total = 0.0
        for line in self.client.get(self.base_url + "/metrics").text.splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == series_name and all(
                f'{k}="{v}"' in series for k, v in labels.items()
            ):
                total += float(value)
        return total

    def faults(self, **plan: Any) -> None:
        self.client.put(self.base_url + "/admin/faults", json=plan).raise_for_status()

    def clear_faults(self) -> None:
        self.client.delete(self.base_url + "/admin/faults").raise_for_status()

    def _answers(self, path: str) -> bool:
        try:
            return self.client.get(self.base_url + path).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def reference_service(directory: Path, **options: Any) -> Iterator[ReferenceService]:
    """Runs a service that logs below an existing directory; it is stopped however the block ends."""
    service = ReferenceService(directory / f"service-{time.monotonic_ns()}.log", **options)
    try:
        service.start()
        yield service
    finally:
        service.stop()
        service.client.close()


def _client() -> httpx.Client:
    """Keeps no connection: one that a fault has broken must not be met again by another request."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(verify=False, trust_env=False, timeout=30, limits=limits)


def until(
    condition: Callable[[], bool], seconds: float = 10.0, *, alive: subprocess.Popen[bytes] | None = None
) -> None:
    """Polls until the condition holds; TimeoutError when it does not in time, or the process is gone."""
    deadline = time.monotonic() + seconds
    while not condition():
        if alive is not None and alive.poll() is not None:
            raise TimeoutError(f"process {alive.pid} ended with {alive.returncode}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing after {seconds:g} s")
        time.sleep(POLL_S)
