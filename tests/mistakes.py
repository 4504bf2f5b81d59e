"""Mistakes in what a run is asked for, and what must be said of each."""

from dataclasses import dataclass
from pathlib import Path

TARGET = """
base_url = "http://127.0.0.1:9"
[endpoints.query]
path = "/query"
body = { question = "{question}" }
timeout = "5s"
[questions]
file = "questions/general.jsonl"
[objectives]
query.errors.ratio = 0.01
"""
PROFILE = """
model = "closed"
mix = { query = 1 }
think = "10ms"
[[stages]]
name = "steady"
duration = "60s"
level = 1
"""
HEADER = 'Authorization = "Bearer ${PLIMSOLL_TEST_UNSET}"'
SECRET = "planted-secret-91c2"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A change to a working pair of files, or words for the command line, and what must be said."""

    said: str
    target: tuple[str, str] | None = None
    profile: tuple[str, str] | None = None
    words: tuple[str, ...] = ()


MISTAKES = {
    "an unknown target": Mistake(
        "targets/refrence.toml: found no such file, wanted a target that exists",
        words=("--target", "refrence"),
    ),
    "an unknown load profile": Mistake(
        'did you mean "smoke"?',
        words=("--load-profile", "smok"),
    ),
    "a target file that is not there": Mistake(
        "gone.toml: found no such file, wanted the TOML file of a target", words=("--target", "gone.toml")
    ),
    "an unknown key of a target": Mistake(
        'endpoints.query.timout: found an unknown key, wanted one of',
        target=('timeout = "5s"', 'timout = "5s"'),
    ),
    "an unknown key of a load profile": Mistake(
        'profile.toml: stages[0].durtion: found an unknown key',
        profile=("duration =", "durtion ="),
    ),
    "a wrong type in a target": Mistake(
        "target.toml: endpoints.query.path: found 7, wanted a string", target=('"/query"', "7")
    ),
    "a wrong type in a load profile": Mistake(
        'profile.toml: stages[0].level: found "one", wanted a number', profile=("level = 1", 'level = "one"')
    ),
    "broken TOML": Mistake("target.toml: found a mistake:", target=("[questions]", "[questions")),
    "a file that is not UTF-8 text": Mistake("profile.toml: found", profile=("steady", "\0")),
    "a missing environment variable in a header": Mistake(
        "target.toml: headers.Authorization: found ${PLIMSOLL_TEST_UNSET} but no such environment variable",
        target=("[endpoints.query]", f"[headers]\n{HEADER}\n[endpoints.query]"),
    ),
    "a missing environment variable in the base URL": Mistake(
        "target.toml: base_url: found ${PLIMSOLL_TEST_UNSET} but no such environment variable",
        target=("http://127.0.0.1:9", "http://${PLIMSOLL_TEST_UNSET}:9"),
    ),
    "a mix entry without endpoint": Mistake(
        "profile.toml: mix.stream: found no such endpoint", profile=("query = 1", "query = 1, stream = 1")
    ),
    "an objective for no endpoint": Mistake("objectives.stream", target=("query.errors", "stream.errors")),
    "a question file that is not there": Mistake("gone.jsonl", target=("general.jsonl", "gone.jsonl")),
    "a base URL that is none": Mistake("found", words=("--host", "127.0.0.1:9")),
    "a host that no name server could know": Mistake(
        "found a host name", words=("--host", "http://a..b:80")
    ),
    "half an address as the base URL": Mistake("found a host that is none", words=("--host", "http://[x")),
    "credentials in the base URL": Mistake("credentials", words=("--host", f"http://me:{SECRET}@127.0.0.1:9")),
    "a baseline that is not there": Mistake(
        "gone.json: there is no such baseline", words=("--baseline", "gone.json")
    ),
    "a corrupt baseline": Mistake("found broken JSON", words=("--baseline", "corrupt.json")),
    "a baseline of another schema": Mistake(
        'schema: found "plimsoll.baseline/9", wanted "plimsoll.baseline/1"',
        words=("--baseline", "other.json"),
    ),
    "tags that leave nothing": Mistake("nothing to do:", words=("--tags", "stream")),
    "a run directory that is a file": Mistake(
        "--run-directory: found", words=("--run-directory", "corrupt.json")
    ),
}  # fmt: skip


def put_files(folder: Path, mistake: Mistake) -> None:
    for name, text, change in (("target", TARGET, mistake.target), ("profile", PROFILE, mistake.profile)):
        old, new = change or ("", "")
        assert old in text
        (folder / f"{name}.toml").write_text(text.replace(old, new, 1) if change else text)
    (folder / "corrupt.json").write_text('{"schema": "plimsoll.base')
    (folder / "other.json").write_text('{"schema": "plimsoll.baseline/9"}')
