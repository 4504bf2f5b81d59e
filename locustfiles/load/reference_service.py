"""Starts the reference service when it is the target and nothing answers there."""

import logging
import socket
import sys
import time

import gevent

from analysis.errors import TargetDownError
from locustfiles.load.child import Child
from locustfiles.load.request import parse_origin

logger = logging.getLogger(__name__)

REFERENCE = "reference"
START_LIMIT_S = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def answers(base_url: str, timeout_s: float = 2.0) -> bool:
    """Whether something accepts connections at the URL's host and port."""
    host, port = _address(base_url)
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def start_reference_service(base_url: str) -> Child:
    """Start it at this address and wait until it answers; raises TargetDownError when it does not."""
    host, port = _address(base_url)
    logger.info("Nothing answers at %s: starting the reference service there", base_url)
    child = Child(
        [
            *(sys.executable, "-m", "scripts.cli", "serve", "--end-with-parent"),
            *("--host", host, "--port", str(port)),
        ],
    )
    deadline = time.monotonic() + START_LIMIT_S
    try:
        while child.running and time.monotonic() < deadline:
            if answers(base_url):
                return child
            gevent.sleep(0.1)
    except BaseException:  # the run is stopped while it waits here
        child.stop()
        raise
    child.stop()
    raise TargetDownError(f"the reference service did not start at {base_url}: see its messages above")


def may_start(target_name: str, base_url: str) -> bool:
    """Only the reference service is ever started, and only on this host."""
    return target_name == REFERENCE and _address(base_url)[0] in LOOPBACK


def _address(base_url: str) -> tuple[str, int]:
    origin = parse_origin(base_url)
    return origin.host, origin.port
