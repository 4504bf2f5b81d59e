"""Names of what master and workers send each other through Locust."""

REPORT_KEY = "plimsoll"
"""Our part of Locust's own report."""
DRAIN = "plimsoll_drain"
"""To a worker: finish what is in flight."""
DRAINED = "plimsoll_drained"
"""From a worker: everything is finished and reported."""
