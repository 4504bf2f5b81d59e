"""Answers over a WebSocket: each event handed over as its message comes, with the stamp of its read."""

import time
from itertools import groupby

import gevent
import pytest

from analysis.endpoint import Dialect
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_event import EventKind
from tests.locustfiles.chatting import (
    DONE,
    QUESTION,
    begun,
    chatted,
    chatting,
    eventually,
    failed,
    heard,
    texts,
    token,
)
from tests.servers.frames import CLOSE, PING, PONG, TEXT, answer, closing, frame, hear, pieces, text, upgrade
from tests.servers.script import bytewise, delay, send, stall
from tests.servers.truth import Truth

pytestmark = pytest.mark.alone


def test_each_event_is_stamped_between_its_write_and_the_next(truth: Truth) -> None:
    words = [*(token(f"word{i} ") for i in range(20)), DONE]
    truth.script("/chat", [upgrade(), hear(), delay(0.02), *answer(words, 0.004)[1:]])
    truth.clear()

    with chatting(truth, "/chat") as client:
        events, exchange = chatted(client)

    [record] = truth.records()
    writes = [before_ns for before_ns, _, _ in record["writes"]]
    reads = [(stamp_ns, len(list(group))) for stamp_ns, group in groupby(event.stamp_ns for event in events)]
    assert failed(exchange) is None
    assert len(events) == 21
    seen = 0
    for stamp_ns, count in reads:
        seen += count
        assert writes[seen - 1] <= stamp_ns
        assert seen == len(writes) or stamp_ns < writes[seen]


def test_a_stamp_does_not_wait_for_a_busy_generator(truth: Truth) -> None:
    truth.script("/busy", [upgrade(), *answer([token("a"), token("b"), DONE], 0.5)])
    truth.clear()
    busy_until_ns = 0

    events = []
    with chatting(truth, "/busy") as client:
        conversation = begun(client)
        for event in conversation:
            events.append(event)
            if event.text == "a":
                while len(truth.records()[0]["writes"]) < 2:
                    time.sleep(0.01)
                time.sleep(0.02)
                busy_until_ns = now_ns()

    [record] = truth.records()
    first, second, _ = record["writes"]
    assert first[0] <= events[0].stamp_ns <= second[0]
    assert second[0] <= events[1].stamp_ns < busy_until_ns
    assert (conversation.exchange.wake_lag_ns or 0) >= busy_until_ns - events[1].stamp_ns


def test_times_count_from_the_question_and_the_handshake_is_apart(truth: Truth) -> None:
    steps = [delay(0.2), upgrade(), hear(), delay(0.1), send(token("a")), delay(0.1), send(DONE)]
    truth.script("/times", steps)
    truth.clear()

    with chatting(truth, "/times") as client:
        events, exchange = chatted(client)

    [record] = truth.records()
    [asked_ns, opcode, question] = record["frames"][0]
    (first_ns, _, _), (last_ns, _, _) = record["writes"]
    assert (opcode, question) == (TEXT, QUESTION.decode())
    assert exchange.send_ns is not None
    assert exchange.handshake_ns is not None
    assert exchange.connect_ns is not None
    assert exchange.handshake_ns >= 190_000_000
    assert exchange.sched_ns + exchange.connect_ns + exchange.handshake_ns <= exchange.send_ns <= asked_ns
    assert exchange.first_ns == events[0].stamp_ns >= first_ns
    assert exchange.last_ns == events[-1].stamp_ns >= last_ns
    assert (exchange.status, exchange.failure) == (101, None)


def test_one_connection_serves_one_question_after_the_other(truth: Truth) -> None:
    truth.script("/kept", [upgrade(), *answer([token("a"), DONE]) * 3])
    truth.clear()

    with chatting(truth, "/kept") as client:
        exchanges = [chatted(client)[1] for _ in range(3)]

        assert client.opened == 1
    assert [failed(exchange) for exchange in exchanges] == [None] * 3
    assert [exchange.handshake_ns is None for exchange in exchanges] == [False, True, True]
    assert [exchange.connect_ns is None for exchange in exchanges] == [False, True, True]
    assert truth.requests() == {"/kept": 1}
    assert exchanges[0].received_bytes > exchanges[1].received_bytes == exchanges[2].received_bytes


def test_a_connection_can_be_opened_for_each_question(truth: Truth) -> None:
    truth.script("/new", [upgrade(), *answer([token("a"), DONE])])
    truth.clear()

    with chatting(truth, "/new", keep=False) as client:
        exchanges = [chatted(client)[1] for _ in range(2)]

        assert client.opened == 2
        eventually(lambda: len(heard(truth)) == 4)
    assert [failed(exchange) for exchange in exchanges] == [None] * 2
    assert {opcode for opcode, _ in heard(truth)} == {TEXT, CLOSE}


def test_an_answer_cut_at_every_byte_says_the_same(truth: Truth) -> None:
    """Each byte a write of its own, a message of each length form among them."""
    long, longer = "wörd " * 40, "x" * 66_000
    body = token("wörld") + token(long) + token("😀") + frame(b"ping", PING) + DONE
    truth.script("/bytes", [upgrade(), hear(), *bytewise(body)])
    truth.script("/long", [upgrade(), *answer([token(longer)[:5], token(longer)[5:], DONE])])

    with chatting(truth, "/bytes") as client:
        events, exchange = chatted(client)
    with chatting(truth, "/long", max_body_bytes=100_000) as client:
        long_events, _ = chatted(client)

    assert texts(events) == ["wörld", long, "😀"]
    assert failed(exchange) is None
    assert texts(long_events) == [longer]


@pytest.mark.parametrize("cut", range(1, len(token("wörld"))))
def test_a_frame_in_two_writes_is_stamped_by_the_second(truth: Truth, cut: int) -> None:
    data = token("wörld")
    steps = [hear(), send(data[:cut]), delay(0.03), send(data[cut:] + DONE)]
    truth.script("/cut", [upgrade(), *steps])
    truth.clear()

    with chatting(truth, "/cut") as client:
        events, exchange = chatted(client)

    [record] = truth.records()
    (first_ns, _, _), (second_ns, _, _) = record["writes"]
    assert texts(events) == ["wörld"]
    assert events[0].stamp_ns >= second_ns
    assert first_ns <= (exchange.first_ns or 0) < second_ns


def test_fragments_make_one_event_whatever_comes_between_them(truth: Truth) -> None:
    """Cut inside a character, with a ping and an empty fragment between."""
    payload = '{"type": "token", "text": "wörld"}'.encode()
    inside = payload.index("ö".encode()) + 1
    first, second, third, last = pieces(payload, [inside, 0, 3])
    frames = [first, frame(b"are you there?", PING), second, third, last, DONE]
    truth.script("/fragments", [upgrade(), *answer(frames, 0.02)])
    truth.clear()

    with chatting(truth, "/fragments") as client:
        events, exchange = chatted(client)

    [record] = truth.records()
    assert failed(exchange) is None
    assert texts(events) == ["wörld"]
    assert events[0].stamp_ns >= record["writes"][4][0]
    assert (exchange.first_ns or 0) < record["writes"][1][0]


def test_pings_are_answered_in_an_answer_and_are_no_part_of_it(truth: Truth) -> None:
    steps = [
        hear(),
        send(frame(b"one", PING)),
        delay(0.05),
        send(token("a")),
        send(frame(b"two", PING)),
        delay(0.05),
    ]
    truth.script("/pings", [upgrade(), *steps, send(DONE)])
    truth.clear()

    with chatting(truth, "/pings") as client:
        events, exchange = chatted(client)
        eventually(lambda: len(heard(truth)) == 3)

    [record] = truth.records()
    assert heard(truth)[1:3] == [(PONG, "one"), (PONG, "two")]
    assert failed(exchange) is None
    assert [event.kind for event in events] == [EventKind.TEXT, EventKind.DONE]
    assert (exchange.first_ns or 0) >= record["writes"][1][0]


def test_pings_between_two_questions_are_answered_at_once(truth: Truth) -> None:
    steps = [*answer([token("a"), DONE]), delay(0.1), send(frame(b"idle", PING)), delay(0.1)]
    truth.script("/idle", [upgrade(), *steps, send(frame(b"again", PING)), *answer([token("b"), DONE])])
    truth.clear()

    with chatting(truth, "/idle") as client:
        chatted(client)
        eventually(lambda: len(heard(truth)) == 3)
        events, exchange = chatted(client)

        assert client.opened == 1
    assert heard(truth)[1:3] == [(PONG, "idle"), (PONG, "again")]
    assert (texts(events), failed(exchange)) == (["b"], None)


def test_a_connection_that_the_service_closed_meanwhile_is_opened_anew(truth: Truth) -> None:
    first = [upgrade(), *answer([token("a"), DONE]), send(closing(1001)), ("fin", 0)]
    truth.rounds("/again", [first, [upgrade(), *answer([token("b"), DONE])]])
    truth.clear()

    with chatting(truth, "/again") as client:
        chatted(client)
        gevent.sleep(0.05)
        events, exchange = chatted(client)

        assert client.opened == 2
    assert (texts(events), failed(exchange)) == (["b"], None)


def test_a_connection_that_ended_in_the_same_read_as_the_answer_is_opened_anew(truth: Truth) -> None:
    first = [upgrade(), *answer([token("a") + DONE + closing(1000)]), stall()]
    truth.rounds("/once", [first, [upgrade(), *answer([token("b"), DONE])]])
    truth.clear()

    with chatting(truth, "/once") as client:
        _, first_exchange = chatted(client)
        events, exchange = chatted(client)

        assert client.opened == 2
    assert (failed(first_exchange), texts(events), failed(exchange)) == (None, ["b"], None)


def test_a_message_that_says_nothing_may_come_between_two_questions(truth: Truth) -> None:
    steps = [*answer([token("a"), DONE]), delay(0.02), send(text({"type": "heartbeat"}))]
    truth.script("/beat", [upgrade(), *steps, *answer([token("b"), DONE])])
    truth.clear()

    with chatting(truth, "/beat") as client:
        chatted(client)
        gevent.sleep(0.1)
        events, exchange = chatted(client)

        assert client.opened == 1
    assert ([event.kind for event in events], failed(exchange)) == ([EventKind.TEXT, EventKind.DONE], None)


def test_text_that_nobody_asked_for_is_no_part_of_the_next_answer(truth: Truth) -> None:
    first = [upgrade(), *answer([token("a"), DONE]), delay(0.02), send(token("late")), stall()]
    truth.rounds("/late", [first, [upgrade(), *answer([token("b"), DONE])]])
    truth.clear()

    with chatting(truth, "/late") as client:
        chatted(client)
        gevent.sleep(0.1)
        events, exchange = chatted(client)

        assert client.opened == 2
    assert (texts(events), failed(exchange)) == (["b"], None)


def test_text_after_the_end_mark_is_a_failure(truth: Truth) -> None:
    truth.script("/more", [upgrade(), *answer([token("a") + DONE + token("b")])])

    with chatting(truth, "/more") as client:
        _, exchange = chatted(client)

    assert failed(exchange) == ("validation", "text event after the end mark of the stream")


def test_a_greeting_is_waited_for_and_is_no_part_of_the_answer(truth: Truth) -> None:
    greeting = text({"type": "connected", "session_id": "1"})
    truth.script("/greeting", [upgrade(), delay(0.1), send(greeting), *answer([token("a"), DONE])])
    truth.script("/at-once", [upgrade(then=greeting), *answer([token("a"), DONE])])
    truth.clear()

    for path in ("/greeting", "/at-once"):
        with chatting(truth, path, greeting=True) as client:
            events, exchange = chatted(client)

            assert ([event.kind for event in events], failed(exchange)) == (
                [EventKind.TEXT, EventKind.DONE],
                None,
            )
    waited, _ = truth.records()
    assert waited["frames"][0][0] > waited["writes"][0][0]


def test_an_answer_may_be_one_message(truth: Truth) -> None:
    truth.script("/one", [upgrade(), *answer([frame(b'{"ok": true}')]) * 2])

    with chatting(truth, "/one", dialect=Dialect.JSON) as client:
        for _ in range(2):
            exchange = client.exchange(
                begun(client)._request, sched_ns=now_ns(), timeout_s=5.0, max_body_bytes=100
            )

            assert (exchange.body, exchange.status, failed(exchange)) == (b'{"ok": true}', 101, None)
            assert exchange.first_ns == exchange.last_ns
        assert client.opened == 1


def test_compression_is_undone_when_it_was_offered(truth: Truth) -> None:
    """RFC 7692, 7.2.3.1: the message "Hello"; here a token."""
    import zlib

    squeezer = zlib.compressobj(wbits=-15)
    squeezed = squeezer.compress(b'{"type":"token","text":"deflated"}') + squeezer.flush(zlib.Z_SYNC_FLUSH)
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover"}
    steps = [upgrade(offer), *answer([frame(squeezed[:-4], rsv=4), DONE])]
    truth.script("/deflated", steps)
    truth.clear()

    with chatting(truth, "/deflated", compression=True) as client:
        events, exchange = chatted(client)
    with chatting(truth, "/deflated") as client:
        _, refused = chatted(client)

    assert (texts(events), failed(exchange)) == (["deflated"], None)
    assert "permessage-deflate" in truth.records()[0]["head"]
    assert "Sec-WebSocket-Extensions" not in truth.records()[1]["head"]
    assert failed(refused) == ("protocol", "an extension or subprotocol that was not offered")


def test_headers_and_subprotocols_are_those_of_the_target(truth: Truth) -> None:
    truth.script("/headers", [upgrade({"Sec-WebSocket-Protocol": "chat.v1"}), *answer([token("a"), DONE])])
    truth.clear()
    headers = {"Origin": "http://shop.example", "Authorization": "Bearer x", "Host": "shop.example"}

    with chatting(truth, "/headers", headers, subprotocols=("chat.v2", "chat.v1")) as client:
        _, exchange = chatted(client)

    lines = truth.records()[0]["head"].split("\r\n")
    assert failed(exchange) is None
    assert lines[0] == "GET /headers HTTP/1.1"
    assert {
        "Origin: http://shop.example", "Authorization: Bearer x", "Host: shop.example",
        "Sec-WebSocket-Protocol: chat.v2, chat.v1", "Sec-WebSocket-Version: 13", "Upgrade: websocket",
        "Connection: Upgrade",
    } <= set(lines)  # fmt: skip
    assert sum(line.lower().startswith("host:") for line in lines) == 1


def test_who_leaves_in_the_middle_closes_the_connection(truth: Truth) -> None:
    truth.script("/leave", [upgrade(), *answer([token("a")])])
    truth.clear()

    with chatting(truth, "/leave") as client:
        for _ in begun(client):
            break
        eventually(lambda: "left_ns" in truth.records()[0])

    assert heard(truth)[-1] == (CLOSE, "\x03\xe8")


def test_a_killed_user_leaves_no_connection_behind(truth: Truth) -> None:
    truth.script("/killed", [upgrade(), *answer([token("a")])])
    truth.clear()

    with chatting(truth, "/killed") as client:
        user = gevent.spawn(chatted, client)
        eventually(lambda: truth.records() and truth.records()[0]["writes"])
        user.kill()
        eventually(lambda: "left_ns" in truth.records()[0])


def test_stamps_of_many_chats_are_true_although_the_generator_is_late(truth: Truth) -> None:
    """A process that is busy half of the time looks milliseconds late; the stamps of events do not show it.

    Of events that were read together only the last one has a stamp of its own, and is compared.
    """
    words = [*(token("word") for _ in range(25)), DONE]
    steps = [upgrade(), *answer(words, 0.02)]
    paths = [truth.script(f"/many/{number}", [delay(number / 1000), *steps]) for number in range(30)]
    truth.clear()

    def chat(path: str) -> tuple[list[int], int]:
        with chatting(truth, path) as client:
            events, exchange = chatted(client)
        assert failed(exchange) is None
        return [event.stamp_ns for event in events], exchange.wake_lag_ns or 0

    def keep_busy() -> None:
        while True:
            until_s = time.perf_counter() + 0.008
            while time.perf_counter() < until_s:
                pass
            gevent.sleep(0.008)

    lateness = gevent.spawn(keep_busy)
    chats = [gevent.spawn(chat, path) for path in paths]
    gevent.joinall(chats, timeout=30)
    lateness.kill()

    records = {record["path"]: record["writes"] for record in truth.records()}
    off_ns = [
        max(before_ns - stamp_ns, stamp_ns - after_ns, 0)
        for path, chat_ in zip(paths, chats, strict=True)
        for stamp_ns, next_ns, (before_ns, after_ns, _) in zip(
            chat_.value[0], [*chat_.value[0][1:], 0], records[path], strict=True
        )
        if stamp_ns != next_ns
    ]
    assert sorted(lag_ns for _, lag_ns in (chat_.value for chat_ in chats))[15] > 3_000_000
    assert len(off_ns) > 250
    assert sorted(off_ns)[len(off_ns) * 99 // 100] < 1_000_000


def test_over_tls_events_have_the_kernels_stamps(secure_truth: Truth) -> None:
    words = [*(token(f"word{i} ") for i in range(10)), DONE]
    secure_truth.script("/chat", [upgrade(), *answer(words, 0.004), *answer([token("b"), DONE])])
    secure_truth.clear()

    with chatting(secure_truth, "/chat") as client:
        events, exchange = chatted(client)
        again, exchange_again = chatted(client)

        assert client.opened == 1
        assert client.clock == "kernel"
    [record] = secure_truth.records()
    writes = [before_ns for before_ns, _, _ in record["writes"]]
    assert (failed(exchange), failed(exchange_again), texts(again)) == (None, None, ["b"])
    assert len(events) == 11
    for event, written_ns in zip(events, writes, strict=False):
        assert event.stamp_ns >= written_ns
