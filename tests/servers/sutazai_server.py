"""SutazAI's chat WebSockets, their odd parts included, on a language model that only counts words.

Run as `python -m tests.servers.sutazai_server`; it prints its port. A question with `offline` in it meets a
model that is away, one with `silent` a model that stops in the middle and says nothing of it.
"""

import argparse
import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

WORDS = ("A", " ship", " carries", " as", " much", " as", " her", " line", " allows", ".")
GAP_S = 0.01

Json = dict[str, Any]


class State:
    """What grows, and what was counted."""

    def __init__(self, idle_s: float) -> None:
        self.idle_s = idle_s
        self.counts: Counter[str] = Counter()
        self.sessions: dict[str, list[str]] = {}
        """Of all connections there ever were: they are never forgotten."""
        self.registered: set[str] = set()


def create_app(state: State) -> FastAPI:
    """`GET /stats` is not SutazAI's: it tells what this server has seen."""
    app = FastAPI()

    @app.websocket("/api/v1/chat/ws")
    async def chat(websocket: WebSocket) -> None:
        await Chat(state, websocket).run(None)

    @app.websocket("/ws")
    async def root(websocket: WebSocket) -> None:
        await Chat(state, websocket).run(state.idle_s)

    @app.websocket("/api/v1/jarvis/chat/ws")
    async def jarvis(websocket: WebSocket) -> None:
        await talk_as_jarvis(state, websocket)

    @app.get("/stats")
    async def stats() -> Json:
        return {"counts": state.counts, "sessions": len(state.sessions), "registered": len(state.registered)}

    return app


class Chat:
    """One connection to `/api/v1/chat/ws`, or to `/ws` at the root."""

    def __init__(self, state: State, websocket: WebSocket) -> None:
        self._state = state
        self._websocket = websocket
        self._session = str(uuid.uuid4())

    async def run(self, idle_s: float | None) -> None:
        """After so long without a question it gives up, and forgets to take back its registration."""
        await self._websocket.accept()
        self._state.registered.add(self._session)
        self._state.sessions[self._session] = []
        await self._send(type="connection", status="connected", session_id=self._session, message="hello")
        try:
            while True:
                async with asyncio.timeout(idle_s):
                    asked = await self._websocket.receive_json()
                await self._take(asked)
        except TimeoutError:
            await self._send(type="error", message="nothing was said")
        except WebSocketDisconnect:
            self._state.registered.discard(self._session)

    async def _take(self, asked: Json) -> None:
        match asked.get("type", "chat"):
            case "ping":
                await self._send(type="pong")
            case "chat" if not asked.get("message"):
                await self._send(type="error", message="No message provided")
            case "chat":
                await self._answer(asked)

    async def _answer(self, asked: Json) -> None:
        question = asked["message"]
        self._state.counts["chat"] += 1
        self._state.sessions[self._session].append(question)
        await self._send(type="message_received", message=question)
        if not asked.get("stream", True):
            await self._send(type="response", content="".join(WORDS), model=asked.get("model"))
            return
        await self._send(type="stream_start", model=asked.get("model"))
        said = ""
        async for word, done in model(question):
            if word is None:
                await self._send(type="error", message="the model is away")
                return
            said += word
            await self._send(type="stream_chunk", content=word, done=done)
            if done:
                await self._send(type="stream_end", full_response=said)
        self._state.counts["answered"] += 1

    async def _send(self, **message: Any) -> None:
        """Nobody notices that the client is gone: the model goes on."""
        try:
            await self._websocket.send_json(message)
        except (WebSocketDisconnect, RuntimeError):
            self._state.counts["unheard"] += 1


async def talk_as_jarvis(state: State, websocket: WebSocket) -> None:
    """A question without a message is passed over in silence."""
    session = str(uuid.uuid4())
    await websocket.accept()
    await websocket.send_json({"type": "connected", "session_id": session, "message": "ready"})
    try:
        while True:
            asked = await websocket.receive_json()
            if asked.get("type") == "ping":
                await websocket.send_json({"type": "pong"})
                continue
            if not asked.get("message"):
                continue
            state.counts["jarvis"] += 1
            state.sessions.setdefault(session, []).append(asked["message"])
            await websocket.send_json({"type": "typing", "status": "thinking"})
            said = ""
            async for word, _ in model(asked["message"]):
                if word is None:
                    await websocket.send_json({"type": "error", "error": "the model is away"})
                    break
                said += word
                if asked.get("stream"):
                    await websocket.send_json({"type": "token", "content": word})
            else:
                answer = {"type": "complete", "response": said}
                if not asked.get("stream"):
                    answer = {"type": "response", "content": said}
                await websocket.send_json(answer)
    except WebSocketDisconnect:
        return


async def model(question: str) -> AsyncIterator[tuple[str | None, bool]]:
    """Words, the last of which is empty and done; None for an error."""
    if "offline" in question:
        yield None, True
        return
    for number, word in enumerate(WORDS):
        await asyncio.sleep(GAP_S)
        yield word, False
        if "silent" in question and number == 2:
            return
    yield "", True


class Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle-s", type=float, default=20.0)
    state = State(parser.parse_args().idle_s)
    config = uvicorn.Config(
        create_app(state), port=0, log_level="critical", lifespan="off", ws="websockets-sansio"
    )
    Server(config).run()


if __name__ == "__main__":
    main()
