"""Embeddings and answers from any OpenAI-compatible server instead of the built-in ones."""

import json
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from scripts.service.embedding import Vector, unit
from scripts.service.retrieval import Hit
from scripts.service.service_error import DependencyError

EMBEDDINGS_KEY_VARIABLE = "PLIMSOLL_EMBEDDINGS_API_KEY"
LLM_KEY_VARIABLE = "PLIMSOLL_LLM_API_KEY"
_BATCH = 64
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class RemoteEmbedder:
    """`url` ends before `/embeddings`, as in `http://127.0.0.1:11434/v1`."""

    def __init__(self, url: str, model: str) -> None:
        self._model = model
        self._client = _client(url, EMBEDDINGS_KEY_VARIABLE)

    async def embed(self, text: str) -> Vector:
        vectors = await self._embed_batch([text])
        return vectors[0]

    async def embed_all(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions)."""
        rows: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            rows.extend(await self._embed_batch(batch))
        return np.stack(rows)

    async def close(self) -> None:
        await self._client.aclose()

    async def _embed_batch(self, texts: list[str]) -> list[Vector]:
        try:
            response = await self._client.post("embeddings", json={"model": self._model, "input": texts})
            response.raise_for_status()
            data = sorted(response.json()["data"], key=lambda item: item["index"])
            vectors = [unit(np.asarray(item["embedding"], dtype=np.float32)) for item in data]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise DependencyError("embed", _reason(error)) from error
        if len(vectors) != len(texts):
            raise DependencyError("embed", f"asked for {len(texts)} vectors, got {len(vectors)}")
        return vectors


class RemoteGenerator:
    """`url` ends before `/chat/completions`. A token is whatever the server sends as one delta."""

    def __init__(self, url: str, model: str) -> None:
        self._model = model
        self._client = _client(url, LLM_KEY_VARIABLE)

    async def whole(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> list[str]:
        async with aclosing(self.stream(question, hits, max_tokens)) as tokens:
            return [token async for token in tokens]

    async def stream(self, question: str, hits: Sequence[Hit], max_tokens: int | None) -> AsyncGenerator[str]:
        body: dict[str, Any] = {"model": self._model, "messages": _messages(question, hits), "stream": True}
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        try:
            async with self._client.stream("POST", "chat/completions", json=body) as response:
                response.raise_for_status()
                async for line in response.aiter_lines():
                    if not line.startswith("data:"):
                        continue
                    data = line[5:].strip()
                    if data == "[DONE]":
                        return
                    if text := _delta(json.loads(data)):
                        yield text
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise DependencyError("generate", _reason(error)) from error
        raise DependencyError("generate", "the stream ended without [DONE]")

    async def close(self) -> None:
        await self._client.aclose()


def _client(url: str, key_variable: str) -> httpx.AsyncClient:
    key = os.environ.get(key_variable)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=url.rstrip("/") + "/", headers=headers, timeout=_TIMEOUT)


def _messages(question: str, hits: Sequence[Hit]) -> list[dict[str, str]]:
    passages = "\n\n".join(f"[{hit.passage.title}] {hit.passage.text}" for hit in hits)
    return [
        {"role": "system", "content": "Answer from these passages only, in a few sentences.\n\n" + passages},
        {"role": "user", "content": question},
    ]


def _delta(chunk: Mapping[str, Any]) -> str:
    choices = chunk.get("choices") or []  # a closing usage chunk has none
    return (choices[0].get("delta") or {}).get("content") or "" if choices else ""


def _reason(error: Exception) -> str:
    """Never the URL or a header: either may carry a credential."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
