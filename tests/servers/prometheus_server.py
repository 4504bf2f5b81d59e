"""A real Prometheus server for tests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.servers.debian_server import DebianServer, free_port, program

_CONFIGURATION = """\
global:
  scrape_interval: {interval}
  scrape_timeout: {interval}
scrape_configs:
"""
_JOB = """\
  - job_name: {name}
    static_configs:
      - targets: ["{address}"]
"""


class PrometheusServer(DebianServer):
    """Scrapes itself as the job "prometheus", and the jobs that it is given."""

    def __init__(self, directory: Path, jobs: Mapping[str, str], scrape_interval: str) -> None:
        port = free_port()
        text = _CONFIGURATION.format(interval=scrape_interval)
        for name, address in {"prometheus": f"127.0.0.1:{port}", **jobs}.items():
            text += _JOB.format(name=name, address=address)
        configuration = directory / f"prometheus-{port}.yml"
        configuration.write_text(text)
        super().__init__(
            port,
            [
                program("prometheus", "prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={directory / f'prometheus-{port}'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            directory / f"prometheus-{port}.log",
            self._answers,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def value(self, query: str) -> float | None:
        """The one value that a query has now, to wait for in tests."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, trust_env=False)
        result = answer.json()["data"]["result"]
        return float(result[0]["value"][1]) if len(result) == 1 else None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def prometheus_server(
    directory: Path, jobs: Mapping[str, str] | None = None, scrape_interval: str = "200ms"
) -> Iterator[PrometheusServer]:
    """Runs a server below an existing directory; `jobs` maps a job's name to "host:port"."""
    server = PrometheusServer(directory, jobs or {}, scrape_interval)
    try:
        server.start()
        yield server
    finally:
        server.stop()
