"""Exact request counts, for checking a load generator's own. On a WebSocket a question is a request."""

from collections import Counter


class Tally:
    """`received` counts at arrival, `completed` when the whole response was handed to the connection."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.completed: Counter[str] = Counter()
        self.in_flight: Counter[str] = Counter()
        self.websockets = 0

    def arrive(self, endpoint: str) -> None:
        self.received[endpoint] += 1
        self.in_flight[endpoint] += 1

    def leave(self, endpoint: str, completed: bool) -> None:
        self.in_flight[endpoint] -= 1
        if completed:
            self.completed[endpoint] += 1
