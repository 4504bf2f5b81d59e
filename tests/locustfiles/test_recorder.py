"""Observations are filed under the right slice, and every started request ends once."""

import random

import numpy as np
import pytest

from analysis.failure import Failure, FailureKind
from analysis.histogram import Histogram
from analysis.profile import LoadProfile
from analysis.profile_parts import Model, Stage
from locustfiles.load.exchange import Exchange
from locustfiles.load.outcome import PLAIN, Outcome
from locustfiles.load.recorder import Recorder
from locustfiles.load.slice_clock import NS_PER_S, SliceClock

START_NS = 1_700_000_000 * NS_PER_S
PROFILE = LoadProfile(
    name="p",
    model=Model.CLOSED,
    mix={"query": 1.0},
    stages=(Stage("warm-up", 5, 4, measure=False), Stage("steady", 10, 4), Stage("more", 5, 8)),
)


def at(second: float) -> int:
    return START_NS + round(second * NS_PER_S)


def exchange(due_s: float, done_s: float) -> Exchange:
    return Exchange(
        at(due_s), send_ns=at(due_s), first_ns=at(done_s), last_ns=at(done_s), wake_lag_ns=5_000, status=200
    )


def test_a_request_is_filed_under_the_slice_in_which_it_completed() -> None:
    """Due at 6.2 s and done at 8.7 s belongs to slice 8."""
    assert SliceClock(PROFILE, START_NS).filed_slice(at(6.2), at(8.7)) == 8


def test_a_request_due_in_the_warm_up_never_reaches_the_measured_part() -> None:
    """Due at 4.9 s and done at 9 s stays in slice 4, the last of the warm-up."""
    assert SliceClock(PROFILE, START_NS).filed_slice(at(4.9), at(9.0)) == 4


def test_a_request_done_in_the_drain_is_filed_in_the_last_slice() -> None:
    """Due at 19 s and done 30 s later still counts as measured."""
    assert SliceClock(PROFILE, START_NS).filed_slice(at(19.0), at(49.0)) == 19


def test_neighbouring_measured_stages_are_one_block() -> None:
    """Due in one measured stage and done in the next is filed where it was done."""
    assert SliceClock(PROFILE, START_NS).filed_slice(at(14.5), at(16.5)) == 16


def test_filing_never_moves_a_request_to_another_block_or_later() -> None:
    """Whatever it is due and however long it takes, it stays in its block."""
    clock, draws = SliceClock(PROFILE, START_NS), random.Random(1)
    for _ in range(2000):
        due_s = draws.uniform(0, 19.99)
        done_s = due_s + draws.expovariate(0.3)
        filed = clock.filed_slice(at(due_s), at(done_s))
        assert int(due_s) <= filed <= int(done_s)
        assert (filed < 5) == (due_s < 5)
        assert filed < 20


def test_without_stages_a_request_is_filed_where_it_completed() -> None:
    """A manual run has no blocks."""
    manual = LoadProfile(name="manual", model=Model.CLOSED, mix={"query": 1.0})
    assert SliceClock(manual, START_NS).filed_slice(at(1.0), at(99.5)) == 99


def test_every_outcome_is_reported_once() -> None:
    """A report holds what was recorded since the last one, and nothing twice."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    query.finish(exchange(6.0, 6.1), Outcome(None, {"stage.embed": 1200}), heard=False)
    query.start(at(6.2))
    query.finish(exchange(6.2, 6.3), Outcome(Failure(FailureKind.HTTP_5XX, "status 503")), heard=True)
    query.drop(at(6.4))
    (row,) = recorder.report()
    assert row["slice"] == 6
    assert row["counts"] == {
        "due": 3,
        "dropped": 1,
        "started": 2,
        "ok": 1,
        "failed": {"http_5xx": 1},
    }
    assert sorted(row["histograms"]) == [
        "response",
        "send_lag",
        "service",
        "stage.embed",
        "ttfb",
        "wake_lag",
    ]
    assert row["exemplars"] == [{"failure": "http_5xx", "detail": "status 503", "status": 200}]
    assert recorder.report() == []


def test_a_report_comes_in_pieces_that_are_quickly_made() -> None:
    """One with the counts, and one for each histogram; the load may pause none of them for long."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    query.finish(exchange(6.0, 6.1), PLAIN, heard=False)

    first, *others = recorder.rows()

    assert first["counts"]["ok"] == 1
    assert first["histograms"] == {}
    assert all(row["slice"] == 6 and row["counts"] == {} and not row["exemplars"] for row in others)
    assert [[*row["histograms"]] for row in others] == [
        ["response"],
        ["service"],
        ["ttfb"],
        ["send_lag"],
        ["wake_lag"],
    ]
    assert list(recorder.rows()) == []


def test_whoever_reports_may_pause_between_the_pieces() -> None:
    """What is recorded meanwhile is in this report or in the next, once."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    query.start(at(7.0))

    def ask() -> None:
        query.start(at(8.0))

    rows = [*recorder.report(pause=ask), *recorder.report()]
    started = {row["slice"]: row["counts"]["started"] for row in rows}
    assert started == {6: 1, 7: 1, 8: 2}


def test_the_time_of_a_failed_request_is_in_no_latency_histogram() -> None:
    """A fast refusal must not make a service look fast."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    query.finish(exchange(6.0, 6.001), Outcome(Failure(FailureKind.HTTP_5XX, "status 503")), heard=True)
    (row,) = recorder.report()
    assert "response" not in row["histograms"]


def test_response_counts_from_the_due_time() -> None:
    """A request that was sent 2 s late has a response of 2.1 s and a service time of 0.1 s."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    late = Exchange(at(6.0), send_ns=at(8.0), first_ns=at(8.1), last_ns=at(8.1), status=200)
    query.finish(late, PLAIN, heard=False)
    (row,) = (row for row in recorder.report() if row["histograms"])
    response = Histogram.decode(row["histograms"]["response"]).max_us
    service = Histogram.decode(row["histograms"]["service"]).max_us
    assert response is not None
    assert service is not None
    assert 2_100_000 <= response < 2_103_000
    assert 100_000 <= service < 100_200


@pytest.mark.parametrize("failure", [None, Failure(FailureKind.HTTP_5XX, "status 503")])
def test_the_time_to_connect_is_not_laid_to_the_generator(failure: Failure | None) -> None:
    """Sent 900 ms late, of which a frozen service kept the connection and its handshake for 880."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    query.start(at(6.0))
    late = Exchange(at(6.0), send_ns=at(6.9), first_ns=at(7.0), last_ns=at(7.0), status=200)
    late.connect_ns, late.handshake_ns = at(0.8) - START_NS, at(0.08) - START_NS
    query.finish(late, PLAIN if failure is None else Outcome(failure), heard=False)
    histograms = {name: text for row in recorder.report() for name, text in row["histograms"].items()}

    assert Histogram.decode(histograms["send_lag"]).percentile(0.5) == pytest.approx(20_000, rel=1e-3)
    if failure is None:
        assert Histogram.decode(histograms["connect"]).percentile(0.5) == pytest.approx(800_000, rel=1e-3)
        assert Histogram.decode(histograms["response"]).percentile(0.5) == pytest.approx(1e6, rel=1e-3)


def test_a_stream_of_one_text_event_counts_that_event() -> None:
    """There is no gap, but there is an event."""
    recorder = Recorder(PROFILE, START_NS, {})
    stream = recorder.endpoint("stream")
    stream.start(at(6.0))
    stream.finish(exchange(6.0, 6.1), Outcome(None, {"ttft": 50_000}, (), text_events=1), heard=False)
    (row,) = recorder.report()
    assert row["counts"]["events"] == 1
    assert "gap" not in row["histograms"]


def test_goodput_counts_requests_that_meet_every_limit() -> None:
    """One of two answers is within 200 ms."""
    recorder = Recorder(PROFILE, START_NS, {"query": {"response": 200_000}})
    query = recorder.endpoint("query")
    for done_s in (6.1, 6.5):
        query.start(at(6.0))
        query.finish(exchange(6.0, done_s), PLAIN, heard=False)
    assert sum(row["counts"].get("good", 0) for row in recorder.report()) == 1


def test_many_are_filed_as_each_would_be() -> None:
    """The fast way of the answered requests and the way of one at a time agree, on every border too."""
    draws = random.Random(2)
    dues_s = [draws.choice([draws.uniform(-1, 25), draws.randrange(0, 25)]) for _ in range(3000)]
    due_ns = [at(due_s) for due_s in dues_s]
    done_ns = [stamp_ns + draws.choice([0, 1, draws.randrange(20 * NS_PER_S)]) for stamp_ns in due_ns]
    for profile in (PROFILE, LoadProfile(name="manual", model=Model.CLOSED, mix={"query": 1.0})):
        clock = SliceClock(profile, START_NS)
        each = [clock.filed_slice(due, done) for due, done in zip(due_ns, done_ns, strict=True)]
        assert clock.filed_slices(np.array(due_ns), np.array(done_ns)).tolist() == each


def test_a_start_is_filed_under_the_slice_in_which_it_was_due() -> None:
    """Whatever order the due times come in."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    for due_s in (6.0, 6.999, 7.0, 6.5, 3.0, 21.0, 19.9):
        query.start(at(due_s))
    started = {row["slice"]: row["counts"]["started"] for row in recorder.report()}
    assert started == {6: 3, 7: 1, 3: 1, 19: 2}


def test_hits_and_misses_are_timed_apart_and_together() -> None:
    """Two hits and one miss: three responses, of which two are those of hits."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    for hit, sources in ((True, 3), (True, 0), (False, 2)):
        query.start(at(6.0))
        query.finish(exchange(6.0, 6.1), Outcome(hit=hit, sources=sources), heard=False)
    (row,) = recorder.report()
    count = {name: Histogram.decode(text).count for name, text in row["histograms"].items()}
    assert (count["response"], count["hit.response"], count["miss.response"]) == (3, 2, 1)
    assert (count["hit.service"], count["miss.service"]) == (2, 1)
    counts = row["counts"]
    assert (counts["hits"], counts["misses"]) == (2, 1)
    assert (counts["retrievals"], counts["empty_retrievals"]) == (3, 1)


def test_ever_new_names_of_stages_share_one_histogram_in_the_end() -> None:
    """A service that puts an id into a stage's name must not fill the generator's memory."""
    recorder = Recorder(PROFILE, START_NS, {})
    query = recorder.endpoint("query")
    for number in range(500):
        query.start(at(6.0))
        query.finish(exchange(6.0, 6.1), Outcome(None, {f"stage.{number}": 1000}), heard=False)
    (row,) = recorder.report()
    assert len(row["histograms"]) < 110
    stages = {name: text for name, text in row["histograms"].items() if name.startswith("stage.")}
    assert sum(Histogram.decode(text).count for text in stages.values()) == 500
    assert Histogram.decode(row["histograms"]["response"]).count == 500
