"""Where the sample lines go: standard output or a file, one whole line at a time."""

import os
import select
import sys
from pathlib import Path

from analysis.errors import PlimsollError, UsageError


class ReaderGoneError(Exception):
    """Nobody reads the lines any more."""


class SinkFullError(PlimsollError):
    """The samples cannot be kept any longer."""


class Sink:
    """Writes lines straight to the descriptor, so that nothing waits in a buffer."""

    def __init__(self, descriptor: int, name: str, owned: bool) -> None:
        self._descriptor = descriptor
        self._name = name
        self._owned = owned

    @classmethod
    def open(cls, output: str) -> "Sink":
        """`-` is standard output; a file is appended to."""
        if output == "-":
            return cls(sys.stdout.fileno(), "standard output", owned=False)
        try:
            descriptor = os.open(Path(output), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UsageError(
                f"--output {output}: cannot be written ({error.strerror}); "
                "give a file in a directory that exists, or - for standard output"
            ) from error
        return cls(descriptor, output, owned=True)

    def write(self, line: bytes) -> None:
        """One line, whole: what a full disk cut short is taken back before the error is raised."""
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        except OSError as error:
            if self._owned and written:
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise SinkFullError(
                f"{self._name}: cannot be written ({error.strerror}); the samples end here"
            ) from error

    def watch(self, poll: "select.poll") -> None:
        """Let a poll notice when the reader of a pipe goes away."""
        if not self._owned:
            poll.register(self._descriptor, 0)

    def close(self) -> None:
        if self._owned:
            os.close(self._descriptor)
