"""Stream metrics come from the stamps of events with text."""

from locustfiles.load.stage_times import server_timing_us, with_unattributed
from locustfiles.load.stream_event import EventKind, StreamEvent
from locustfiles.load.text_run import TextRun
from locustfiles.load.text_timer import TextTimer

MS = 1_000_000


def text(stamp_ms: float, content: str = "word") -> StreamEvent:
    return StreamEvent(EventKind.TEXT, round(stamp_ms * MS), content)


def test_the_first_token_is_the_first_event_with_text() -> None:
    """A stage event and an empty text before it do not count."""
    timer = TextTimer()
    timer.take([StreamEvent(EventKind.STAGE, 10 * MS, name="embed", duration_us=1500.0)])
    timer.take([text(20, "")])
    timer.take([text(50)])
    timings = timer.timings_us(sched_ns=0, send_ns=5 * MS)
    assert timings == {"first_event": 10_000, "ttft": 50_000, "ttft_service": 45_000}
    assert timer.stages_us == {"stage.embed": 1500}


def test_gaps_are_between_text_events() -> None:
    """Three texts make two gaps; the larger one is max_gap."""
    timer = TextTimer()
    for stamp_ms in (50, 60, 90):
        timer.take([text(stamp_ms)])
    assert list(timer.gaps_us) == [10_000, 30_000]
    assert timer.timings_us(0, 0)["max_gap"] == 30_000


def test_a_run_of_texts_is_taken_as_its_events_are() -> None:
    """Their gaps are 0, because nobody saw them come one by one."""
    run = TextRun([f"{number} " for number in range(20)], 50 * MS)
    at_once, singly = TextTimer(), TextTimer()
    for timer, middle in ((at_once, run), (singly, list(run))):
        timer.take([text(20)])
        timer.take(middle)
        timer.take([text(90)])

    assert list(at_once.gaps_us) == list(singly.gaps_us) == [30_000] + [0] * 19 + [40_000]
    assert at_once.text == singly.text
    assert at_once.timings_us(0, 0) == singly.timings_us(0, 0)
    assert (at_once.text_events, at_once.coalesced) == (singly.text_events, singly.coalesced) == (22, 19)


def test_a_run_of_texts_is_a_sequence_of_events() -> None:
    run = TextRun(["a", "b", "c"], 7)
    events = [StreamEvent(EventKind.TEXT, 7, letter) for letter in "abc"]

    assert list(run) == events
    assert [run[index] for index in (0, 1, -1)] == [events[0], events[1], events[-1]]
    assert list(run[1:]) == events[1:]
    assert len(run) == 3
    assert events[1] in run


def test_events_that_one_read_brought_have_one_stamp_and_are_counted() -> None:
    """The last event of a read has a stamp of its own, those before it share it."""
    timer = TextTimer()
    timer.take([text(20)])
    timer.take([text(30), StreamEvent(EventKind.OTHER, 30 * MS), text(30), text(30, "")])
    timer.take([text(40)] * 12)
    assert timer.coalesced == 1 + 11
    assert timer.text_events == 15


def test_text_is_counted_in_bytes_of_utf_8() -> None:
    """An umlaut has two, a ship four."""
    timer = TextTimer()
    timer.take([text(20, "für"), text(20, " 🚢")])
    assert timer.text_bytes == 4 + 1 + 4


def test_citations_are_counted() -> None:
    """They bring no text, and are events all the same."""
    timer = TextTimer()
    timer.take([StreamEvent(EventKind.CITATION, 5 * MS), StreamEvent(EventKind.CITATION, 5 * MS)])
    assert timer.citations == 2
    assert timer.timings_us(MS, 2 * MS) == {"first_event": 4_000}


def test_tpot_uses_the_services_own_token_count() -> None:
    """40 ms after the first token for four more tokens are 10 ms each."""
    timer = TextTimer()
    for event in (text(50), text(90), StreamEvent(EventKind.DONE, 91 * MS, tokens=5)):
        timer.take([event])
    assert timer.timings_us(0, 0)["tpot"] == 10_000


def test_tpot_of_one_token_is_undefined() -> None:
    """There is no time between one token."""
    timer = TextTimer()
    timer.take([text(50)])
    assert "tpot" not in timer.timings_us(0, 0)


def test_a_stream_without_text_has_no_time_of_its_text() -> None:
    """Absent is absent, not zero."""
    timer = TextTimer()
    assert timer.timings_us(0, 0) == {}
    timer.take([StreamEvent(EventKind.DONE, 50 * MS)])
    assert timer.timings_us(0, 0) == {"first_event": 50_000}


def test_server_timing_gives_stages_in_microseconds() -> None:
    """Entries without a duration, and descriptions, are left out."""
    header = 'embed;dur=1.5, cache;desc="hit", retrieve;desc="index";dur=20, odd;dur=x'
    assert server_timing_us(header) == {"stage.embed": 1500, "stage.retrieve": 20_000}


def test_impossible_durations_are_left_out() -> None:
    """Negative, infinite and absurd times are a service's mistake, not ours to record."""
    assert server_timing_us("a;dur=-1, b;dur=inf, c;dur=1e308, d;dur=2") == {"stage.d": 2000}


def test_what_stages_leave_unexplained_is_unattributed() -> None:
    """100 ms of service, 60 ms of stages."""
    stages = with_unattributed({"stage.embed": 10_000, "stage.generate": 50_000}, 100_000)
    assert stages["stage.unattributed"] == 40_000


def test_without_stages_nothing_is_unattributed() -> None:
    """A service that reports nothing has no unexplained time, only unknown time."""
    assert with_unattributed({}, 100_000) == {}
