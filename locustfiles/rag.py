"""Load on a RAG service: `locust -f locustfiles/rag.py --load-profile smoke --target reference`."""

from locust import tag, task

from locustfiles.load.arrivals import ArrivalScheduler
from locustfiles.load.chat_users import ChatUser, JarvisUser
from locustfiles.load.plugin import install
from locustfiles.load.users import EndpointUser

install()

__all__ = ["Arrivals", "ChatUser", "HealthUser", "JarvisUser", "QueryUser", "StreamUser"]


class QueryUser(EndpointUser):
    """Asks a question and reads the whole answer."""

    endpoint = "query"

    @tag("query")
    @task
    def query(self) -> None:
        self.keep_asking()


class StreamUser(EndpointUser):
    """Asks a question and reads the answer token by token."""

    endpoint = "stream"

    @tag("stream")
    @task
    def stream(self) -> None:
        self.keep_asking()


class HealthUser(EndpointUser):
    """Polls the aggregated health."""

    endpoint = "health"

    @tag("health")
    @task
    def health(self) -> None:
        self.keep_asking()


class Arrivals(ArrivalScheduler):
    """The open model: sends every endpoint of the mix on a schedule, from its start to its end."""

    @tag("query", "stream", "health", "chat", "jarvis")
    @task
    def arrive(self) -> None:
        """Never reached; Locust warns of users without a task."""
