"""WebSocket /ws/chat: streamed answers as JSON messages, one question after the other on a connection."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from scripts.service.assembly import Service
from scripts.service.connection import cut, reset
from scripts.service.door import CLIENT_GONE
from scripts.service.engine import Ask
from scripts.service.event_stream import compact
from scripts.service.question import Question, events_of
from scripts.service.service_error import ServiceError

ENDPOINT = "chat"

_Break = tuple[Callable[[Mapping[str, Any]], None], int]
"""How a fault breaks the connection, and after how many messages."""

logger = logging.getLogger(__name__)


def add_chat(app: FastAPI, service: Service) -> None:
    @app.websocket("/ws/chat")
    async def chat(websocket: WebSocket) -> None:
        await websocket.accept()
        service.tally.websockets += 1
        try:
            await _Chat(websocket, service).run()
        except Exception:
            # the server would only close the connection, and keep silent
            logger.exception("/ws/chat failed")
            await websocket.close(1011)
        finally:
            service.tally.websockets -= 1


class _ClientGoneError(Exception):
    """Nobody hears any more, by the client's will or by a fault."""


class _Chat:
    """One connection. Questions that come during an answer wait for its end."""

    def __init__(self, websocket: WebSocket, service: Service) -> None:
        self._websocket = websocket
        self._service = service
        self._waiting: deque[str] = deque()
        self._listening: asyncio.Task[Mapping[str, Any]] | None = None
        self._is_gone = False

    async def run(self) -> None:
        try:
            while (text := await self._next()) is not None:
                await self._visit(text)
        finally:
            if self._listening is not None:
                self._listening.cancel()

    async def _next(self) -> str | None:
        """The next question; None when the client has left."""
        while not self._waiting and not self._is_gone:
            self._take(await self._listen())
        return None if self._is_gone else self._waiting.popleft()

    def _listen(self) -> asyncio.Task[Mapping[str, Any]]:
        if self._listening is None:
            self._listening = asyncio.ensure_future(self._websocket.receive())
        return self._listening

    def _take(self, message: Mapping[str, Any]) -> None:
        self._listening = None
        if message["type"] == "websocket.disconnect":
            self._is_gone = True
        else:
            self._waiting.append(message.get("text") or "")  # a binary message is no question

    async def _visit(self, text: str) -> None:
        """One question, counted and timed as a request is."""
        tally, telemetry = self._service.tally, self._service.telemetry
        started_s = time.perf_counter()
        tally.arrive(ENDPOINT)
        status = CLIENT_GONE
        try:
            status = await self._while_connected(asyncio.ensure_future(self._answer(text)))
        finally:
            tally.leave(ENDPOINT, status != CLIENT_GONE)
            telemetry.request(ENDPOINT, status, time.perf_counter() - started_s)

    async def _while_connected(self, answering: asyncio.Task[int]) -> int:
        """The answer's status; gives it up when the client leaves before its end."""
        try:
            while not answering.done():
                await asyncio.wait({answering, self._listen()}, return_when=asyncio.FIRST_COMPLETED)
                listening = self._listen()
                if listening.done():
                    self._take(listening.result())
                    if self._is_gone:
                        break
            return answering.result() if answering.done() else CLIENT_GONE
        finally:
            if not answering.done():
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)

    async def _answer(self, text: str) -> int:
        """The HTTP status that the answer would have had."""
        send = _Sender(self._websocket, self._sever())
        try:
            try:
                ask = Question.model_validate_json(text).ask()
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"]) or "message"
                await send("error", {"code": "validation", "message": f"{place}: {first['msg']}"})
                return 422
            try:
                await self._stream(ask, send)
            except ServiceError as error:
                await send("error", {"code": error.code, "message": error.message})
                return error.status
        except (_ClientGoneError, WebSocketDisconnect):
            self._is_gone = True
            return CLIENT_GONE
        return 200

    async def _stream(self, ask: Ask, send: "_Sender") -> None:
        engine = self._service.engine
        await engine.admit(ENDPOINT)
        parts = engine.stream(ask)
        try:
            async for part in parts:
                for name, content in events_of(part):
                    await send(name, content)
        finally:
            await parts.aclose()  # not left to the garbage collector: a slot hangs on it

    def _sever(self) -> _Break | None:
        """What a fault does to this answer's connection."""
        faults = self._service.engine.faults
        if faults.resets(ENDPOINT):
            return reset, faults.chunks_before_end()
        if faults.cuts(ENDPOINT):
            return cut, faults.chunks_before_end()
        return None


class _Sender:
    """Sends one answer's messages."""

    def __init__(self, websocket: WebSocket, sever: _Break | None) -> None:
        self._websocket = websocket
        self._sever = sever
        self._sent = 0

    async def __call__(self, name: str, content: Mapping[str, object]) -> None:
        if self._sever is not None and self._sent >= self._sever[1]:
            self._sever[0](self._websocket.scope)
            raise _ClientGoneError
        await self._websocket.send_text(compact({"type": name, **content}))
        self._sent += 1
