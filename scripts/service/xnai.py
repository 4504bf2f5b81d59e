"""The XNAi API on the same engine: its paths, payloads, errors and wire format, bugs included."""

import time
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated

import psutil
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from scripts.service.assembly import Service
from scripts.service.client_presence import while_connected
from scripts.service.door import CLIENT_GONE, Door
from scripts.service.engine import Ask, Engine, Finished, Found, Token
from scripts.service.event_stream import EventStream, compact
from scripts.service.health import Health
from scripts.service.operations import ENDPOINTS, operations
from scripts.service.service_error import BreakerOpenError, ServiceError
from scripts.service.settings import SERVICE_VERSION
from scripts.service.xnai_telemetry import XnaiTelemetry

PREFIX = "/xnai/api/v1"
SEPARATOR = "\\n\\n"  # four literal characters: the stack's stream has no line break in it
_TOP_K = 5  # of its first degradation tier, like the cap on tokens
_MAX_TOKENS = 256


class XnaiQuestion(BaseModel):
    """The body of its /query and /stream; temperature and top_p are accepted and ignored there too."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    use_rag: bool = True
    max_tokens: int = Field(default=512, ge=1, le=2048)
    temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    top_p: float = Field(default=0.95, ge=0.0, le=1.0)

    def ask(self) -> Ask:
        return Ask(self.query, _TOP_K, min(self.max_tokens, _MAX_TOKENS), self.use_rag)


def xnai_app(service: Service) -> ASGIApp:
    app = FastAPI(title="Plimsoll reference service, XNAi API", docs_url=None, redoc_url=None)
    engine = service.engine
    health = Health(service)
    telemetry = XnaiTelemetry(service.telemetry, health.rss_bytes)

    @app.post(f"{PREFIX}/query")
    async def query(question: XnaiQuestion, request: Request) -> Response:
        started_s = time.perf_counter()
        answer = await while_connected(request, engine.answer(question.ask()))
        duration_s = time.perf_counter() - started_s
        telemetry.query(answer, duration_s, question.use_rag)
        body = {
            "response": answer.text,
            "sources": [hit.passage.title for hit in answer.hits],
            "tokens_generated": answer.tokens,
            "duration_ms": round(duration_s * 1e3, 2),
            "token_rate_tps": round(answer.tokens / duration_s, 2),
        }
        return Response(compact(body), media_type="application/json", headers=_request_id())

    @app.post(f"{PREFIX}/stream")
    async def stream(question: XnaiQuestion, request: Request) -> Response:
        await while_connected(request, engine.admit())
        return EventStream(_events(engine, question.ask()), headers=_request_id())

    @app.get(f"{PREFIX}/health")
    async def report_health(request: Request) -> Response:
        await while_connected(request, engine.faults.strike("health"))
        return JSONResponse(_health(service, health), headers=_request_id())

    _add_error_handlers(app, telemetry)
    app.include_router(operations(service))
    endpoints = {f"{PREFIX}/{name}": name for name in ("query", "stream", "health")} | ENDPOINTS
    return Door(app, endpoints, service.tally, service.telemetry, engine.faults)


async def _events(engine: Engine, ask: Ask) -> AsyncGenerator[str]:
    parts = engine.stream(ask)
    try:
        async for part in parts:
            match part:
                case Found(hits):
                    yield _event("sources", sources=[hit.passage.title for hit in hits])
                case Token(text):
                    yield _event("token", content=text)
                case Finished(tokens, stages_ms):
                    yield _event("done", tokens=tokens, latency_ms=round(stages_ms["generate"], 2))
                case _:
                    pass  # it reports no stages
    except ServiceError as error:
        yield _event("error", error=error.message)
    finally:
        await parts.aclose()


def _event(kind: str, **fields: object) -> str:
    return f"data: {compact({'type': kind, **fields})}{SEPARATOR}"


def _health(service: Service, health: Health) -> dict[str, object]:
    parts = {name: part["status"] == "up" for name, part in health.components().items()}
    components: dict[str, object] = {
        "embeddings": parts["embeddings"],
        "vectorstore": parts["index"],
        "llm": True,  # a constant there
        "circuit_breakers_healthy": health.breakers_closed(),
        "health_memory": True,
        "health_redis": parts.get("redis", False),
        "degradation_tier": 1,
        "tier_name": "full",
    }
    healthy = parts["embeddings"] and parts["index"] and parts["generator"] and health.breakers_closed()
    redis_lost = service.store is not None and not service.store.available
    return {
        "status": "healthy" if healthy and not redis_lost else "degraded",
        "version": SERVICE_VERSION,
        "memory_gb": round(psutil.virtual_memory().used / 2**30, 2),
        "vectorstore_loaded": parts["index"],
        "components": components,
    }


def _add_error_handlers(app: FastAPI, telemetry: XnaiTelemetry) -> None:
    @app.exception_handler(BreakerOpenError)
    async def breaker_open(_request: Request, error: BreakerOpenError) -> Response:
        telemetry.error("circuit_open", error.name)
        body = {"error": f"Service unavailable: circuit open for {error.name}"}
        return JSONResponse(body, status_code=503, headers=_request_id())

    @app.exception_handler(ServiceError)
    async def service_error(_request: Request, error: ServiceError) -> Response:
        telemetry.error(error.code, "rag_api")
        status = 500 if error.status == 502 else error.status  # its categories know no 502
        return _error(status, error.code.upper(), error.message, "internal", "Try again later.")

    @app.exception_handler(RequestValidationError)
    async def validation_error(_request: Request, error: RequestValidationError) -> Response:
        telemetry.error("validation", "api")
        details = {
            "errors": [
                {"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]}
                for fault in error.errors()
            ]
        }
        message = "Request validation failed"
        return _error(400, "VALIDATION_ERROR", message, "validation", "Check the request body.", details)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> Response:
        category = "not_found" if error.status_code == 404 else "request"
        return _error(error.status_code, f"HTTP_{error.status_code}", str(error.detail), category, None)

    @app.exception_handler(ClientDisconnect)
    async def client_gone(_request: Request, _gone: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_GONE)

    @app.exception_handler(Exception)
    async def internal_error(_request: Request, _fault: Exception) -> Response:
        telemetry.error("internal", "api")
        return _error(500, "INTERNAL_ERROR", "An unexpected error occurred", "internal", None)


def _error(
    status: int, code: str, message: str, category: str, suggestion: str | None, details: object = None
) -> Response:
    headers = _request_id()
    body = {
        "error_code": code,
        "message": message,
        "category": category,
        "http_status": status,
        "timestamp": datetime.now(UTC).isoformat(),
        "details": details or {},
        "recovery_suggestion": suggestion,
        "request_id": headers["X-Request-ID"],
    }
    return JSONResponse(body, status_code=status, headers=headers)


def _request_id() -> dict[str, str]:
    """Always new: the stack ignores an incoming one."""
    return {"X-Request-ID": str(uuid.uuid4())}
