"""What makes two runs' load the same, as one hash."""

from collections.abc import Mapping
from dataclasses import asdict

from analysis.canonical import canonical_sha256
from analysis.env_template import masked
from analysis.event_map import EventMap
from analysis.leaving import Leaving
from analysis.profile import LoadProfile, check_mix
from analysis.reconnecting import Reconnecting
from analysis.target import Target
from analysis.websocket import WebSocket


def scenario_sha256(target: Target, profile: LoadProfile, seed: int, questions_sha256: str | None) -> str:
    """Hash of all that shapes the load: requests, mix, model, stages, seed and questions.

    Names of files, targets, profiles and stages, URLs, expectations, objectives and secrets are left out:
    they may change without making two runs different loads.
    """
    mix = check_mix(profile, target)
    questions = target.questions
    return canonical_sha256(
        {
            "version": 1,
            "requests": _requests(target, mix),
            "mix": mix,
            "model": profile.model,
            "arrivals": profile.arrivals,
            "think_s": profile.think_s,
            "pacing_s": profile.pacing_s,
            "max_in_flight": profile.max_in_flight,
            "stages": [
                [stage.duration_s, stage.level, stage.ramp, stage.measure] for stage in profile.stages
            ],
            **({} if profile.search is None else {"search": asdict(profile.search)}),
            "seed": seed,
            "questions": None
            if questions is None
            else {"zipf": questions.zipf, "seed": questions.seed, "sha256": questions_sha256},
        }
    )


def _requests(target: Target, mix: Mapping[str, float]) -> dict[str, object]:
    return {
        name: {
            "method": endpoint.method,
            "path": endpoint.path,
            "dialect": endpoint.dialect,
            "body": endpoint.body,
            "headers": {key: masked(value) for key, value in {**target.headers, **endpoint.headers}.items()},
            **_conversation(endpoint.websocket),
            **_described(events=endpoint.events, leave=endpoint.leave, reconnect=endpoint.reconnect),
        }
        for name, endpoint in target.endpoints.items()
        if name in mix
    }


def _described(**parts: EventMap | Leaving | Reconnecting | None) -> dict[str, object]:
    """Nothing for what is not there, so that hashes from before there was such a thing hold."""
    return {name: asdict(part) for name, part in parts.items() if part is not None}


def _conversation(websocket: WebSocket | None) -> dict[str, object]:
    """Nothing for HTTP, so that hashes from before there were WebSockets hold."""
    if websocket is None:
        return {}
    return {
        "keep": websocket.keep,
        "greeting": websocket.greeting,
        "subprotocols": list(websocket.subprotocols),
        "compression": websocket.compression,
    }
