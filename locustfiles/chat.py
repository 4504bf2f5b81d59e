"""Load on a service's chat: `locust -f locustfiles/chat.py --load-profile smoke --target reference`.

Of the target's endpoints those with protocol = "websocket" are asked, all alike, in the profile's stages.
"""

from locust import tag, task

from locustfiles.load.arrivals import ArrivalScheduler
from locustfiles.load.chat_users import ChatUser, JarvisUser
from locustfiles.load.plugin import install

install(websockets_alone=True)

__all__ = ["Arrivals", "ChatUser", "JarvisUser"]


class Arrivals(ArrivalScheduler):
    """The open model: asks every endpoint on a schedule, from its start to its end."""

    @tag("chat", "jarvis")
    @task
    def arrive(self) -> None:
        """Never reached; Locust warns of users without a task."""
