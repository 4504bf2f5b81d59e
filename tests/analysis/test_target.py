"""A target file becomes a target, or one message that says what is wrong with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import ConfigurationError, RunLogError
from analysis.request_text import asked_codings
from analysis.target import (
    Dialect,
    Endpoint,
    Objective,
    ProcessWatch,
    Target,
    Tls,
    load_target,
    redacted,
    target_from_json,
    target_names,
)

SHORTEST = """
base_url = "http://127.0.0.1:8000/"

[endpoints.query]
path = "/ask"
body = { question = "{question}" }

[endpoints.health]
path = "/health"
"""

PLANTED = "planted-a81f"


def load(folder: Path, text: str) -> Target:
    path = folder / "targets" / "mine.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return load_target(str(path))


def objectives(target: Target) -> dict[str, tuple[float, str]]:
    return {objective.name: (objective.limit, objective.unit) for objective in target.objectives}


def test_a_short_file_has_sensible_defaults(tmp_path: Path) -> None:
    target = load(tmp_path, SHORTEST)

    assert (target.name, target.base_url) == ("mine", "http://127.0.0.1:8000")
    query, health = target.endpoints["query"], target.endpoints["health"]
    assert (query.method, query.dialect, query.asks) == ("POST", Dialect.JSON, True)
    assert (health.method, health.body, health.asks) == ("GET", None, False)
    assert (query.timeout_s, query.connect_timeout_s, query.max_body_bytes) == (60.0, 5.0, 2**24)
    assert query.first_byte_timeout_s is None
    assert query.expect.status == (200,)
    assert target.sidecar.host
    assert target.sidecar.process is None
    assert target.questions is not None
    assert Path(target.questions.file).is_file()
    assert objectives(target) == {
        "query.response.p95": (1_000_000.0, "us"),
        "health.response.p95": (100_000.0, "us"),
        "host_memory": (98.0, "percent"),
    }


def test_files_of_tls_are_looked_for_from_the_target_file_on(tmp_path: Path) -> None:
    assert load(tmp_path, SHORTEST).tls == Tls(None, None, None, verify=True)

    for name in ("ca.pem", "targets/client.pem"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PLANTED)
    text = (
        f"{SHORTEST}[tls]\nca_file = '../ca.pem'\ncert_file = 'client.pem'\n"
        f"key_file = '{tmp_path}/targets/client.pem'"
    )
    tls = load(tmp_path, text).tls

    assert all(
        file and Path(file).read_text() == PLANTED for file in (tls.ca_file, tls.cert_file, tls.key_file)
    )
    assert tls.verify
    assert not load(tmp_path, f"{SHORTEST}[tls]\nverify = false").tls.verify


def test_of_the_files_of_tls_a_redacted_target_keeps_the_names(tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    for name in ("ca.pem", "client.pem", "client.key"):
        (tmp_path / "targets" / name).write_text(PLANTED)
    text = f"{SHORTEST}[tls]\nca_file = 'ca.pem'\ncert_file = 'client.pem'\nkey_file = 'client.key'"
    document = redacted(load(tmp_path, text))

    assert PLANTED not in json.dumps(document)
    assert str(tmp_path) not in json.dumps(document)
    assert target_from_json(document).tls == Tls("ca.pem", "client.pem", "client.key")


def test_a_target_that_asks_nothing_needs_no_questions(tmp_path: Path) -> None:
    assert load(tmp_path, 'base_url = "http://h"\n[endpoints.health]\npath = "/"').questions is None


def test_a_wait_for_the_first_byte_and_compression_are_asked_for_by_endpoint(tmp_path: Path) -> None:
    text = SHORTEST + (
        "first_byte_timeout = '1500ms'\nheaders = { Accept-Encoding = 'deflate;q=0.5, gzip' }\n"
        "[endpoints.other]\npath = '/'\nheaders = { Accept-Encoding = '${CODINGS}' }"
    )
    target = load(tmp_path, text)

    assert target.endpoints["health"].first_byte_timeout_s == 1.5
    assert target_from_json(redacted(target)).endpoints["health"].first_byte_timeout_s == 1.5


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ("", set()),
        ("identity", set()),
        ("gzip", {"gzip"}),
        ("X-GZIP , Deflate;q=1.0", {"gzip", "deflate"}),
        ("gzip;q=0, deflate", {"deflate"}),
        ("*;q=0, gzip ; q=0.001", {"gzip"}),
        ("br;q=0", set()),
    ],
)
def test_codings_are_asked_for_as_the_header_says(value: str, asked: set[str]) -> None:
    assert asked_codings(value) == asked


def test_a_stream_is_expected_to_be_one_and_to_hold_text(tmp_path: Path) -> None:
    text = SHORTEST + '[endpoints.stream]\npath = "/s"\ndialect = "rag-events"\nbody = { q = ["{question}"] }'
    stream = load(tmp_path, text).endpoints["stream"]

    assert stream.dialect.is_stream
    assert stream.asks
    assert (stream.expect.content_type, stream.expect.min_text_chars) == ("text/event-stream", 1)


def test_expectations_take_single_values_and_dotted_keys(tmp_path: Path) -> None:
    text = SHORTEST + (
        "[endpoints.health.expect]\nstatus = 204\ncontains = 'ok'\njson_nonempty = ['a.0.b']\n"
        "json_equals.meta.fallback = false\njson_equals.'x.y' = 1\njson_in.status = ['a', 'b']"
    )
    expect = load(tmp_path, text).endpoints["health"].expect

    assert (expect.status, expect.contains, expect.json_nonempty) == ((204,), ("ok",), ("a.0.b",))
    assert expect.json_equals == {"meta.fallback": False, "x.y": 1}
    assert expect.json_in == {"status": ("a", "b")}


def test_rules_for_failures_behind_a_good_status_are_read(tmp_path: Path) -> None:
    text = SHORTEST + (
        "[endpoints.health.expect]\njson_not_in.model = ['offline']\njson_not_in.metadata.fallback = [true]\n"
        "json_min.score = 0.5\njson_max.x.y = 2\njson_matches.id = '^[a-f]+$'\nmin_citations = 1"
    )
    expect = load(tmp_path, text).endpoints["health"].expect

    assert expect.json_not_in == {"model": ("offline",), "metadata.fallback": (True,)}
    assert (expect.json_min, expect.json_max) == ({"score": 0.5}, {"x.y": 2.0})
    assert expect.json_matches == {"id": "^[a-f]+$"}
    assert expect.min_citations == 1


def test_a_pattern_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"json_matches.a: found .*, wanted a regular expression"):
        load(tmp_path, SHORTEST + "[endpoints.health.expect]\njson_matches.a = '('")


def test_where_an_answer_tells_of_its_cache_and_sources_is_read(tmp_path: Path) -> None:
    text = SHORTEST + "[endpoints.q]\npath = '/q'\ncache = 'header:X-Cache'\nsources = 'a.sources'"
    endpoint = load(tmp_path, text).endpoints["q"]

    assert (endpoint.cache, endpoint.sources) == ("header:X-Cache", "a.sources")


def test_a_process_is_watched_by_pid_port_or_the_base_url(tmp_path: Path) -> None:
    def watched(text: str) -> ProcessWatch | None:
        return load(tmp_path, SHORTEST + f"[sidecar]\nprocess = {text}").sidecar.process

    assert watched("{ pid = 12 }") == ProcessWatch(pid=12)
    assert watched("{ port = 8000 }") == ProcessWatch(port=8000)
    assert watched('{ port = "base_url" }') == ProcessWatch()


def test_written_objectives_replace_defaults_and_false_switches_them_off(tmp_path: Path) -> None:
    text = SHORTEST + (
        "[sidecar]\nprocess.port = 8000\n[objectives]\nquery.response.p95_ms = 250\n"
        "query.response.p999_ms = 4000\nquery.errors.ratio = 0.01\nquery.stage.embed.max_ms = 5\n"
        "health.response.p95_ms = false\nmemory_growth.mb_per_h = 10\n'*'.goodput.ratio = 0.99"
    )
    target = load(tmp_path, text)

    assert objectives(target) == {
        "query.response.p95": (250_000.0, "us"),
        "query.response.p99.9": (4_000_000.0, "us"),
        "query.errors": (0.01, "ratio"),
        "query.stage.embed.max": (5_000.0, "us"),
        "memory_growth": (10.0, "MB/h"),
        "host_memory": (98.0, "percent"),
        "*.goodput": (0.99, "ratio"),
    }
    assert Objective("*.goodput", None, "goodput", "ratio", 0.99, "ratio") in target.objectives
    assert Objective("memory_growth", None, "memory_growth", "slope", 10.0, "MB/h") in target.objectives


QUERIES = "[sidecar]\nprometheus_url = 'http://localhost:9090'\n[sidecar.queries]\nqueue = 'up'\n"


def test_a_margin_of_a_prometheus_query_says_which_way_is_worse(tmp_path: Path) -> None:
    target = load(tmp_path, f"{SHORTEST}{QUERIES}[margins]\nprometheus.queue.drop = 0.2")

    assert target.margins == {"prometheus.queue.drop": 0.2}


def test_a_margin_of_a_prometheus_query_that_does_not_say_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='found "mean", wanted one of rise, drop'):
        load(tmp_path, f"{SHORTEST}{QUERIES}[margins]\nprometheus.queue.mean = 0.2")


def test_margins_and_limits_are_read_in_their_units(tmp_path: Path) -> None:
    text = SHORTEST + (
        "[margins]\nresponse.p95 = 0.05\nquery.response.p999 = 0.4\nerrors.ratio = 0.01\n"
        "throughput.rate = 0.1\n[limits]\nquery.response_ms = 1.5"
    )
    target = load(tmp_path, text)

    assert target.margins == {
        "response.p95": 0.05,
        "query.response.p99.9": 0.4,
        "errors.ratio": 0.01,
        "throughput.rate": 0.1,
    }
    assert target.limits == {"query": {"response": 1500.0}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "[objectives]\nquerry.response.p95_ms = 1",
            'objectives.querry.response.p95_ms: found "querry", .*"query"',
        ),
        ("[objectives]\nquery.respons.p95_ms = 1", 'found "respons", wanted one of response.*"response"'),
        ("[objectives]\nquery.response.p95 = 1", 'found "p95", wanted one of p50_ms.*"p95_ms"'),
        ("[objectives]\nquery.ttft.p95_ms = 1", 'found "ttft", wanted one of response, service, ttfb'),
        ("[objectives]\nquery.errors.ratio = 2", "found 2.0, wanted a ratio from 0 to 1"),
        ("[objectives]\nquery.response.p95_ms = '1s'", 'found "1s", wanted a number not below 0, or false'),
        ("[objectives]\nquery.response.p95_ms = true", "found true, wanted a number"),
        ("[objectives]\nmemory_growth.mb = 1", 'memory_growth.mb: found "mb", wanted one of mb_per_h'),
        ("[objectives]\nquery = 1", "objectives.query: found nothing more, wanted one of response"),
        ("[margins]\nresponse.p95 = 1.5", "margins.response.p95: found 1.5, wanted a change between 0 and 1"),
        ("[margins]\nresponse.ratio = 0.5", 'found "ratio", wanted one of p50'),
        ("[margins]\nquary.response.p95 = 0.5", 'found "quary.response", wanted one of response'),
        (
            "[margins]\nprometheus.queue.rise = 0.5",
            r'prometheus.queue.rise: found "queue", wanted the name of a query in \[sidecar.queries\]',
        ),
        ("[margins]\nresponse = 0.5", "margins.response: found nothing more"),
        ("[limits]\nquery.ttft_ms = 5", 'limits.query.ttft_ms: found "ttft_ms", wanted one of response_ms'),
        ("[limits]\nquery.response_ms = 0", "found 0.0, wanted milliseconds above 0"),
        ("[sidecar]\nredis_url = 'http://x'", "sidecar.redis_url: found another kind of text, wanted a URL"),
        (
            "[sidecar]\nprometheus_url = 'localhost:9090'",
            "sidecar.prometheus_url: found another kind of text",
        ),
        (
            "[sidecar]\nbreaker_pattern = '*'",
            r"breaker_pattern: found it without sidecar.redis_url.*\$\{NAME:-\}",
        ),
        ("[sidecar]\nmetrics = ['a']", "metrics: found it without sidecar.metrics_url"),
        ("[sidecar.queries]\na = 'up'", "queries: found it without sidecar.prometheus_url"),
        ("[sidecar]\nprocess = {}", "sidecar.process: found neither or both"),
        ("[sidecar]\nprocess = { port = 70000 }", "sidecar.process.port: found 70000, wanted a port from 1"),
        (
            "[sidecar]\nmemory_warn_percent = 99",
            "found 99.0, wanted a number not above memory_stop_percent, 98",
        ),
        ("[sidecar]\nperiod = '10ms'", "sidecar.period: found .*, wanted a number not below 0.1"),
        ("[questions]\nfile = 'none.jsonl'", 'questions.file: found "none.jsonl", wanted a file below'),
        ("[tls]\nca_file = 'none.pem'", 'tls.ca_file: found "none.pem", wanted a file that exists'),
        ("[tls]\nca_file = '${CA}'", "tls.ca_file: found an environment variable, wanted plain text"),
        ("[tls]\nkey_file = 'mine.toml'", "tls.key_file: found it without tls.cert_file"),
        ("[tls]\nca_file = 'mine.toml'\nverify = false", "tls.ca_file: found it beside tls.verify = false"),
        ("[tls]\nverify = 'no'", 'tls.verify: found "no", wanted true or false'),
        ("[tls]\nkey = 'a'", "tls.key: found an unknown key, wanted one of ca_file, cert_file, key_file"),
        ("[questions]\nzipf = -1", "questions.zipf: found -1, wanted a number not below 0"),
        (
            "[endpoints.memory_growth]\npath = '/'",
            "endpoints.memory_growth: found a name that objectives use",
        ),
        ("[endpoints.'a b']\npath = '/'", 'endpoints."a b".*: found "a b", wanted a string of the form'),
        ("[endpoints.x]\n", 'endpoints.x.path: found no such key, wanted a path such as "/query"'),
        ("[endpoints.x]\npath = 'ask'", 'endpoints.x.path: found "ask", wanted a path such as'),
        ("[endpoints.x]\npath = '/a b'", "endpoints.x.path: found .*percent-encoded"),
        ("[endpoints.x]\npath = '/?q={question}'", "endpoints.x.path: .*the question goes into the body"),
        (
            "[endpoints.x]\npath = '/${A}'",
            "endpoints.x.path: found an environment variable, wanted plain text",
        ),
        ("[endpoints.x]\npath = '/'\nbody.a = '${A}'", "endpoints.x.body: found an environment variable"),
        (
            "[endpoints.x]\npath = '/'\nmethod = 'FETCH'",
            "endpoints.x.method: found \"FETCH\", wanted one of 'GET'",
        ),
        (
            "[endpoints.x]\npath = '/'\nmethod = 'GET'\nbody = 1",
            "endpoints.x.body: found a body with method GET",
        ),
        (
            "[endpoints.x]\npath = '/'\ndialect = 'sse'",
            "endpoints.x.dialect: .*wanted one of json, text, rag-events",
        ),
        (
            "[endpoints.x]\npath = '/'\nidle_timeout = 1",
            'endpoints.x.idle_timeout: found it with the dialect "json", wanted it with the dialect of a str',
        ),
        ("[endpoints.x]\npath = '/'\ntimeout = 0", "endpoints.x.timeout: found 0.*, wanted a number above 0"),
        (
            "[endpoints.x]\npath = '/'\nfirst_byte_timeout = 0",
            "endpoints.x.first_byte_timeout: found 0.*, wanted",
        ),
        (
            "[endpoints.x]\npath = '/'\nheaders = { accept-encoding = 'gzip, br' }",
            'endpoints.x.headers.accept-encoding: found "gzip, br", wanted gzip, deflate or identity',
        ),
        (
            "[endpoints.x]\npath = '/'\nbody.a = 2020-01-01",
            "endpoints.x.body: found a table, wanted only what JSON has",
        ),
        (
            "[endpoints.x]\npath = '/'\nheaders = { 'a b' = '' }",
            'headers."a b": found "a b", wanted a header name',
        ),
        (
            "[endpoints.x]\npath = '/'\nheaders.Content-Length = '1'",
            "wanted a header that the client does not set",
        ),
        ("[endpoints.x]\npath = '/'\nheaders.A = \"a\\nb\"", "found a character that no header may hold"),
        ("[endpoints.x]\npath = '/'\nheaders.A = '${'", 'headers.A: found a broken "\\${"'),
        ("[environment]\nmodel = 'a-${'", 'environment.model: found a broken "\\${"'),
        ("[environment]\n'a b' = 'x'", "environment"),
        ("[environment]\ncores = 4", "environment.cores: found 4"),
        (
            "[endpoints.x]\npath = '/'\nexpect.status = 20",
            r"expect.status\[0\]: found 20, wanted a number not below 100",
        ),
        ("[endpoints.x]\npath = '/'\nexpect.min_text_chars = 'a'", "min_text_chars: .*wanted a whole number"),
        (
            "[endpoints.x]\npath = '/'\nexpect.json_equals.a = [1]",
            "json_equals.a: found a list, wanted a string, a",
        ),
        ("[endpoints.x]\npath = '/'\nexpect.json_in.a = 1", "json_in.a: found 1, wanted a list"),
        ("[objectivs]\n", 'objectivs: found an unknown key, wanted one of .*; did you mean "objectives"'),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path, f"{SHORTEST}\n{change}")

    assert "mine.toml: " in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "base_url: found no such key, wanted a URL such as"),
        (
            "base_url = 'http://h'",
            r"endpoints: found no such key, wanted at least one table \[endpoints.NAME\]",
        ),
        ("base_url = 'http://h'\n[endpoints]", "endpoints: found a table, wanted at least 1"),
        (
            "base_url = 'h:80'\nendpoints.x.path = '/'",
            "base_url: found another kind of text, wanted a URL that",
        ),
        ("base_url = 'http:///path'\nendpoints.x.path = '/'", "base_url: found a URL without a host"),
        ("base_url = 'http://h?a=1'\nendpoints.x.path = '/'", "base_url: found a query or fragment"),
        (f"base_url = 'http://u:{PLANTED}@h'\nendpoints.x.path = '/'", "base_url: found credentials written"),
        (
            f"base_url = 'http://h'\nheaders = ['{PLANTED}']\nendpoints.x.path = '/'",
            "headers: found a value that",
        ),
        (
            f"base_url = 'http://h'\nheaders.A = ['{PLANTED}']\nendpoints.x.path = '/'",
            "headers.A: found a value that",
        ),
    ],
)
def test_a_mistake_at_the_top_is_named_without_showing_secrets(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path, text)

    assert PLANTED not in str(caught.value)


def test_an_unknown_target_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r'referense\.toml: .*did you mean "reference"\?'):
        load_target("referense")


def secretive() -> str:
    return (
        f"headers = {{ X-Key = '{PLANTED}' }}\n{SHORTEST}"
        f"headers.B = 'Bearer {PLANTED}'\nheaders.C = 'Bearer ${{KEY}}'\n"
        "[sidecar]\nprocess.port = 8000\nmetrics_url = '/metrics'\n"
        f"prometheus_url = 'http://127.0.0.1:9090/?token={PLANTED}'\n"
        "redis_url = 'redis://:${REDIS_PASSWORD}@127.0.0.1:6379/0'\n"
        "[limits]\nquery.response_ms = 5\n[margins]\nresponse.p95 = 0.2"
    )


def test_a_redacted_target_keeps_references_and_hides_what_was_written_out(tmp_path: Path) -> None:
    target = load(tmp_path, secretive())
    document = redacted(target)
    text = json.dumps(document)

    assert PLANTED in str(target)
    assert PLANTED not in text
    assert str(tmp_path) not in text
    assert "Bearer ${KEY}" in text
    assert "redis://:${REDIS_PASSWORD}@127.0.0.1:6379/0" in text


def test_a_redacted_target_reads_back_as_the_target_without_its_secrets(tmp_path: Path) -> None:
    target = load(tmp_path, secretive())
    back = target_from_json(json.loads(json.dumps(redacted(target), sort_keys=True)))

    health = replace(target.endpoints["health"], headers={"B": "***", "C": "Bearer ${KEY}"})
    assert target.questions is not None
    assert back == replace(
        target,
        headers={"X-Key": "***"},
        endpoints={**target.endpoints, "health": health},
        sidecar=replace(target.sidecar, prometheus_url="http://127.0.0.1:9090/?token=***"),
        questions=replace(target.questions, file="questions/general.jsonl"),
        file="targets/mine.toml",
    )


def test_a_damaged_definition_in_a_run_is_an_error_of_that_run(tmp_path: Path) -> None:
    document = redacted(load(tmp_path, SHORTEST))
    document["endpoints"] = 3

    with pytest.raises(RunLogError, match=r"run\.json: target_definition\.endpoints"):
        target_from_json(document)


@pytest.mark.parametrize("name", target_names())
def test_every_shipped_target_loads_and_survives_its_run_directory(name: str) -> None:
    target = load_target(name)
    back = target_from_json(json.loads(json.dumps(redacted(target))))

    assert target.name == name
    assert {"query", "health"} <= target.endpoints.keys()
    assert target.questions is not None
    assert Path(target.questions.file).is_file()
    assert (back.endpoints, back.objectives, back.limits) == (
        target.endpoints,
        target.objectives,
        target.limits,
    )


def test_the_targets_that_the_suite_promises_are_shipped() -> None:
    assert target_names() == ("openai", "reference", "sutazai", "x0tta6bl4", "xnai")


def test_the_endpoint_types_are_those_of_the_target_module() -> None:
    assert isinstance(load_target("xnai").endpoints["stream"], Endpoint)
    assert load_target("xnai").endpoints["stream"].dialect is Dialect.XNAI
