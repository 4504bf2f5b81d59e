"""What a service is told off for: an answer that HTTP does not allow."""


class ProtocolViolation(Exception):  # noqa: N818 -- it is the service's error, not one of ours
    """The bytes received are no HTTP/1.1 response within the limits; the text says why, quoting nothing."""


def too_large(max_body_bytes: int) -> ProtocolViolation:
    """For a body beyond the limit, compressed or not."""
    return ProtocolViolation(f"body larger than max_body_bytes = {max_body_bytes}")
