"""A target file describes the events of a stream, or is told what is wrong with its description."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.endpoint import Dialect, Endpoint
from analysis.errors import ConfigurationError
from analysis.event_map import EventMap, EventRule, Framing
from analysis.profile import load_profile
from analysis.scenario import scenario_sha256
from analysis.target import Target, load_target, redacted, target_from_json

HEAD = """
base_url = "http://h"
[endpoints.stream]
path = "/s"
dialect = "custom"
body = { q = "{question}" }
"""
LEAST = 'text = "t"\ndone = false\n'
WHOLE = """
framing = "ndjson"
text = { path = "delta.0.text", when = { type = ["token", "more"], n = 1 } }
done = { when.type = "end" }
error = "error"
citation = { path = "source", when.event = "cite" }
stage_name = "step.name"
stage_ms = "step.ms"
stages_ms = "times"
tokens = "usage.tokens"
"""


def load(folder: Path, events: str, head: str = HEAD) -> Target:
    path = folder / "mine.toml"
    path.write_text(f"{head}[endpoints.stream.events]\n{events}", encoding="utf-8")
    return load_target(str(path))


def stream(target: Target) -> Endpoint:
    return target.endpoints["stream"]


def test_rules_are_paths_or_tables(tmp_path: Path) -> None:
    assert stream(load(tmp_path, WHOLE)).events == EventMap(
        framing=Framing.NDJSON,
        text=EventRule("delta.0.text", {"type": ("token", "more"), "n": (1,)}),
        done=EventRule(None, {"type": ("end",)}),
        error=EventRule("error"),
        citation=EventRule("source", {"event": ("cite",)}),
        stage_name=EventRule("step.name"),
        stage_ms=EventRule("step.ms"),
        stages_ms=EventRule("times"),
        tokens=EventRule("usage.tokens"),
    )


def test_the_least_is_where_the_text_is_and_what_ends_it(tmp_path: Path) -> None:
    assert stream(load(tmp_path, LEAST)).events == EventMap(text=EventRule("t"), done=None)


@pytest.mark.parametrize(
    ("framing", "wanted"),
    [("sse", "text/event-stream"), ("ndjson", "application/x-ndjson"), ("json", "application/json")],
)
def test_the_framing_tells_the_content_type(tmp_path: Path, framing: str, wanted: str) -> None:
    target = load(tmp_path, f'framing = "{framing}"\n{LEAST}')

    assert stream(target).expect.content_type == wanted


@pytest.mark.parametrize(
    ("dialect", "wanted"),
    [
        (Dialect.JSON, None),
        (Dialect.TEXT, None),
        (Dialect.OPENAI_COMPLETIONS, "text/event-stream"),
        (Dialect.ANTHROPIC, "text/event-stream"),
        (Dialect.OLLAMA, "application/x-ndjson"),
        (Dialect.SUTAZAI, "text/event-stream"),
        (Dialect.TEXT_STREAM, "text/plain"),
    ],
)
def test_each_dialect_has_its_content_type_unless_the_file_says_otherwise(
    tmp_path: Path, dialect: Dialect, wanted: str | None
) -> None:
    def expected(more: str) -> str | None:
        path = tmp_path / "mine.toml"
        path.write_text(HEAD.replace("custom", dialect) + more, encoding="utf-8")
        return stream(load_target(str(path))).expect.content_type

    assert expected("") == wanted
    assert expected('expect.content_type = "Application/JSON"') == "Application/JSON"
    assert expected('expect.content_type = "*/*"') is None


def test_the_description_survives_the_run_directory(tmp_path: Path) -> None:
    target = load(tmp_path, WHOLE)

    back = target_from_json(json.loads(json.dumps(redacted(target))))

    assert back.endpoints == target.endpoints


def test_another_description_is_another_scenario(tmp_path: Path) -> None:
    """The same bytes read otherwise are other tokens; the limit of an event's length changes nothing."""
    profile = replace(load_profile("smoke"), mix={"stream": 1.0})

    def hashed(target: Target) -> str:
        return scenario_sha256(target, profile, 1, "q")

    least = load(tmp_path, LEAST)
    roomy = load(tmp_path, LEAST, HEAD + "max_event_bytes = 70000\n")

    assert hashed(load(tmp_path, WHOLE)) != hashed(least)
    assert hashed(load(tmp_path, LEAST.replace('"t"', '"u"'))) != hashed(least)
    assert stream(roomy).max_event_bytes == 70_000
    assert hashed(roomy) == hashed(least)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("done = false", "events.text: found no such key, wanted the path of the answer text"),
        ('text = "t"', "events.done: found no such key, wanted what marks the end of the answer, or false"),
        ('text = ""\ndone = false', 'events.text.path: found "", wanted a dotted path such as'),
        ('text = "a..b"\ndone = false', 'events.text.path: found "a..b", wanted a dotted path'),
        ("text = 3\ndone = false", "events.text: found 3, wanted a path such as"),
        (
            "text = { when.a = 1 }\ndone = false",
            'events.text: found a rule without a "path", wanted one with',
        ),
        ('text = { pth = "a" }\ndone = false', 'text.pth: found an unknown key.*; did you mean "path"'),
        ('text = "t"\ndone = true', 'events.done: found true.*with "path", "when" or both, or false for'),
        ('text = "t"\ndone = {}', "events.done: found a rule that says nothing, wanted a"),
        (f"{LEAST}error.when.a = []", "events.error.when.a: found a list, wanted at least 1"),
        (f"{LEAST}error.when.a = [[]]", r"error.when.a\[0\]: found a list, wanted a string, a number, true"),
        (f'{LEAST}stage_ms = "a"', "events.stage_ms: found it without stage_name, wanted both"),
        (f'{LEAST}stage_name = "a"', "events.stage_name: found it without stage_ms, .*stages_ms"),
        (f"{LEAST}tokens.when.a = 1", 'events.tokens: found a rule without a "path"'),
        (f'{LEAST}framing = "xml"', 'events.framing: found "xml", wanted one of sse, ndjson, json'),
        (
            f'{LEAST}txt = "a"',
            "events.txt: found an unknown key, wanted one of citation, done, error, framing",
        ),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, events: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path, events)

    assert "mine.toml: endpoints.stream.events." in str(caught.value)


def test_the_dialect_and_its_description_belong_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'stream.events: found it with the dialect "ollama"'):
        load(tmp_path, LEAST, HEAD.replace("custom", "ollama"))
    path = tmp_path / "mine.toml"
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r'stream.dialect: found "custom", .*\[endpoints.stream.eve'):
        load_target(str(path))


def test_a_stream_may_have_a_limit_of_silence(tmp_path: Path) -> None:
    target = load(tmp_path, LEAST, HEAD + "idle_timeout = '2s'\n")

    assert stream(target).idle_timeout_s == 2.0
    assert stream(target_from_json(redacted(target))).idle_timeout_s == 2.0
    assert stream(load(tmp_path, LEAST)).idle_timeout_s is None


def test_an_event_may_be_as_long_as_a_read_at_least(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match="max_event_bytes: found 1024, wanted a number not below 65536"
    ):
        load(tmp_path, LEAST, HEAD + "max_event_bytes = 1024\n")
