"""A Locust with its web UI, as tests talk to it without a browser."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.end_to_end.load_run import LoadRun
from tests.servers.debian_server import free_port

SMALL = {"user_count": "2", "spawn_rate": "2"}


class Ui:
    """The paths of the web UI that tests need."""

    def __init__(self, run: LoadRun, port: int) -> None:
        self.run = run
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)

    def state(self) -> dict[str, object]:
        """What /plimsoll/run.json says."""
        found: dict[str, object] = self.client.get("/plimsoll/run.json").raise_for_status().json()
        return found

    def judged(self) -> bool:
        """Whether the last run has a verdict."""
        return self.state().get("judged") is True

    def swarm(self, **fields: str) -> dict[str, object]:
        """Start as the form does."""
        answer = self.client.post("/swarm", data={**SMALL, **fields})
        found: dict[str, object] = answer.raise_for_status().json()
        return found

    def stop(self) -> None:
        """End the load as the button does."""
        self.client.post("/stop").raise_for_status()

    def has_begun(self) -> bool:
        """Whether Locust spawns users: until then its page shows the form to whoever loads it."""
        state = self.client.get("/stats/requests").raise_for_status().json()["state"]
        return state in ("spawning", "running")

    def answers(self) -> bool:
        """Whether anything is there; below another base path it is a 404."""
        try:
            return self.client.get("/").status_code in (200, 404)
        except httpx.TransportError:
            return False


@contextmanager
def web_ui(run_root: Path, *words: str, environ: Mapping[str, str] | None = None) -> Iterator[Ui]:
    """A Locust that waits for someone to press start."""
    port = free_port()
    command = ["--web-port", str(port), *words]
    with LoadRun(run_root, command, headless=False, judged=True, environ=environ) as run:
        ui = Ui(run, port)
        try:
            run.wait_until(ui.answers, "the web UI")
            yield ui
        finally:
            ui.client.close()
