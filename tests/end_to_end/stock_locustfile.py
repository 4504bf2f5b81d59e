"""An own locustfile with stock users: two lines make it recorded."""

from locust import FastHttpUser, HttpUser, constant, task

from locustfiles.load.plugin import install

install()


class Stock(HttpUser):
    """Asks through requests."""

    wait_time = constant(0.05)

    @task
    def health(self) -> None:
        self.client.get("/health")


class Fast(FastHttpUser):
    """Asks through geventhttpclient; one of its two paths does not exist."""

    wait_time = constant(0.05)

    @task
    def missing(self) -> None:
        self.client.get("/missing")

    @task
    def health(self) -> None:
        self.client.get("/health", name="/health fast")
