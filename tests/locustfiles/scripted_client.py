"""The wire client itself on connections without a network, which hand out what they are told to."""

from collections.abc import Callable, Sequence

from locustfiles.load.connection import Connection
from locustfiles.load.dialing import Dialer
from locustfiles.load.request import parse_origin
from locustfiles.load.wire import WireClient


class ScriptedConnection:
    """Answers each request with pieces. Then the file ends, or an error comes: the deadline, or another."""

    def __init__(
        self, *answers: Sequence[bytes], ends: bool = False, error: type[OSError] = TimeoutError
    ) -> None:
        self.stamp_ns = 1
        self.lag_ns: int | None = None
        self.is_closed = False
        self._answers = iter(answers)
        self._left: list[bytes] = []
        self._ends = ends
        self._error = error
        self.reads_ahead = False
        self.good_until_s = 0.0

    def give_up_at(self, _deadline_s: float) -> None:
        """There is nothing to wait for."""

    def send(self, _data: bytes) -> bool:
        self._left = [piece for piece in reversed(next(self._answers)) if piece]
        return True

    def send_rest(self) -> bool:
        raise AssertionError("everything was sent at once")

    def receive(self) -> bytes:
        self.stamp_ns += 1
        if self._left:
            return self._left.pop()
        if self._ends:
            return b""
        raise self._error

    def converse(self, _when_idle: Callable[[], None]) -> None:
        raise AssertionError("nobody converses over HTTP")

    def is_stale(self) -> bool:
        return bool(self._left) or self._ends

    def reset_on_close(self) -> None:
        raise AssertionError("nobody asked for that")

    def close(self) -> None:
        self.is_closed = True


class ScriptedDialer(Dialer):
    """Connects to what is laid ready."""

    def __init__(self) -> None:
        super().__init__(parse_origin("http://scripted"), 1.0, stamps=False, context=None)
        self.ready: list[ScriptedConnection] = []

    def dial(self, _timeout_s: float) -> Connection:
        return self.ready.pop(0)


def scripted_client() -> tuple[WireClient, ScriptedDialer]:
    client, dialer = WireClient("http://scripted"), ScriptedDialer()
    client._dialer = dialer
    return client, dialer
