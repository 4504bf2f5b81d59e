"""Makes the choice of a run with each mistake, in a process of its own because importing Locust patches it.

`python -m tests.locustfiles.choice_process FOLDER` prints, by mistake, the exit code and what was said.
"""

from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

import json
import os
import sys
from pathlib import Path

from analysis.errors import PlimsollError
from locustfiles.load.arguments import add_arguments, settings_from
from locustfiles.load.choice import choose
from locustfiles.load.users import EndpointUser
from tests.mistakes import MISTAKES, put_files

WORDS = ("--target", "target.toml", "--load-profile", "profile.toml", "--run-directory", "runs")


class Asking(EndpointUser):
    abstract = True
    endpoint = "query"


def parser() -> LocustArgumentParser:
    """Ours, and of Locust's own arguments those that a choice looks at."""
    made = LocustArgumentParser()
    add_arguments(made)
    made.add_argument("--host")
    made.add_argument("--tags", nargs="*")
    return made


def refusal(name: str, folder: Path) -> tuple[int, str]:
    mistake = MISTAKES[name]
    folder.mkdir()
    put_files(folder, mistake)
    os.chdir(folder)
    options = parser().parse_args([*WORDS, *mistake.words])
    try:
        choose(Environment(), settings_from(options), {}).user_classes([Asking], options)
    except PlimsollError as error:
        return error.exit_code, str(error)
    return 0, "nothing was refused"


def main() -> None:
    root = Path(sys.argv[1])
    print(json.dumps({name: refusal(name, root / str(number)) for number, name in enumerate(MISTAKES)}))


if __name__ == "__main__":
    main()
