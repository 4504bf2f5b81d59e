"""`python -m scripts.bench requests|truth|arrivals|streams`: benchmarks beside other load generators."""

import argparse
import sys

from analysis.errors import PlimsollError
from scripts.bench.arrivals import arrivals_command
from scripts.bench.requests_per_core import requests_command
from scripts.bench.streams import streams_command
from scripts.bench.truth import truth_command


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    requests = commands.add_parser("requests", help="requests per second of one core, all recorded")
    requests.add_argument("--quick", action="store_true", help="three short rounds, fewer peers")
    requests.add_argument("--json", action="store_true", help="print one JSON object with the key ratios")
    requests.add_argument("--tls", action="store_true", help="over TLS")
    arrivals = commands.add_parser("arrivals", help="how punctual the open model's sends are")
    arrivals.add_argument("--quick", action="store_true", help="one short round")
    arrivals.add_argument("--json", action="store_true", help="print one JSON object")
    truth = commands.add_parser(
        "truth", help="percentiles reported at saturation beside the server's own log"
    )
    truth.add_argument("--quick", action="store_true", help="three short rounds")
    truth.add_argument("--tls", action="store_true", help="over TLS")
    truth.add_argument("--json", action="store_true", help="print one JSON object with the key error_ms")
    streams = commands.add_parser("streams", help="how true the stamps of streams are, and events per core")
    streams.add_argument("--quick", action="store_true", help="one round of short streams, fewer peers")
    streams.add_argument("--json", action="store_true", help="print one JSON object with ratios and error_ms")
    arguments = parser.parse_args()
    try:
        if arguments.command == "arrivals":
            return arrivals_command(quick=arguments.quick, as_json=arguments.json)
        if arguments.command == "truth":
            return truth_command(quick=arguments.quick, as_json=arguments.json, secure=arguments.tls)
        if arguments.command == "streams":
            return streams_command(quick=arguments.quick, as_json=arguments.json)
        return requests_command(quick=arguments.quick, as_json=arguments.json, tls=arguments.tls)
    except PlimsollError as error:
        print(f"bench: {error}", file=sys.stderr)
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
