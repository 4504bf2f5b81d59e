"""Times that a service reports about its own stages."""

from collections.abc import Mapping
from typing import Any

from locustfiles.load.exchange import Exchange
from locustfiles.load.json_rules import Steps, follow
from locustfiles.load.stream_end import milliseconds_as_us

UNATTRIBUTED = "stage.unattributed"
STAGES_AT_MOST = 32
"""Per answer; names come from the service, and each makes a histogram."""


def server_timing_us(header: str) -> dict[str, int]:
    """Stage times of a `Server-Timing` header (W3C Server Timing): name to microseconds."""
    stages: dict[str, int] = {}
    for entry in header.split(",")[:STAGES_AT_MOST]:
        name, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "dur" and name:
                duration_us = milliseconds_as_us(_number(value.strip().strip('"')))
                if duration_us is not None:
                    stages[f"stage.{name}"] = round(duration_us)
    return stages


def reports_stages(exchange: Exchange) -> bool:
    """Whether the head may hold a `Server-Timing` header: a quick look, as most hold none."""
    head = exchange.head
    return b"iming" in head or b"IMING" in head


def header_stages_us(exchange: Exchange) -> dict[str, int]:
    """Stage times of the `Server-Timing` header; headers are parsed only when it is there."""
    if not reports_stages(exchange):
        return {}
    return server_timing_us(exchange.headers.get("server-timing", ""))


def reported_stages_us(exchange: Exchange, fields: Mapping[str, Steps], document: Any) -> dict[str, int]:
    """Stage times of a plain answer: from its header, and from the JSON fields that the target file names."""
    stages = header_stages_us(exchange)
    for name, steps in fields.items():
        duration_us = milliseconds_as_us(follow(document, steps))
        if duration_us is not None:
            stages[f"stage.{name}"] = round(duration_us)
    return stages


def with_unattributed(stages_us: dict[str, int], service_us: int | None) -> dict[str, int]:
    """The stages, and what of the service time they leave unexplained."""
    if stages_us and service_us is not None:
        stages_us[UNATTRIBUTED] = max(0, service_us - sum(stages_us.values()))
    return stages_us


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
