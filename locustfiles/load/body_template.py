"""Turns a target file's body template into request bytes for a question."""

import json
from typing import Any

from analysis.endpoint import QUESTION


class BodyTemplate:
    """A JSON body whose strings may hold `{question}`, serialised once and filled per request."""

    __slots__ = ("_parts",)

    def __init__(self, body: Any) -> None:
        text = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        self._parts: list[str] | None = None if text is None else text.split(QUESTION)

    def fill(self, question: str) -> bytes | None:
        """The body for a question, escaped as JSON; None when the endpoint has no body."""
        if self._parts is None:
            return None
        return json.dumps(question, ensure_ascii=False)[1:-1].join(self._parts).encode()
