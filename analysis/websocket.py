"""How an endpoint's WebSocket connections are opened and kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSocket:
    """Of an endpoint that is asked by messages; each question is one message, each answer one or more."""

    keep: bool = True
    """One connection serves one question after the other; else each has its own."""
    greeting: bool = False
    """The service speaks first: nothing is asked before its first message has come."""
    subprotocols: tuple[str, ...] = ()
    """Offered, the preferred one first."""
    compression: bool = False
    """Whether permessage-deflate is offered."""
