"""Asks every endpoint of the target once, health first."""

from collections.abc import Callable, Mapping
from os import environ
from pathlib import Path

import httpx

from analysis.env_template import expand
from analysis.failure import Failure, FailureKind
from analysis.question import load_questions
from analysis.target import Endpoint, Target
from locustfiles.load.tls_context import tls_context
from scripts.doctor_checks.answer import Answer, ask, client_for
from scripts.doctor_checks.chat import ask_chat
from scripts.doctor_checks.check import Area, Check, State
from scripts.doctor_checks.health import health_doubt

_ADVICE = {
    FailureKind.CONNECT: "start the service, or give --base-url",
    FailureKind.TLS: "trust the service's authority (tls.ca_file, or SSL_CERT_FILE)",
    FailureKind.TIMEOUT: "find out what the service waits for, or raise the endpoint's timeout",
    FailureKind.RESET: "look into the service's log: it dropped the connection",
    FailureKind.TRUNCATED: "look into the service's log: the answer broke off, or the dialect is another one",
    FailureKind.PROTOCOL: "compare the endpoint's dialect and max_body_bytes with what the service sends",
    FailureKind.HTTP_4XX: "correct the endpoint's path, body or headers in the target file",
    FailureKind.HTTP_5XX: "look into the service's log",
    FailureKind.STREAM_ERROR: "look into the service's log: the stream reported an error",
    FailureKind.VALIDATION: "correct the service, or the endpoint's expectation in the target file",
}


def check_endpoints(target: Target, base_url: str, progress: Callable[[str], object]) -> list[Check]:
    """One check an endpoint, and one on keep-alive; `progress` is told what is being asked."""
    question = _question(target)
    checks: list[Check] = []
    closing: list[str] = []
    with client_for(base_url, tls_context(target.tls)) as client:
        for endpoint in sorted(target.endpoints.values(), key=lambda endpoint: endpoint.name != "health"):
            progress(f"asking {endpoint.name}")
            answer = _ask(client, base_url, endpoint, target, question)
            checks.append(_check(endpoint, answer))
            if answer.closes:
                closing.append(endpoint.name)
    if closing:
        checks.append(
            Check(
                Area.SERVICE,
                "keep-alive",
                State.WARNING,
                f"closed after {', '.join(closing)}",
                "let the service keep connections open, or each request pays for a new one",
            )
        )
    return checks


def _ask(client: httpx.Client, base_url: str, endpoint: Endpoint, target: Target, question: str) -> Answer:
    if endpoint.websocket is not None:
        return ask_chat(base_url, target.tls, endpoint, _headers(target, endpoint), question)
    return ask(client, endpoint, _headers(target, endpoint), question)


def _headers(target: Target, endpoint: Endpoint) -> Mapping[str, str]:
    sent: dict[str, str] = {}
    for key, headers in (
        ("headers", target.headers),
        (f"endpoints.{endpoint.name}.headers", endpoint.headers),
    ):
        for name, value in headers.items():
            sent[name] = expand(value, environ, file=target.file, key=f"{key}.{name}")
    return sent


def _question(target: Target) -> str:
    return load_questions(Path(target.questions.file))[0] if target.questions is not None else ""


def _check(endpoint: Endpoint, answer: Answer) -> Check:
    name = f"{endpoint.name} ({endpoint.method} {endpoint.path})"
    if answer.failure is not None:
        return _failed(name, endpoint, answer.failure)
    found = f"{answer.status} in {answer.total_ms:.1f} ms, {answer.body_bytes} bytes"
    if endpoint.dialect.is_stream and answer.first_text_ms is not None:
        found = f"{answer.status}, first text after {answer.first_text_ms:.1f} ms, "
        found += f"ended after {answer.total_ms:.1f} ms, {answer.text_events} text events"
    doubt = health_doubt(answer.body) if "health" in endpoint.name else None
    if doubt is not None:
        advice = "repair these parts first: a baseline of a degraded service is none"
        return Check(Area.SERVICE, name, State.WARNING, f"{found}; {doubt}", advice)
    return Check(Area.SERVICE, name, State.OK, found)


def _failed(name: str, endpoint: Endpoint, failure: Failure) -> Check:
    found = f"{failure.kind}: {failure.detail}"
    if endpoint.optional:
        return Check(
            Area.SERVICE,
            name,
            State.WARNING,
            found,
            "optional: mixes without it work; " + _ADVICE[failure.kind],
        )
    return Check(Area.SERVICE, name, State.WRONG, found, _ADVICE[failure.kind])
