"""Every way in which an answer over a WebSocket can fail, with its kind."""

import socket
import zlib
from typing import Any

import pytest

from locustfiles.load.websocket_client import WebSocketClient
from tests.locustfiles.chatting import CHAT, DONE, chatted, chatting, eventually, failed, heard, texts, token
from tests.servers.frames import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    TEXT,
    answer,
    closing,
    frame,
    hear,
    pieces,
    text,
    upgrade,
)
from tests.servers.script import Step, cut, delay, fin, head, reset, response, send, stall
from tests.servers.truth import Truth

GOOD = [upgrade(), *answer([token("b"), DONE])]
TOO_LARGE = "message larger than max_body_bytes = 4096"
CUT = "connection closed without a close frame before the end of the answer"
UNOPENED = "connection closed before the WebSocket was open"
NORMAL = "closed with 1000 (normal closure) before the end of the answer"
TOO_LONG = "response head larger than 65536 bytes"
UNASKED = "an extension or subprotocol that was not offered"
ERROR = text({"type": "error", "code": "llm_down", "message": "no"})
BEGUN = frame(b"a", fin=False)


def switching(headers: dict[str, str]) -> Step:
    """A 101 with these headers alone."""
    return send(head(101, headers))


def wrong_header(name: str) -> str:
    return f"header {name} of the handshake is missing or wrong"


NO_ACCEPT = wrong_header("Sec-WebSocket-Accept")
AGREED = {"Connection": "Upgrade", "Upgrade": "websocket"}


def failure_of(truth: Truth, steps: list[Step], **changes: Any) -> tuple[str, str] | None:
    """Of the first question; the second one must succeed on a connection of its own."""
    truth.rounds("/bad", [steps, GOOD])
    truth.clear()
    with chatting(truth, "/bad", **changes) as client:
        _, exchange = chatted(client)
        events, second = chatted(client)

        assert (texts(events), failed(second), client.opened) == (["b"], None, 2)
    return failed(exchange)


@pytest.mark.parametrize(
    ("frames", "kind", "detail"),
    [
        (closing(1000), "truncated", NORMAL),
        (closing(1001, b"bye"), "truncated", "closed with 1001 (going away) before the end of the answer"),
        (closing(), "truncated", "closed without a code before the end of the answer"),
        (closing(1002), "protocol", "closed with 1002 (protocol error)"),
        (closing(1003), "protocol", "closed with 1003 (unsupported data)"),
        (closing(1007), "protocol", "closed with 1007 (invalid data)"),
        (closing(1008, b"token abc expired"), "stream_error", "closed with 1008 (policy violation)"),
        (closing(1009), "protocol", "closed with 1009 (message too big)"),
        (closing(1011, b"Traceback"), "stream_error", "closed with 1011 (internal error)"),
        (closing(1012), "stream_error", "closed with 1012 (service restart)"),
        (closing(1013), "stream_error", "closed with 1013 (try again later)"),
        (closing(3000), "stream_error", "closed with 3000"),
        (closing(4321), "stream_error", "closed with 4321"),
        (ERROR, "stream_error", "error event in the stream: llm_down"),
        (frame(b"so") + DONE, "protocol", "message without a type"),
        (frame(b"[1]") + DONE, "protocol", "message without a type"),
        (text({"text": "so"}) + DONE, "protocol", "message without a type"),
        (text({"type": "token"}) + DONE, "protocol", "token event without text"),
        (frame(b"x" * 4097), "protocol", TOO_LARGE),
        (b"".join(pieces(b"x" * 4097, [4000])), "protocol", TOO_LARGE),
        (token("x" * 3000) * 2, "protocol", "answer larger than max_body_bytes = 4096"),
        (frame(b'{"type":"token"}', BINARY), "protocol", "binary message, where text was expected"),
        (frame(b"\xff"), "protocol", "text message that is not UTF-8"),
        (b"".join(pieces(b"\xc3\xc3", [1])), "protocol", "text message that is not UTF-8"),
        (frame(b'{"a":"\xed\xa0\x80"}'), "protocol", "text message that is not UTF-8"),
        (frame(b"a", masked=True), "protocol", "not a WebSocket frame: incorrect masking"),
        (frame(b"a", rsv=4), "protocol", "not a WebSocket frame: reserved bits must be 0"),
        (frame(b"a", 3), "protocol", "not a WebSocket frame: invalid opcode"),
        (frame(b"a", 11), "protocol", "not a WebSocket frame: invalid opcode"),
        (frame(b"a", PING, fin=False), "protocol", "not a WebSocket frame: fragmented control frame"),
        (frame(b"a" * 126, PING), "protocol", "not a WebSocket frame: control frame too long"),
        (frame(b"a", CONT), "protocol", "not a WebSocket frame: unexpected continuation frame"),
        (BEGUN + frame(b"b"), "protocol", "not a WebSocket frame: expected a continuation frame"),
        (BEGUN + closing(1000), "truncated", NORMAL),
        (frame(b"\3", CLOSE), "protocol", "not a WebSocket frame: close frame too short"),
        (closing(1005), "protocol", "not a WebSocket frame: invalid status code"),
        (closing(999), "protocol", "not a WebSocket frame: invalid status code"),
        (closing(1000, b"\xff"), "protocol", "not a WebSocket frame: close reason that is not UTF-8"),
        (b"HTTP/1.1 200 OK\r\n\r\n" * 5, "protocol", "not a WebSocket frame: reserved bits must be 0"),
    ],
)  # fmt: skip
def test_what_comes_instead_of_the_end_has_its_kind(
    truth: Truth, frames: bytes, kind: str, detail: str
) -> None:
    """With and without text before it; nothing that the service says of itself is in the detail."""
    assert failure_of(truth, [upgrade(), hear(), send(frames), stall()]) == (kind, detail)
    if "larger" not in detail:
        assert failure_of(truth, [upgrade(), hear(), send(token("a")), send(frames), stall()]) == (
            kind,
            detail,
        )


@pytest.mark.parametrize(
    ("steps", "kind", "detail"),
    [
        ([send(token("a")), fin()], "truncated", CUT),
        ([send(token("a")[:7]), fin()], "truncated", CUT),
        ([send(frame(b"a", fin=False)), fin()], "truncated", CUT),
        ([fin()], "truncated", CUT),
        ([send(token("a")), delay(0.05), reset()], "reset", "Connection reset by peer"),
        ([reset()], "reset", "Connection reset by peer"),
    ],
)
def test_a_connection_that_ends_without_a_close_frame_has_its_kind(
    truth: Truth, steps: list[Step], kind: str, detail: str
) -> None:
    assert failure_of(truth, [upgrade(), hear(), *steps]) == (kind, detail)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(b"x" * 4097), 1009),
        (frame(b"x", BINARY), 1003),
        (frame(b"\xff"), 1007),
        (frame(b"x", 3), 1002),
        (closing(1011), 1011),
        (closing(1001), 1001),
    ],
)
def test_the_service_is_told_why_we_close(truth: Truth, frames: bytes, code: int) -> None:
    """Its own close frame is echoed."""
    truth.script("/why", [upgrade(), *answer([frames])])
    truth.clear()

    with chatting(truth, "/why") as client:
        chatted(client)
        eventually(lambda: len(heard(truth)) == 2)

    opcode, payload = heard(truth)[1]
    assert (opcode, payload[:2].encode("latin-1")) == (CLOSE, code.to_bytes(2))


def test_a_message_too_large_is_refused_before_it_has_come(truth: Truth) -> None:
    """Its header says so: a gigabyte is not waited for."""
    header = b"\x81\x7f" + (2**30).to_bytes(8)

    assert failure_of(truth, [upgrade(), hear(), send(header), stall()]) == ("protocol", TOO_LARGE)


def test_a_message_that_grows_too_large_by_decompression_is_refused(truth: Truth) -> None:
    squeezer = zlib.compressobj(wbits=-15)
    squeezed = squeezer.compress(b"x" * 1_000_000) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    steps = [
        upgrade({"Sec-WebSocket-Extensions": "permessage-deflate"}),
        hear(),
        send(frame(squeezed[:-4], rsv=4)),
    ]

    assert len(squeezed) < 4096
    truth.script("/bomb", [*steps, stall()])
    with chatting(truth, "/bomb", compression=True) as client:
        assert failed(chatted(client)[1]) == ("protocol", TOO_LARGE)


def test_silence_ends_at_the_idle_timeout_and_pings_do_not_break_it(truth: Truth) -> None:
    pings = [step for _ in range(8) for step in (send(frame(b"", PING)), delay(0.05))]
    stalled = [upgrade(), hear(), send(token("a")), *pings, stall()]
    slow = [upgrade(), *answer([token("a"), token("b"), token("c"), DONE], 0.12)]
    truth.script("/slow", slow)

    assert failure_of(truth, stalled, idle_timeout_s=0.2) == ("timeout", "no message for 0.2 s")
    late = [upgrade(), hear(), delay(0.4), send(token("a") + DONE)]
    assert failure_of(truth, late, first_byte_timeout_s=0.1) == (
        "timeout",
        "no message within 0.1 s of the question",
    )
    with chatting(truth, "/slow", idle_timeout_s=0.3) as client:
        assert failed(chatted(client)[1]) is None


def test_an_answer_that_takes_too_long_ends_at_the_timeout(truth: Truth) -> None:
    truth.script("/long", [upgrade(), *answer([token("a")] * 40, 0.02), stall()])
    truth.script("/shut", [stall()])

    with chatting(truth, "/long", idle_timeout_s=1.0) as client:
        events, exchange = chatted(client, timeout_s=0.3)
    with chatting(truth, "/shut") as client:
        _, unopened = chatted(client, timeout_s=0.2)

    assert failed(exchange) == ("timeout", "no complete answer within 0.3 s")
    assert 2 <= len(events) < 40
    assert failed(unopened) == ("timeout", "WebSocket not opened within 0.2 s")


@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 500, 503])
def test_a_status_other_than_101_is_the_answer_to_the_handshake(truth: Truth, status: int) -> None:
    """The transport has done its work: the caller decides by the status, as with any answer."""
    truth.script("/no", response(b"not here", status))
    truth.clear()

    with chatting(truth, "/no") as client:
        events, exchange = chatted(client)

    assert (exchange.status, exchange.failure, events) == (status, None, [])
    assert exchange.send_ns is None
    assert exchange.headers["content-length"] == "8"
    assert heard(truth) == []


@pytest.mark.parametrize(
    ("steps", "kind", "detail"),
    [
        ([send(b"SSH-2.0-x\r\n\r\n")], "protocol", "not an HTTP/1.1 response"),
        ([send(b"HTTP/1.0 101 Old\r\n\r\n")], "protocol", "not an HTTP/1.1 response"),
        ([switching({})], "protocol", wrong_header("Connection")),
        ([switching({"Connection": "Upgrade"})], "protocol", wrong_header("Upgrade")),
        ([switching({"Connection": "Upgrade", "Upgrade": "h2c"})], "protocol", wrong_header("Upgrade")),
        ([switching(AGREED)], "protocol", NO_ACCEPT),
        ([switching({**AGREED, "Sec-WebSocket-Accept": "x"})], "protocol", NO_ACCEPT),
        ([upgrade({"Sec-WebSocket-Protocol": "other"})], "protocol", UNASKED),
        ([upgrade({"Sec-WebSocket-Extensions": "x-own"})], "protocol", UNASKED),
        ([send(b"HTTP/1.1 101 x\r\nbroken\r\n\r\n")], "protocol", "the answer to the handshake is not valid"),
        ([send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000)], "protocol", TOO_LONG),
        ([send(b"HTTP/1.1 101 Swi"), fin()], "truncated", UNOPENED),
        ([fin()], "truncated", UNOPENED),
        ([reset()], "reset", "Connection reset by peer"),
        ([upgrade(then=closing(1008)), stall()], "stream_error", "closed with 1008 (policy violation)"),
    ],
)  # fmt: skip
def test_a_handshake_that_goes_wrong_has_its_kind(
    truth: Truth, steps: list[Step], kind: str, detail: str
) -> None:
    assert failure_of(truth, [*steps, stall()]) == (kind, detail)


def test_interim_responses_may_come_before_the_agreement(truth: Truth) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    truth.script("/hints", [send(hints), upgrade(), *answer([token("a"), DONE])])

    with chatting(truth, "/hints") as client:
        events, exchange = chatted(client)

    assert (texts(events), failed(exchange)) == (["a"], None)


@pytest.mark.parametrize(
    ("steps", "kind", "detail"),
    [
        ([send(text({"type": "error", "code": "full"}))], "stream_error", "error instead of a greeting"),
        ([send(closing(1013))], "stream_error", "closed with 1013 (try again later)"),
        ([fin()], "truncated", CUT),
    ],
)
def test_a_greeting_that_is_none_fails_the_question(
    truth: Truth, steps: list[Step], kind: str, detail: str
) -> None:
    truth.script("/greeting", [upgrade(), *steps])
    truth.clear()

    with chatting(truth, "/greeting", greeting=True) as client:
        assert failed(chatted(client)[1]) == (kind, detail)
    assert [opcode for opcode, _ in heard(truth) if opcode == TEXT] == []


def test_a_greeting_that_never_comes_ends_at_the_timeout(truth: Truth) -> None:
    truth.script("/silent", [upgrade(), hear()])

    with chatting(truth, "/silent", greeting=True) as client:
        assert failed(chatted(client, timeout_s=0.2)[1]) == ("timeout", "WebSocket not opened within 0.2 s")


def test_a_service_that_is_away_fails_to_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = WebSocketClient(f"http://127.0.0.1:{port}", CHAT)

    _, exchange = chatted(client)

    assert failed(exchange) == ("connect", "Connection refused")
    assert client.opened == 0


def test_a_certificate_that_is_not_trusted_fails_tls(secure_truth: Truth) -> None:
    client = WebSocketClient(secure_truth.url, CHAT)

    kind, detail = failed(chatted(client)[1]) or ("", "")

    assert (kind, detail.split(":")[0]) == ("tls", "certificate refused")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([send(token("a")), fin()], "truncated"),
        ([send(token("a")), cut()], "truncated"),
        ([send(token("a")), delay(0.05), reset()], "reset"),
        ([send(closing(1011)), stall()], "stream_error"),
    ],
)
def test_over_tls_an_early_end_has_the_same_kind(secure_truth: Truth, steps: list[Step], kind: str) -> None:
    found = failure_of(secure_truth, [upgrade(), hear(), *steps])

    assert found is not None
    assert found[0] == kind
