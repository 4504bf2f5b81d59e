"""The service of one arm, started by the user's command for a single run and ended after it."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from analysis.env_template import without_credentials
from analysis.errors import InvalidRunError, TargetDownError, UsageError
from scripts.ab.readiness import Readiness
from scripts.child_end import group_ends_with_parent

_STOP_LIMIT_S = 15
_POLL_S = 0.1
_LAST_BYTES = 400


@dataclass(frozen=True, slots=True)
class ArmService:
    """How one arm's service is started and when it is ready."""

    option: str
    """Which names the command in messages."""
    command: str
    folder: Path
    log: Path
    readiness: Readiness
    start_limit_s: float

    @contextmanager
    def running(self) -> Iterator[None]:
        """Healthy inside the block, and gone with all its children after it, however the block ends.

        It is gone even when this process is killed inside.
        """
        self._refuse_another()
        process = self._start()
        with group_ends_with_parent(process.pid, _STOP_LIMIT_S):
            try:
                self._wait_until_healthy(process)
                yield
            finally:
                _end(process)
        self._wait_until_gone()

    def _refuse_another(self) -> None:
        if self.readiness.answers():
            raise UsageError(
                f"{self.option}: something answers at {self._place} before the command is started; stop it, "
                "or compare services that run already with --a URL and --b URL"
            )

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            try:
                return subprocess.Popen(  # noqa: S603 -- the user's own command, split as a shell would, no shell
                    shlex.split(self.command),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise UsageError(
                    f"{self.option}: found {self.command!r}, which cannot be started ({error.strerror})"
                ) from error

    def _wait_until_healthy(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + self.start_limit_s
        doubt: str | None = "it was not asked yet"
        while doubt is not None:
            if (code := process.poll()) is not None:
                advice = "; let it stay in the foreground" if code == 0 else ""
                raise TargetDownError(
                    f"{self.option}: the command ended with code {code} before it answered at "
                    f"{self._place}: {self._last_words()}{advice}"
                )
            if time.monotonic() > deadline:
                raise TargetDownError(
                    f"{self.option}: not healthy at {self._place} within {self.start_limit_s:g} s ({doubt}); "
                    f"raise --start-limit, or see {self.log}"
                )
            doubt = self.readiness.doubt()
            if doubt is not None:
                time.sleep(_POLL_S)

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + _STOP_LIMIT_S
        while self.readiness.answers():
            if time.monotonic() > deadline:
                raise InvalidRunError(
                    f"{self.option}: something still answers at {self._place} after the command was ended: "
                    "let it stay in the foreground and end its children on SIGTERM"
                )
            time.sleep(_POLL_S)

    @property
    def _place(self) -> str:
        return without_credentials(self.readiness.url)

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _LAST_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return f"{lines[-1].strip()} (see {self.log})" if lines else f"it said nothing in {self.log}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Asks the whole group to end, waits for all of it, then insists; at once when it is interrupted."""
    group = process.pid
    try:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_LIMIT_S
        while (process.poll() is None or _lives(group)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        process.wait()


def _lives(group: int) -> bool:
    """Whether any of its processes still runs; those that nobody waits for do not."""
    for process in psutil.process_iter(["status"]):
        with suppress(OSError):
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group:
                return True
    return False
