"""What a calibration found, for people."""

from collections.abc import Iterator

from analysis.calibration import Calibration, Microseconds
from reports.quantity import ABSENT, quantity, three_digits
from scripts.text_table import aligned


def calibration_text(calibration: Calibration) -> str:
    """Loads and errors are those of one worker."""
    return "\n".join(
        [
            "Requests, open model: reported minus true at p50 / p95 / p99, medians of the rounds",
            *aligned(_rate_rows(calibration)),
            "",
            "Streams: errors of single events, either way, p50 / p95 / p99",
            *aligned(_stream_rows(calibration)),
            "",
            *verdict_lines(calibration),
            "",
        ]
    )


def verdict_lines(calibration: Calibration) -> Iterator[str]:
    """Up to where a run on this machine can be trusted."""
    limits = calibration.limits
    rate = calibration.trusted_rate
    within = quantity(limits.response_error_us, "us")
    if rate is None:
        yield f"No rate can be trusted: even the lowest is not within {within} of the truth"
    else:
        yield (
            f"Trusted up to {three_digits(rate.rate_per_s)} requests/s a worker: "
            f"p50, p95 and p99 of response within {within} of the truth"
        )
    streams = calibration.trusted_streams
    within = quantity(limits.stamp_error_us, "us")
    if streams is None:
        yield f"No number of streams can be trusted: even with the fewest, stamps are not within {within}"
    else:
        yield (
            f"Trusted up to {streams.streams} streams a worker, {three_digits(streams.events_per_s)} text "
            f"events/s together: 99 % of their stamps within {within} of the truth"
        )


def _rate_rows(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    yield ("requests/s", "achieved", "response", "service", "send_lag p99", "CPU", "trusted")
    for step in calibration.rates:
        yield (
            three_digits(step.rate_per_s),
            quantity(step.achieved, "ratio"),
            _errors(step.response_error_us),
            _errors(step.service_error_us),
            quantity(step.send_lag_p99_us, "us"),
            ABSENT if step.cpu_percent is None else quantity(step.cpu_percent, "percent"),
            "yes" if step.trusted else "no",
        )


def _stream_rows(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    yield ("streams", "events/s", "achieved", "stamp", "ttft", "gap", "coalesced", "CPU", "trusted")
    for step in calibration.streams:
        yield (
            str(step.streams),
            three_digits(step.events_per_s),
            quantity(step.achieved, "ratio"),
            _errors(step.stamp_error_us),
            _errors(step.ttft_error_us),
            _errors(step.gap_error_us),
            quantity(step.coalesced, "ratio"),
            ABSENT if step.cpu_percent is None else quantity(step.cpu_percent, "percent"),
            "yes" if step.trusted else "no",
        )


def _errors(error_us: Microseconds) -> str:
    return " / ".join(quantity(error_us[name], "us") for name in ("p50", "p95", "p99"))
