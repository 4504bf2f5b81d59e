"""Whether a service is there, and whether it is ready for a run."""

import socket
from collections.abc import Set
from dataclasses import replace

from analysis.env_template import without_credentials
from analysis.errors import TargetDownError
from analysis.request_text import split_url
from analysis.target import Target
from scripts.doctor_checks.check import State
from scripts.doctor_checks.endpoints import check_endpoints
from scripts.sidecar.watched import url_port

_CONNECT_S = 2.0


class Readiness:
    """Asks the target's health endpoints, or where there are none, those of the mix."""

    def __init__(self, target: Target, url: str, mix: Set[str]) -> None:
        self.url = url.rstrip("/")
        endpoints = {name: e for name, e in target.endpoints.items() if "health" in name}
        if not endpoints:
            endpoints = {name: e for name, e in target.endpoints.items() if name in mix and not e.optional}
        self._target = replace(target, endpoints=endpoints)

    def answers(self) -> bool:
        """Whether anything accepts connections there."""
        host, port = split_url(self.url).hostname or "", url_port(self.url) or 80
        try:
            with socket.create_connection((host, port), timeout=_CONNECT_S):
                return True
        except OSError:
            return False

    def doubt(self) -> str | None:
        """Why it is not healthy yet; None when it is."""
        if not self.answers():
            return "nothing accepts connections"
        checks = check_endpoints(self._target, self.url, lambda _: None)
        wrong = [f"{check.name}: {check.found}" for check in checks if check.state is State.WRONG]
        return wrong[0] if wrong else None

    def require(self, option: str) -> None:
        """TargetDownError when nothing accepts connections: said before any load, not after it."""
        if not self.answers():
            place = without_credentials(self.url)
            raise TargetDownError(f"{option}: nothing answers at {place}: start the service, or correct it")
