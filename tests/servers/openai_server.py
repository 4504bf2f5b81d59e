"""A small OpenAI-compatible server: embeddings from hashed words, and answers that stream word by word.

Run as `python -m tests.servers.openai_server`; it prints its port. The key it asks for is its first argument.
"""

import json
import sys
import zlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

DIMENSIONS = 512
WORDS = ("A", "remote", "model", "says", "so.")


def create_app(key: str) -> FastAPI:
    """A question with `break` in it gets a stream without its end mark, one with `refuse` gets a 500."""
    app = FastAPI()

    def check(request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {key}":
            raise HTTPException(401, "wrong key")

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> dict[str, Any]:
        check(request)
        texts = (await request.json())["input"]
        data = [{"index": index, "embedding": embedding(text)} for index, text in enumerate(texts)]
        return {"data": data[::-1]}  # the order is told by the index alone

    @app.post("/v1/chat/completions")
    async def completions(request: Request) -> StreamingResponse:
        check(request)
        question = (await request.json())["messages"][-1]["content"]
        if "refuse" in question:
            raise HTTPException(500, "refused")
        return StreamingResponse(chunks("break" in question), media_type="text/event-stream")

    return app


def embedding(text: str) -> list[float]:
    bins = [0.0] * DIMENSIONS
    for word in text.lower().replace("?", "").replace(".", "").split():
        bins[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    return bins


async def chunks(broken: bool) -> AsyncIterator[str]:
    yield ': a comment\n\ndata: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
    for index, word in enumerate(WORDS):
        delta = {"content": word if index == 0 else f" {word}"}
        yield f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n"
    if not broken:
        yield 'data: {"choices":[],"usage":{"completion_tokens":5}}\n\ndata: [DONE]\n\n'


class Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(create_app(sys.argv[1]), port=0, log_level="critical", lifespan="off")
    Server(config).run()
