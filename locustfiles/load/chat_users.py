"""Users of the closed model that talk over a WebSocket: their endpoints have protocol = "websocket"."""

from locust import tag, task

from locustfiles.load.users import EndpointUser


class ChatUser(EndpointUser):
    """Asks one question after the other."""

    endpoint = "chat"

    @tag("chat")
    @task
    def chat(self) -> None:
        self.keep_asking()


class JarvisUser(EndpointUser):
    """The same with SutazAI's second chat."""

    endpoint = "jarvis"

    @tag("jarvis")
    @task
    def jarvis(self) -> None:
        self.keep_asking()
