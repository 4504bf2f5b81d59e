"""Events are read back whole, also of kinds that only a later version knows."""

import pytest

from analysis.event import parse_event


def test_an_event_keeps_its_fields() -> None:
    assert parse_event(b'{"t_utc_ns":5,"kind":"eclipse","of":"sun"}') == {
        "t_utc_ns": 5, "kind": "eclipse", "of": "sun",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b'{"t_utc_ns":5}', b'{"kind":"stage"}', b'{"t_utc_ns":5.5,"kind":"stage"}']
)
def test_a_line_that_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"wanted|Expecting"):
        parse_event(line)
