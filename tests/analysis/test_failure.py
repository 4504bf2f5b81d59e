"""A failure's detail is fit for logs and pages."""

from analysis.failure import Failure, FailureKind


def test_failure_kinds_are_the_published_words() -> None:
    assert [str(kind) for kind in FailureKind] == [
        "connect", "tls", "timeout", "reset", "truncated", "protocol",
        "http_4xx", "http_5xx", "stream_error", "validation",
    ]  # fmt: skip


def test_a_detail_is_one_line_of_at_most_200_characters() -> None:
    failure = Failure(FailureKind.RESET, " a\r\n\x1b[31mb" + "c" * 300)

    assert failure.detail.startswith("a [31mb")
    assert len(failure.detail) == 200


def test_a_short_detail_stays_as_it_is() -> None:
    assert Failure(FailureKind.TIMEOUT, "60 s over").detail == "60 s over"
