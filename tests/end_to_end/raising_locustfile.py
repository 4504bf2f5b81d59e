"""A user's own locustfile whose request listener is broken."""

from locust import events, task

from typing import Any

from locustfiles.load.plugin import install
from locustfiles.load.users import EndpointUser

install()


def count_answers(**_: Any) -> None:
    """Fails at every request."""
    raise LookupError("a fault in a listener of the user's own")


events.request.add_listener(count_answers)


class QueryUser(EndpointUser):
    """Asks one question after the other."""

    endpoint = "query"

    @task
    def query(self) -> None:
        self.ask()
