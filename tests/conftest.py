"""Under `pytest -n`, tests marked `alone` have no other test beside them: they measure time."""

import fcntl
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings


class Floor:
    """Shared by the tests of all workers, or given to one alone. The locked files are there anyway."""

    def __init__(self) -> None:
        self._queue = os.open(Path(__file__), os.O_RDONLY)
        self._floor = os.open(Path(__file__).parent, os.O_RDONLY)
        self._is_kept = False

    def enter(self, alone: bool) -> None:
        if self._is_kept:
            return
        fcntl.flock(self._queue, fcntl.LOCK_EX)  # so that nobody overtakes a test that waits to be alone
        fcntl.flock(self._floor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._queue, fcntl.LOCK_UN)

    def leave(self, keep: bool) -> None:
        self._is_kept = keep
        if not keep:
            fcntl.flock(self._floor, fcntl.LOCK_UN)


FLOOR = pytest.StashKey[Floor]()


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts jobs in the background with SIGINT ignored, which the programs under test would inherit.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says nothing on a machine that others use as well.
    settings.register_profile("shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("shared-machine")
    # What this machine was found to be must not decide what tests see.
    os.environ["PLIMSOLL_CALIBRATION"] = str(Path(__file__).parent / "no-calibration")
    if hasattr(config, "workerinput"):
        config.stash[FLOOR] = Floor()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that are to be alone come last: among others each waits for a long test to end."""
    files = {item.path for item in items if is_alone(item)}
    items.sort(key=lambda item: item.path in files)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Fixtures included. Tests that follow one another alone do not give the floor back in between."""
    floor = item.config.stash.get(FLOOR, None)
    if floor is None:
        return (yield)
    floor.enter(is_alone(item))
    try:
        return (yield)
    finally:
        floor.leave(keep=is_alone(item) and nextitem is not None and is_alone(nextitem))


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None
