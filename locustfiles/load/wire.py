"""The HTTP/1.1 client of the load generator: one connection, no retries, no redirects, exact stamps."""

from collections.abc import Mapping
from typing import Literal

from analysis.target_parts import Tls
from locustfiles.load.dialing import Dialer
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest, RequestTemplate, parse_origin, request_template
from locustfiles.load.stamp import kernel_stamps_work
from locustfiles.load.stream_event import StreamDecoder
from locustfiles.load.stream_exchange import StreamExchange
from locustfiles.load.tls_context import tls_context
from locustfiles.load.transport import Transport

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 60.0
MAX_BODY_BYTES = 16 * 1024 * 1024
TEMPLATES_KEPT = 64
SYSTEM_TLS = Tls()


class WireClient(Transport):
    """Sends requests over at most one connection at a time; one client per user.

    It reports the transport alone: a 404 or a 500 is a finished exchange without failure, and the caller
    decides by what it expected. A connection that the service has closed is noticed before the request is
    sent, and opened anew. Once a byte was sent nothing is ever sent again.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        tls: Tls = SYSTEM_TLS,
    ) -> None:
        """Raises UsageError for a base URL that is none, and for files that TLS cannot use."""
        self._origin = parse_origin(base_url)
        self._headers = dict(headers or {})
        stamps = kernel_stamps_work()
        context = tls_context(tls) if self._origin.secure else None
        super().__init__(Dialer(self._origin, connect_timeout_s, stamps=stamps, context=context))
        self.clock: Literal["kernel", "user"] = "kernel" if stamps else "user"
        self._templates: dict[tuple[object, ...], RequestTemplate] = {}

    def prepare(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        first_byte_timeout_s: float | None = None,
        keep: bool = True,
    ) -> PreparedRequest:
        """Raises UsageError for a method or header that HTTP does not allow.

        The first byte of the answer must come within its timeout after the end of the request. Nothing is
        kept for requests alike where there will be none.
        """
        if not keep:
            once = request_template(self._origin, method, path, self._headers, headers or {})
            return once.filled(body, first_byte_timeout_s)
        key = (method, path, *headers.items()) if headers else (method, path)
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= TEMPLATES_KEPT:
                self._templates.clear()
            template = request_template(self._origin, method, path, self._headers, headers or {})
            self._templates[key] = template
        return template.filled(body, first_byte_timeout_s)

    def exchange(
        self,
        request: PreparedRequest,
        *,
        sched_ns: int,
        timeout_s: float = TIMEOUT_S,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> Exchange:
        """One request and its whole answer. Whatever the service does is told by `failure`, never raised."""
        exchange = Exchange(sched_ns)
        try:
            if self.ask(exchange, request, timeout_s, max_body_bytes):
                while self.read(exchange):
                    pass
            self.settle(exchange)
        except BaseException:
            self.close()
            raise
        return exchange

    def stream(
        self,
        request: PreparedRequest,
        *,
        sched_ns: int,
        decoder: StreamDecoder,
        timeout_s: float = TIMEOUT_S,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> StreamExchange:
        """One request whose answer is iterated event by event; the request is sent when iteration starts."""
        return StreamExchange(self, request, Exchange(sched_ns), decoder, timeout_s, max_body_bytes)
