"""The service's metrics: OpenTelemetry instruments, shown in Prometheus text."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Histogram, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

DURATION_BUCKETS_S = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip
PREFIX = "plimsoll_service_"

Readings = Iterable[tuple[float, Mapping[str, str]]]


class Telemetry:
    """One registry per service, none of it global. The exporter adds `_total` and `_seconds` to the names."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        reader = PrometheusMetricReader(
            disable_target_info=True, scope_info_enabled=False, registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
        self.meter = self._provider.get_meter("plimsoll.service")
        self._requests = self.meter.create_counter(
            f"{PREFIX}requests", description="Requests answered, by endpoint and HTTP status"
        )
        self._request_s = self.histogram(
            f"{PREFIX}request_duration", "s", "From a request's arrival to its last byte", DURATION_BUCKETS_S
        )
        self._stage_s = self.histogram(
            f"{PREFIX}stage_duration", "s", "Time in one stage of an answer", DURATION_BUCKETS_S
        )

    def request(self, endpoint: str, status: int, duration_s: float) -> None:
        """Status 499 stands for a client that went away before its answer."""
        self._requests.add(1, {"endpoint": endpoint, "status": str(status)})
        self._request_s.record(duration_s, {"endpoint": endpoint})

    def stage(self, stage: str, duration_s: float) -> None:
        self._stage_s.record(duration_s, {"stage": stage})

    def histogram(self, name: str, unit: str, description: str, buckets: Sequence[float]) -> Histogram:
        return self.meter.create_histogram(
            name, unit=unit, description=description, explicit_bucket_boundaries_advisory=buckets
        )

    def gauge(self, name: str, description: str, read: Callable[[], Readings]) -> None:
        """`read` is called at every scrape and gives values with their labels."""
        self.meter.create_observable_gauge(name, callbacks=[_observer(read)], description=description)

    def counter_of(self, name: str, description: str, read: Callable[[], Readings]) -> None:
        """A counter whose value is kept elsewhere and read at every scrape."""
        self.meter.create_observable_counter(name, callbacks=[_observer(read)], description=description)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def close(self) -> None:
        self._provider.shutdown()


def _observer(read: Callable[[], Readings]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, dict(labels)) for value, labels in read()]

    return observe
