"""The JSON Schema of a baseline file, made from the model that reads it."""

import json
from typing import Any

from pydantic import TypeAdapter

from analysis.baseline import BASELINE_SCHEMA, LEAST_RUNS, Baseline

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def baseline_schema() -> dict[str, Any]:
    """What every file must hold that `plimsoll baseline record` writes or that is read again."""
    schema: dict[str, Any] = TypeAdapter(Baseline).json_schema()
    properties = schema["properties"]
    properties["schema"] = {"const": BASELINE_SCHEMA}
    properties["runs"]["minItems"] = LEAST_RUNS
    properties["content_sha256"]["pattern"] = "^[0-9a-f]{64}$"
    required = sorted({*schema["required"], "schema", "content_sha256"})
    return {"$schema": DIALECT, **schema, "title": "Plimsoll baseline", "required": required}


def baseline_schema_text() -> str:
    return json.dumps(baseline_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
