"""Asks with httpx for as long as it lives: `python -m scripts.bench.clients.httpx_client URL N BODY`."""

import asyncio
import sys

from httpx import AsyncClient, HTTPError

from scripts.bench.clients.tally import Tally, trusting


async def _main(url: str, connections: int, body: bytes) -> None:
    tally = Tally()
    context = trusting()

    async def user() -> None:
        # A client each: one for all hands idle connections on and so never opens as many as asked for.
        async with AsyncClient(headers={"Content-Type": "application/json"}, verify=context) as client:

            async def ask() -> int:
                return (await client.post(url, content=body)).status_code

            await tally.ask_for_ever(ask, HTTPError)

    await asyncio.gather(*(user() for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()))
