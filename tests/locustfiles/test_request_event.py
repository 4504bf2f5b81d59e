"""Locust's statistics show the same numbers whether its event was fired per request or not at all."""

import json
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.locustfiles.request_event_process"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_batch_counts_as_its_requests_would_have_one_by_one(seen: dict[str, Any]) -> None:
    """The endpoint's entry and the total, with every bucket of the response times."""
    assert seen["at_once"] == seen["one_by_one"]
    assert [entry["requests"] for entry in seen["at_once"]] == [800, 800]


def test_requests_per_second_are_those_in_which_they_ended(seen: dict[str, Any]) -> None:
    """Not those in which somebody came to count them."""
    assert seen["per_second"] == seen["ended"]


def test_requests_that_listeners_have_heard_of_are_not_counted_again(seen: dict[str, Any]) -> None:
    """Locust's statistics are one of the listeners."""
    assert seen["told_twice"] == 0


def test_a_third_listener_is_noticed_at_once_and_its_leaving_too(seen: dict[str, Any]) -> None:
    """While it listens, each request is told as it happens."""
    assert seen["heard"] == [False, True, False]
    assert seen["names"] == ["query"]
