"""A question reaches the service exactly, whatever it holds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from locustfiles.load.body_template import BodyTemplate


@given(st.text())
def test_any_question_survives_the_way_into_the_body(question: str) -> None:
    """Quotes, backslashes, newlines and the placeholder itself are escaped, not interpreted."""
    if any("\ud800" <= character <= "\udfff" for character in question):
        return
    body = BodyTemplate({"messages": [{"content": "Q: {question}"}], "k": 4}).fill(question)
    assert body is not None
    assert json.loads(body) == {"messages": [{"content": f"Q: {question}"}], "k": 4}


def test_an_endpoint_without_a_body_sends_none() -> None:
    """GET has nothing to fill."""
    assert BodyTemplate(None).fill("why?") is None


def test_a_body_without_placeholder_is_always_the_same() -> None:
    """The question is not appended anywhere."""
    assert BodyTemplate({"ping": True}).fill("why?") == b'{"ping":true}'
