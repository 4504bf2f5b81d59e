"""Lets this process hold as many connections as the system allows it."""

import resource
from contextlib import suppress


def raise_descriptor_limit() -> None:
    """To the hard limit; Locust itself goes to 10 000 only, and each user holds a connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # some systems have a lower bound, and say so only now
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
