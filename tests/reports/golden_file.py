"""Compares text with a stored file. A run that regenerates it fails, so that a stale file cannot pass."""

import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = "PLIMSOLL_REGENERATE_GOLDENS"


def assert_golden(name: str, found: str) -> None:
    path = GOLDEN / name
    if os.environ.get(REGENERATE):
        path.write_text(found, encoding="utf-8")
        pytest.fail(f"{name} was written anew; look at its diff, then run without {REGENERATE}")
    assert path.read_text(encoding="utf-8") == found, (
        f"{name} differs; if that is wanted, run with {REGENERATE}=1 and look at the diff"
    )
