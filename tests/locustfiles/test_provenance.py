"""Where a run comes from, read from a checkout made for the test."""

import os
import subprocess
from pathlib import Path

import pytest

from locustfiles.load import provenance


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(provenance, "CHECKOUT", tmp_path)
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for name in ("AUTHOR", "COMMITTER"):
        own |= {f"GIT_{name}_NAME": "someone", f"GIT_{name}_EMAIL": "someone@example.invalid"}
    (tmp_path / "file").write_text("one")
    for words in (("init", "-q"), ("add", "file"), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *words], cwd=tmp_path, env={**os.environ, **own}, check=True)
    return tmp_path


def test_a_change_makes_the_checkout_dirty(checkout: Path) -> None:
    clean = provenance.git_state()
    (checkout / "file").write_text("two")
    dirty = provenance.git_state()

    assert clean is not None
    assert clean["dirty"] is False
    assert dirty == {"commit": clean["commit"], "dirty": True}


def test_looking_writes_nothing_into_the_checkout(checkout: Path) -> None:
    """A file that only looks newer makes git write its index anew, under a lock that would stop a commit."""
    index = checkout / ".git/index"
    os.utime(checkout / "file", (1, 1))
    before = index.read_bytes()
    state = provenance.git_state()

    assert state is not None
    assert state["dirty"] is False
    assert index.read_bytes() == before


def test_outside_a_checkout_there_is_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "CHECKOUT", tmp_path)

    assert provenance.git_state() is None
