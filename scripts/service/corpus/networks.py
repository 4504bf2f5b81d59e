"""Passages on computer networks: protocols, status codes, delay and addresses."""

from collections.abc import Iterator

from scripts.service.corpus.draft import Draft

_SERVICES = (
    ("SSH", 22, "TCP", "gives a shell on another machine over an encrypted channel"),
    ("SMTP", 25, "TCP", "passes mail from server to server"),
    ("DNS", 53, "UDP", "turns names into addresses; large answers use TCP"),
    ("DHCP", 67, "UDP", "hands out addresses to machines that join a network"),
    ("HTTP", 80, "TCP", "carries web requests in plain text"),
    ("NTP", 123, "UDP", "keeps clocks in step to within milliseconds"),
    ("IMAP", 143, "TCP", "lets mail be read and sorted on the server"),
    ("SNMP", 161, "UDP", "reads counters of switches and routers"),
    ("BGP", 179, "TCP", "tells neighbouring networks which addresses can be reached"),
    ("LDAP", 389, "TCP", "looks up people and groups in a directory"),
    ("HTTPS", 443, "TCP", "carries web requests inside TLS; QUIC uses the same number over UDP"),
    ("Syslog", 514, "UDP", "collects log lines from many machines"),
    ("MQTT", 1883, "TCP", "lets small devices publish and subscribe to messages"),
    ("NFS", 2049, "TCP", "mounts a folder of another machine"),
    ("MySQL", 3306, "TCP", "speaks to the database of that name"),
    ("RDP", 3389, "TCP", "shows another machine's screen"),
    ("PostgreSQL", 5432, "TCP", "speaks to the database of that name"),
    ("AMQP", 5672, "TCP", "passes messages through a broker with queues"),
    ("Redis", 6379, "TCP", "reads and writes an in-memory store with one-line commands"),
    ("Prometheus", 9090, "TCP", "answers queries over time series that it scraped"),
)
_STATUS = (
    (100, "Continue", "the client may send the body"), (101, "Switching Protocols", "a websocket begins"),
    (200, "OK", "the request succeeded"), (201, "Created", "a new resource exists"),
    (202, "Accepted", "work has been queued"), (204, "No Content", "success without a body"),
    (206, "Partial Content", "only the asked range follows"), (301, "Moved Permanently",
     "use the new address"),
    (302, "Found", "look elsewhere this once"), (304, "Not Modified", "the cached copy is still good"),
    (307, "Temporary Redirect", "repeat the same method elsewhere"), (400, "Bad Request",
     "the request is malformed"),
    (401, "Unauthorized", "credentials are missing or wrong"), (403, "Forbidden",
     "credentials do not suffice"),
    (404, "Not Found", "nothing lives at this path"), (405, "Method Not Allowed",
     "the path knows other methods"),
    (408, "Request Timeout", "the client was too slow"), (409, "Conflict", "the state forbids the change"),
    (413, "Content Too Large", "the body exceeds a limit"), (415, "Unsupported Media Type",
     "the format is unknown"),
    (422, "Unprocessable Content", "the fields do not make sense"), (429, "Too Many Requests", "slow down"),
    (500, "Internal Server Error", "the server failed in an unplanned way"),
    (501, "Not Implemented", "the server lacks the function"), (502, "Bad Gateway",
     "the server behind failed"),
    (503, "Service Unavailable", "overload or maintenance; try later"),
    (504, "Gateway Timeout", "the server behind was too slow"),
)  # fmt: skip
_TERMS = (
    (
        "Time to first token",
        "A streamed answer of a language model starts with the first token. The time to it holds the "
        "queue, the retrieval and the reading of the prompt; the pace of what follows is another "
        "figure.",
    ),
    (
        "Circuit breaker",
        "A circuit breaker counts failures of a dependency. After a threshold it opens and refuses "
        "calls at once, after a pause it is half-open and lets a trial through, and success closes it "
        "again.",
    ),
    (
        "Head-of-line blocking",
        "When answers must leave in order, one slow answer holds up all behind it. HTTP/2 solves it "
        "for requests, QUIC also for lost packets.",
    ),
    (
        "Coordinated omission",
        "A load generator that waits for each answer before the next request stops asking just when "
        "the service is slow. The delays it did not see are missing from its percentiles; measuring "
        "from the time a request was due puts them back.",
    ),
    (
        "Backpressure",
        "Backpressure tells a sender to slow down before buffers overflow. TCP does so by shrinking "
        "the window, a service by refusing with 429 or 503.",
    ),
    (
        "Keep-alive",
        "A kept-alive connection carries many requests, which saves the handshake of TCP and TLS each "
        "time. A server closes it after some idle seconds, and a client must be ready for that.",
    ),
    (
        "Server-sent events",
        "Server-sent events are a long HTTP answer in text form. Each event ends with an empty line; "
        "data lines carry the content and an event line its type.",
    ),
    (
        "TCP slow start",
        "A new connection begins with about ten segments and doubles what is in flight every round "
        "trip until it meets loss or the receiver's window.",
    ),
    (
        "Retry storms",
        "When every client repeats failed requests at once, a short fault grows into a long one. "
        "Random waiting times that double, and a budget for repeats, keep it small.",
    ),
    (
        "Semantic cache",
        "A semantic cache answers a question that means the same as an earlier one. It compares "
        "embeddings by their cosine and trusts a match above a threshold.",
    ),
    (
        "Vector index",
        "A vector index finds the nearest of many embeddings without comparing all. A layered graph of "
        "neighbours, called HNSW, reaches them in a number of steps that grows with the logarithm.",
    ),
    (
        "Load balancing",
        "Round robin gives each server its turn. Least connections prefers the server with the fewest "
        "open requests and copes better with answers of uneven length.",
    ),
)  # fmt: skip
_RATES_MBPS = (10, 50, 100, 250, 500, 1000, 2500, 10000)
_RTTS_MS = (1, 5, 10, 20, 50, 100, 200, 600)
_SIZES_MB = (1, 25, 100, 700, 4000, 50000)


def drafts() -> Iterator[Draft]:
    yield from (Draft(title, text) for title, text in _TERMS)
    for name, port, transport, use in _SERVICES:
        yield Draft(
            f"The port of {name}",
            f"{name} listens on {transport} port {port} by default. It {use}. A firewall rule for "
            f"{name} names {port}.",
        )
        yield Draft(
            f"What {name} is for",
            f"The protocol or program {name} {use}. Port {port} is its registered or customary place.",
        )
    for code, phrase, meaning in _STATUS:
        side = {1: "informational", 2: "success", 3: "redirection", 4: "client error", 5: "server error"}[
            code // 100
        ]
        yield Draft(
            f"HTTP status {code} {phrase}",
            f"HTTP status {code}, {phrase}, belongs to the {side} class. It means that {meaning}.",
        )
    for rate in _RATES_MBPS:
        for rtt_ms in _RTTS_MS:
            yield _delay_product(rate, rtt_ms)
        for size_mb in _SIZES_MB:
            yield _transfer(size_mb, rate)
    for prefix in range(8, 31):
        yield _subnet(prefix)


def _delay_product(rate_mbps: int, rtt_ms: int) -> Draft:
    kilobytes = rate_mbps * rtt_ms / 8
    return Draft(
        f"Bandwidth-delay product of {rate_mbps} Mbit/s and {rtt_ms} ms",
        f"A path of {rate_mbps} megabits per second with a round trip of {rtt_ms} milliseconds holds "
        f"{kilobytes:,.0f} kilobytes in flight. A TCP window smaller than this bandwidth-delay product "
        "cannot fill the link; a window of 64 KiB would reach "
        f"{min(rate_mbps, 65.536 * 8 / rtt_ms):,.1f} megabits per second.",
    )


def _transfer(size_mb: int, rate_mbps: int) -> Draft:
    seconds = size_mb * 8 / rate_mbps
    return Draft(
        f"Time to transfer {size_mb:,} MB at {rate_mbps} Mbit/s",
        f"To transfer a file of {size_mb:,} megabytes over a link of {rate_mbps} megabits per second "
        f"takes at least {seconds:,.1f} seconds. Headers and slow start add some percent.",
    )


def _subnet(prefix: int) -> Draft:
    size = 2 ** (32 - prefix)
    return Draft(
        f"Size of an IPv4 subnet /{prefix}",
        f"An IPv4 network with prefix length {prefix} holds {size:,} addresses, of which {size - 2:,} "
        "can be given to hosts. Its netmask is "
        f"{'.'.join(str((0xFFFFFFFF << (32 - prefix) >> shift) & 255) for shift in (24, 16, 8, 0))}.",
    )
