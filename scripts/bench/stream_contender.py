"""The clients that read streams, each asked for the same: chat completions in a closed loop."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from locustfiles.peers.rounds import ROUND
from locustfiles.peers.stream_log import AS_TEXT, OUTPUT
from scripts.bench.event_server_process import CHAT_PATH
from scripts.checkout import ROOT

PEERS = ROOT / "locustfiles" / "peers"
OURS = "plimsoll"
_TARGET = """
base_url = "{url}"

[endpoints.stream]
path = "{path}"
dialect = "openai-chat"
protocol = "{protocol}"

[endpoints.stream.{question}]
model = "bench"
messages = [{{ role = "user", content = "What marks a safe load?" }}]
stream = true
"""
PROFILE = """
model = "closed"
mix = {{ stream = 1 }}
compare = false

[[stages]]
name = "steady"
duration = "{load_s}s"
level = {streams}
"""


@dataclass(frozen=True, slots=True)
class StreamOrder:
    """What one contender is asked to do."""

    url: str
    streams: int
    load_s: int
    """How long a contender that ends by itself lasts."""
    folder: Path
    """For the files that its command needs."""
    stamps: Path | None
    """Where each stream's stamps are to go; None when they are not wanted."""
    in_rounds: bool
    """Whether the server waits to be told that an event of every stream has been read."""
    over_websocket: bool


@dataclass(frozen=True, slots=True)
class StreamContender:
    """A client and how it is started."""

    name: str
    command: Callable[[StreamOrder], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ends_by_itself: bool = False

    def surroundings(self, order: StreamOrder) -> Mapping[str, str]:
        """What the environment says to it."""
        stamps = {} if order.stamps is None else {OUTPUT: str(order.stamps)}
        rounds = {ROUND: f"{order.streams} {order.url}"} if order.in_rounds else {}
        return {**self.environment, **stamps, **rounds}


def stream_contender(name: str, *, decodes: bool = True) -> StreamContender:
    """Without decoding the data of each event is taken as it is, and no JSON is looked into."""
    if name == OURS:
        as_text = {} if decodes else {AS_TEXT: "1"}
        return StreamContender(OURS, _ours, {"PLIMSOLL_JUDGE": "off", **as_text}, ends_by_itself=True)
    if name == "fasthttpuser":
        return StreamContender(name, _stock)
    return StreamContender(name, _reader(f"{name}-json" if decodes else name))


def target_file(url: str, *, over_websocket: bool = False) -> str:
    """The event server as a target of the suite."""
    protocol, question = ("websocket", "send") if over_websocket else ("http", "body")
    return _TARGET.format(url=url, path=CHAT_PATH, protocol=protocol, question=question)


def _ours(order: StreamOrder) -> Sequence[str]:
    """The whole suite: every stream decoded, checked, timed and recorded in the run log."""
    target, profile = order.folder / "targets" / "bench.toml", order.folder / "bench-profile.toml"
    target.parent.mkdir(parents=True)
    target.write_text(target_file(order.url, over_websocket=order.over_websocket))
    profile.write_text(PROFILE.format(load_s=order.load_s, streams=order.streams))
    words = [sys.executable, "-P", "-m", "locust", "-f", str(PEERS / "stamped_rag.py"), "--headless"]
    words += ["--only-summary", "--target", str(target), "--load-profile", str(profile)]
    words += ["--baseline", "none", "--run-directory", str(order.folder / "runs")]
    return [*words, "--sidecar-command", "none"]


def _stock(order: StreamOrder) -> Sequence[str]:
    words = [sys.executable, "-P", "-m", "locust", "-f", str(PEERS / "fast_http_streams.py")]
    words += ["--headless", "--only-summary", "--host", order.url]
    return [*words, "-u", str(order.streams), "-r", str(order.streams)]


def _reader(client: str) -> Callable[[StreamOrder], Sequence[str]]:
    def command(order: StreamOrder) -> Sequence[str]:
        name = f"{client}-messages" if order.over_websocket else client
        words = [sys.executable, "-m", "scripts.bench.stream_reader", name]
        return [*words, order.url + CHAT_PATH, str(order.streams)]

    return command
