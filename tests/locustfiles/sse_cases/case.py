"""One stream as bytes, and its events: name, data, last id."""

from collections.abc import Mapping, Sequence

from locustfiles.load.framing import Message

Cases = Mapping[str, tuple[bytes, Sequence[Message]]]


def one(data: str, name: str = "message", last_id: str = "") -> Message:
    return name, data, last_id
