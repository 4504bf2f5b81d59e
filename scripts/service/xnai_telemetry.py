"""A few of the XNAi stack's own metrics, so that its dashboards' queries find something."""

from collections.abc import Callable

from scripts.service.engine import Answer
from scripts.service.telemetry import Telemetry

_MS_BUCKETS = (10, 25, 50, 75, 100, 150, 250, 500, 1000, 2500, 5000, 10000)
_MODEL = "reference"


class XnaiTelemetry:
    """Like the stack, it measures /query only: streams leave no trace in these series."""

    def __init__(self, telemetry: Telemetry, rss_bytes: Callable[[], int]) -> None:
        self._latency_ms = telemetry.histogram(
            "xnai_response_latency_ms", "", "Response latency of /query", _MS_BUCKETS
        )
        self._retrieval_ms = telemetry.histogram(
            "xnai_rag_retrieval_time_ms", "", "Time to retrieve passages", _MS_BUCKETS
        )
        self._token_rate = telemetry.meter.create_gauge(
            "xnai_token_rate_tps", description="Tokens per second of the last /query"
        )
        self._tokens = telemetry.meter.create_counter("xnai_tokens_generated", description="Tokens of /query")
        self._queries = telemetry.meter.create_counter(
            "xnai_queries_processed", description="Queries answered"
        )
        self._errors = telemetry.meter.create_counter("xnai_errors", description="Errors answered")
        telemetry.gauge(
            "xnai_memory_usage_bytes",
            "Resident memory",
            lambda: [(rss_bytes(), {"component": "process"})],
        )

    def query(self, answer: Answer, duration_s: float, use_rag: bool) -> None:
        self._latency_ms.record(duration_s * 1e3, {"endpoint": "/query", "method": "POST"})
        if (retrieval_ms := answer.stages_ms.get("retrieve")) is not None:
            self._retrieval_ms.record(retrieval_ms)
        self._token_rate.set(answer.tokens / duration_s, {"model": _MODEL})
        self._tokens.add(answer.tokens)
        self._queries.add(1, {"rag_enabled": str(use_rag).lower()})

    def error(self, error_type: str, component: str) -> None:
        self._errors.add(1, {"error_type": error_type, "component": component})
