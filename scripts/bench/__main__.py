"""`python -m scripts.bench requests`: benchmarks of the suite beside other load generators."""

import argparse
import sys

from analysis.errors import PlimsollError
from scripts.bench.requests_per_core import requests_command


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    requests = commands.add_parser("requests", help="requests per second of one core, all recorded")
    requests.add_argument("--quick", action="store_true", help="three short rounds, without HttpUser")
    requests.add_argument("--json", action="store_true", help="print one JSON object with the key ratios")
    arguments = parser.parse_args()
    try:
        return requests_command(quick=arguments.quick, as_json=arguments.json)
    except PlimsollError as error:
        print(f"bench: {error}", file=sys.stderr)
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
