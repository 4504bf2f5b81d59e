"""Faults of our own: one line for the user, the traceback in a file."""

import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from scripts.checkout import RUNS


def log_fault(error: BaseException, folder: Path = RUNS / "faults") -> Path:
    """Falls back to a temporary file where the checkout cannot be written."""
    text = "".join(traceback.format_exception(error))
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(text, encoding="utf-8")
    except OSError:
        with tempfile.NamedTemporaryFile(
            "w", prefix="plimsoll-", suffix=f"-{name}", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
            path = Path(file.name)
    return path
