"""All cases."""

from collections.abc import Mapping, Sequence

from tests.locustfiles.conformance import chunks, codings, connections, fields, lengths, status_lines
from tests.locustfiles.conformance.case import Case

PARTS: Mapping[str, Sequence[Case]] = {
    "status lines": status_lines.CASES,
    "fields": fields.CASES,
    "lengths": lengths.CASES,
    "chunks": chunks.CASES,
    "connections": connections.CASES,
    "codings": codings.CASES,
}
CASES = [case for cases in PARTS.values() for case in cases]
NAMES = [f"{part}: {case.name}" for part, cases in PARTS.items() for case in cases]
