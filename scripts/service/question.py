"""What the service is asked, and the words of its streamed answer."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from scripts.service.engine import Ask, Finished, Found, StageDone, StreamPart, Token
from scripts.service.retrieval import Hit


class Question(BaseModel):
    """The body of /query and /stream, and a message to /ws/chat."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    top_k: int = Field(default=4, ge=1, le=20)
    max_tokens: int | None = Field(default=None, ge=1, le=2048)

    def ask(self) -> Ask:
        return Ask(self.question, self.top_k, self.max_tokens)


def events_of(part: StreamPart) -> list[tuple[str, dict[str, object]]]:
    """Name and content of the events that tell a part of a streamed answer."""
    match part:
        case Token(text):
            return [("token", {"text": text})]
        case StageDone(name, ms):
            return [("stage", {"name": name, "ms": ms})]
        case Found(hits):
            return [("citation", source) for source in sources_of(hits)]
        case Finished(tokens, stages_ms):
            return [("done", {"tokens": tokens, "timings_ms": stages_ms})]


def sources_of(hits: Sequence[Hit]) -> list[dict[str, object]]:
    return [{"id": hit.passage.identity, "title": hit.passage.title, "score": hit.score} for hit in hits]
