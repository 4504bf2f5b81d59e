"""The sidecar as a child process, or whatever command the user names in its place."""

import logging
import shlex
import sys
from collections.abc import Callable

from analysis.target import Target
from locustfiles.load.arguments import Settings
from locustfiles.load.child import Child

logger = logging.getLogger(__name__)

NONE = "none"


class SidecarChild:
    """A process that prints samples as JSON lines. Losing it never ends the run, but is said."""

    def __init__(
        self,
        settings: Settings,
        target: Target,
        service: Child | None,
        on_line: Callable[[bytes], None],
        event: Callable[..., None],
    ) -> None:
        self._event = event
        self._child: Child | None = None
        self.not_watched: str | None = None
        if settings.sidecar_command == NONE:
            self.not_watched = "host, process, Prometheus and Redis: the sidecar was switched off"
            return
        command = shlex.split(settings.sidecar_command) or _own_command(target, settings, service)
        try:
            self._child = Child(command, on_line, self._lost)
        except OSError as error:
            self.not_watched = (
                f"host, process, Prometheus and Redis: the sidecar could not be started ({error.strerror})"
            )
            logger.warning("%s", self.not_watched)

    def stop(self) -> None:
        """End the sidecar and take its last lines."""
        if self._child is not None:
            self._child.stop()

    def _lost(self, code: int) -> None:
        reason = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        logger.warning("The sidecar was lost (%s): the rest of the run is not watched", reason)
        self._event("sidecar_lost", reason=reason)


def _own_command(target: Target, settings: Settings, service: Child | None) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "scripts.cli",
        "sidecar",
        "--target",
        target.file or target.name,
        "--output",
        "-",
    ]
    if service is not None:
        command += ["--pid", str(service.pid)]
    if settings.base_url:
        command += ["--base-url", settings.base_url]
    return command
