"""What every request passes on its way in and out: counting, timing, and faults of the connection."""

import logging
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scripts.service.connection import cut, reset
from scripts.service.faults import Faults
from scripts.service.tally import Tally
from scripts.service.telemetry import Telemetry

CLIENT_GONE = 499

logger = logging.getLogger(__name__)


class Door:
    """An ASGI application around another. `endpoints` maps paths to the names that counts are kept under."""

    def __init__(
        self, app: ASGIApp, endpoints: Mapping[str, str], tally: Tally, telemetry: Telemetry, faults: Faults
    ) -> None:
        self._app = app
        self._endpoints = endpoints
        self._tally = tally
        self._telemetry = telemetry
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        endpoint = self._endpoints.get(scope["path"], "other")
        started_s = time.perf_counter()
        self._tally.arrive(endpoint)
        visit = _Visit(scope, receive, send)
        if self._faults.resets(endpoint):
            visit.break_with(reset, self._faults.chunks_before_end() if endpoint == "stream" else 0)
        elif self._faults.cuts(endpoint):
            visit.break_with(cut, self._faults.chunks_before_end())
        try:
            await self._app(scope, visit.receive, visit.send)
        except Exception:
            # the framework has already answered 500 if it could; without this line the fault would be silent
            logger.exception("%s %s failed", scope["method"], scope["path"])
        finally:
            if visit.gone and not visit.completed:
                await self._faults.hold_abandoned(endpoint)
            self._tally.leave(endpoint, visit.completed)
            status = visit.status if visit.completed and visit.status else CLIENT_GONE
            self._telemetry.request(endpoint, status, time.perf_counter() - started_s)


class _Visit:
    """One request's two channels, watched."""

    __slots__ = ("_chunks_left", "_receive", "_scope", "_send", "_sever", "completed", "gone", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._sever: Callable[[Scope], None] | None = None
        self._chunks_left = 0
        self.completed = False
        self.gone = False
        self.status: int | None = None

    def break_with(self, sever: Callable[[Scope], None], chunks: int) -> None:
        """Severs the connection after so many body chunks; 0 means before the first byte."""
        self._sever = sever
        self._chunks_left = chunks

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        return message

    async def send(self, message: Message) -> None:
        if self.gone:
            return
        is_body = message["type"] == "http.response.body"
        if message["type"] == "http.response.start":
            self.status = message["status"]
        if self._sever is not None:
            if self._chunks_left == 0:
                self.gone = True
                self._sever(self._scope)
                return
            self._chunks_left -= is_body
        await self._send(message)
        if is_body and not message.get("more_body", False):
            self.completed = True
