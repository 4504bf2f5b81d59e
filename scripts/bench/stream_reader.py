"""Other clients on the same streams: closed loop, one connection each, a stamp when a line or event is seen.

Run as `python -m scripts.bench.stream_reader CLIENT URL STREAMS`; it reads until it is killed.
"""

import asyncio
import os
import sys
from array import array
from collections.abc import Callable, Coroutine
from functools import partial
from json import loads
from time import time_ns
from typing import Any

from locustfiles.peers.rounds import Rounds
from locustfiles.peers.stream_log import OUTPUT, StreamLog

BODY = {
    "model": "bench",
    "messages": [{"role": "user", "content": "What marks a safe load?"}],
    "stream": True,
}
END = "[DONE]"


def is_text(data: str | bytes) -> bool:
    """Whether an event carries answer text, which only its JSON tells."""
    return bool(loads(data)["choices"][0]["delta"].get("content"))


class Notes:
    """What the benchmark must know of the streams, as far as the environment asks for it."""

    def __init__(self) -> None:
        self._log = StreamLog(os.environ[OUTPUT]) if OUTPUT in os.environ else None
        self.seen = Rounds().seen

    def add(self, first: str | bytes, asked_ns: int, done_ns: int, stamps_ns: "array[int]") -> None:
        """A stream was read to its end."""
        if self._log is not None:
            self._log.add(first, asked_ns, done_ns, stamps_ns)


async def read_lines(session: Any, url: str, notes: Notes, is_wanted: Callable[[bytes], bool]) -> None:
    """One stream by aiohttp, line by line."""
    stamps_ns, first = array("q"), b""
    asked_ns = time_ns()
    async with session.post(url, json=BODY) as response:
        async for line in response.content:
            if line.startswith(b"data: "):
                stamp_ns = time_ns()
                data = line[6:-1]
                if data != END.encode() and is_wanted(data):
                    stamps_ns.append(stamp_ns)
                    first = first or data
                    notes.seen()
    notes.add(first, asked_ns, time_ns(), stamps_ns)


async def read_messages(socket: Any, notes: Notes, is_wanted: Callable[[str], bool]) -> None:
    """One stream by aiohttp's WebSocket, message by message."""
    stamps_ns, first = array("q"), ""
    asked_ns = time_ns()
    await socket.send_json(BODY)
    while (data := await socket.receive_str()) != END:
        stamp_ns = time_ns()
        if is_wanted(data):
            stamps_ns.append(stamp_ns)
            first = first or data
            notes.seen()
    notes.add(first, asked_ns, time_ns(), stamps_ns)


async def read_events(client: Any, url: str, notes: Notes, is_wanted: Callable[[str], bool]) -> None:
    """One stream by httpx-sse."""
    from httpx_sse import aconnect_sse

    stamps_ns, first = array("q"), ""
    asked_ns = time_ns()
    async with aconnect_sse(client, "POST", url, json=BODY) as source:
        async for sse in source.aiter_sse():
            stamp_ns = time_ns()
            if sse.data != END and is_wanted(sse.data):
                stamps_ns.append(stamp_ns)
                first = first or sse.data
                notes.seen()
    notes.add(first, asked_ns, time_ns(), stamps_ns)


async def _aiohttp(
    url: str, streams: int, notes: Notes, *, decodes: bool, over_websocket: bool = False
) -> None:
    import aiohttp

    is_wanted: Callable[[str | bytes], bool] = is_text if decodes else bool

    async def user(session: aiohttp.ClientSession) -> None:
        if over_websocket:
            async with session.ws_connect(url) as socket:
                while True:
                    await read_messages(socket, notes, is_wanted)
        while True:
            await read_lines(session, url, notes, is_wanted)

    connector, patience = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=patience) as session,
        asyncio.TaskGroup() as users,
    ):
        for _ in range(streams):
            users.create_task(user(session))


async def _httpx_sse(url: str, streams: int, notes: Notes, *, decodes: bool) -> None:
    import httpx

    is_wanted: Callable[[str], bool] = is_text if decodes else bool

    async def user() -> None:
        # One client each: the pool of a shared one takes time quadratic in its connections.
        async with httpx.AsyncClient(timeout=None, verify=False) as client:  # noqa: S113, S501 -- loopback, http
            while True:
                await read_events(client, url, notes, is_wanted)

    async with asyncio.TaskGroup() as users:
        for _ in range(streams):
            users.create_task(user())


def main() -> None:
    """Read until killed. After a client's name `-json` has it decode, and `-messages` use a WebSocket."""
    name, url, streams = sys.argv[1:]
    over_websocket = name.endswith("-messages")
    name = name.removesuffix("-messages")
    readers: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
        "aiohttp": partial(_aiohttp, over_websocket=over_websocket),
        "httpx-sse": _httpx_sse,
    }
    read = readers[name.removesuffix("-json")]
    asyncio.run(read(url, int(streams), Notes(), decodes=name.endswith("-json")))


if __name__ == "__main__":
    main()
