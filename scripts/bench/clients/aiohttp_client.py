"""Asks with aiohttp for as long as it lives: `python -m scripts.bench.clients.aiohttp_client URL N BODY`."""

import asyncio
import sys

from aiohttp import ClientError, ClientSession, TCPConnector

from scripts.bench.clients.tally import Tally, trusting


async def _main(url: str, connections: int, body: bytes) -> None:
    tally = Tally()
    headers = {"Content-Type": "application/json"}
    connector = TCPConnector(limit=connections, ssl=trusting())
    async with ClientSession(connector=connector, headers=headers) as session:

        async def ask() -> int:
            async with session.post(url, data=body) as response:
                await response.read()
                return response.status

        await asyncio.gather(*(tally.ask_for_ever(ask, ClientError) for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()))
