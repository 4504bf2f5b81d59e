from dataclasses import replace
from pathlib import Path

import pytest

from analysis.ab_session import AbRun, AbSession, Arm, Slot, read_session, slots
from analysis.errors import UsageError
from tests.ab_builder import plan


def session(folder: Path, most_pairs: int = 4) -> AbSession:
    return AbSession("ab-1", "2025-11-21T10:00:00Z", plan(folder, most_pairs=most_pairs))


def done(slot: Slot, *, valid: bool = True, sitting: int = 0) -> AbRun:
    name = f"run-{slot.pair}{slot.arm.value}"
    return AbRun(slot.pair, slot.arm, name, valid, None if valid else "generator overloaded", 2.5, sitting)


def played(start: AbSession, count: int) -> AbSession:
    """After so many valid runs."""
    for _ in range(count):
        slot = start.next_slot()
        assert slot is not None
        start = start.with_run(done(slot))
    return start


def test_every_second_pair_is_made_the_other_way_round() -> None:
    order = "".join(slot.arm.value for pair in range(1, 5) for slot in slots(pair))

    assert order == "abbaabba"


def test_runs_are_due_in_the_order_of_the_pairs_until_all_are_done(tmp_path: Path) -> None:
    found = session(tmp_path)
    assert found.next_slot() == Slot(1, Arm.A)
    assert played(found, 2).next_slot() == Slot(2, Arm.B)
    assert played(found, 3).pairs_done == 1
    assert played(found, 8).next_slot() is None
    assert played(found, 8).pairs_done == 4


def test_an_invalid_run_is_made_again_in_its_place(tmp_path: Path) -> None:
    found = played(session(tmp_path), 3)
    slot = found.next_slot()
    assert slot is not None
    found = found.with_run(done(slot, valid=False))

    assert found.next_slot() == slot
    assert found.exhausted(slot) is None
    assert [run.pair for run in found.repeated] == [2]


def test_one_run_may_be_invalid_three_times_in_a_sitting(tmp_path: Path) -> None:
    found, slot = session(tmp_path), Slot(1, Arm.A)
    for _ in range(3):
        assert found.exhausted(slot) is None
        found = found.with_run(done(slot, valid=False))

    assert found.exhausted(slot) == "run A of pair 1 was invalid 3 times"
    assert found.taken_up().exhausted(slot) is None


def test_runs_that_are_invalid_here_and_there_exhaust_a_session_too(tmp_path: Path) -> None:
    found = session(tmp_path, most_pairs=12)
    for pair in range(1, 8):
        assert found.exhausted(Slot(pair, Arm.A)) is None
        found = found.with_run(done(Slot(pair, Arm.A), valid=False))

    assert found.exhausted(Slot(9, Arm.B)) == "7 runs were invalid"


def test_half_a_pair_is_made_anew_when_a_session_is_taken_up(tmp_path: Path) -> None:
    """The two runs of a pair should lie close together in time."""
    found = played(session(tmp_path), 3).with_run(done(Slot(2, Arm.A), valid=False)).taken_up()

    assert found.pairs_done == 1
    assert found.next_slot() == Slot(2, Arm.B)
    assert len(found.repeated) == 1
    assert found.sitting == 1


def test_a_session_survives_its_file(tmp_path: Path) -> None:
    found = played(session(tmp_path), 3)
    found.write(tmp_path)

    assert read_session(tmp_path) == found
    assert list(tmp_path.glob("*.unfinished")) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        ("{}", "ab_id: "),
        ('{"ab_id": "x", "start_utc": "x", "plan": 3}', "plan: "),
    ],
)
def test_a_damaged_session_is_refused_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ab.json").write_text(text)

    with pytest.raises(UsageError, match=rf"--resume: .*ab\.json: .*{message}"):
        read_session(tmp_path)


def test_a_session_of_a_later_format_is_refused(tmp_path: Path) -> None:
    replace(session(tmp_path), schema="plimsoll.ab/9").write(tmp_path)

    with pytest.raises(UsageError, match=r"found schema plimsoll\.ab/9, wanted plimsoll\.ab/1"):
        read_session(tmp_path)


def test_a_folder_without_a_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--resume: found no .*, wanted the folder of a session"):
        read_session(tmp_path / "nowhere")
