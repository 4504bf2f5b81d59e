"""Writes a file whole or not at all."""

import os
from pathlib import Path

from analysis.errors import UsageError


def write_whole(path: Path, content: bytes) -> None:
    """A reader sees the old file or the new one; after an OSError the old one is still there."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def write_asked(path: Path, content: bytes) -> None:
    """The same of what a user asked for, its folder included; UsageError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
