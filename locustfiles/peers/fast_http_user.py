"""Locust's FastHttpUser as it comes, for side-by-side benchmarks."""

from locust import FastHttpUser, task
from locust.contrib.fasthttp import insecure_ssl_context_factory

from functools import cache

from gevent.ssl import SSLContext


@cache
def shared_context(cafile: str) -> SSLContext:  # noqa: ARG001 -- how it is called
    """Locust's own, made once: else each user reads a list of authorities that is then not used."""
    return insecure_ssl_context_factory()


class FastUser(FastHttpUser):
    """Posts one small question after the other."""

    ssl_context_factory = staticmethod(shared_context)

    @task
    def query(self) -> None:
        self.client.post("/query", json={"question": "What marks a safe load?"})
