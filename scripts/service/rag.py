"""The reference service's own API: /query, /stream, /ws/chat and /health."""

from collections.abc import AsyncGenerator, Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from scripts.service.assembly import Service
from scripts.service.chat import add_chat
from scripts.service.client_presence import while_connected
from scripts.service.door import CLIENT_GONE, Door
from scripts.service.engine import Ask, Engine, Finished, Token
from scripts.service.event_stream import EventStream, compact
from scripts.service.health import Health
from scripts.service.operations import ENDPOINTS, operations
from scripts.service.question import Question, events_of, sources_of
from scripts.service.service_error import ServiceError

MAX_DIGITS = 10
"""Of a token's number; more of them make no number that was ever sent."""


def rag_app(service: Service) -> ASGIApp:
    app = FastAPI(title="Plimsoll reference RAG service", docs_url=None, redoc_url=None)
    engine = service.engine
    health = Health(service)

    @app.post("/query")
    async def query(question: Question, request: Request) -> Response:
        answer = await while_connected(request, engine.answer(question.ask()))
        body = {
            "answer": answer.text,
            "sources": sources_of(answer.hits),
            "cached": answer.cached,
            "tokens": answer.tokens,
            "timings_ms": answer.stages_ms,
        }
        return Response(
            compact(body),
            media_type="application/json",
            headers={"Server-Timing": _server_timing(answer.stages_ms)},
        )

    @app.post("/stream")
    async def stream(question: Question, request: Request) -> Response:
        await while_connected(request, engine.admit())
        return EventStream(_events(engine, question.ask(), _had(request)))

    @app.get("/health")
    async def report_health(request: Request) -> Response:
        await while_connected(request, engine.faults.strike("health"))
        return JSONResponse(health.report())

    add_chat(app, service)
    _add_error_handlers(app)
    app.include_router(operations(service))
    endpoints = {"/query": "query", "/stream": "stream", "/health": "health", **ENDPOINTS}
    return Door(app, endpoints, service.tally, service.telemetry, engine.faults)


async def _events(engine: Engine, ask: Ask, had: int) -> AsyncGenerator[str]:
    """The id of a token is its number. The answer is made anew for who `had` the first of it already."""
    parts = engine.stream(ask)
    token = 0
    try:
        async for part in parts:
            is_new = token >= had or isinstance(part, Finished)
            if isinstance(part, Token):
                token += 1
            if is_new:
                # several in one piece: they belong together
                number = token if isinstance(part, Token) else None
                yield "".join(_event(name, data, number) for name, data in events_of(part))
    except ServiceError as error:
        yield _event("error", {"code": error.code, "message": error.message})
    finally:
        await parts.aclose()


def _event(name: str, data: object, number: int | None = None) -> str:
    last_id = "" if number is None else f"id: {number}\n"
    return f"{last_id}event: {name}\ndata: {compact(data)}\n\n"


def _had(request: Request) -> int:
    """How many tokens came before the stream broke off that this one takes up."""
    last_id = request.headers.get("last-event-id", "")
    return int(last_id) if last_id.isascii() and last_id.isdigit() and len(last_id) < MAX_DIGITS else 0


def _server_timing(stages_ms: Mapping[str, float]) -> str:
    return ", ".join(f"{name};dur={ms}" for name, ms in stages_ms.items())


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ServiceError)
    async def service_error(_request: Request, error: ServiceError) -> Response:
        return _error(error.status, error.code, error.message)

    @app.exception_handler(RequestValidationError)
    async def validation_error(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _error(422, "validation", f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> Response:
        return _error(error.status_code, "http", str(error.detail))

    @app.exception_handler(ClientDisconnect)
    async def client_gone(_request: Request, _gone: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_GONE)

    @app.exception_handler(Exception)
    async def internal_error(_request: Request, _fault: Exception) -> Response:
        return _error(500, "internal", "an error inside the service; its log says more")


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
