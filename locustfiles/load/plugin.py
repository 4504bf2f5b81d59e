"""Ties the suite to Locust: a locustfile calls `install()`, listeners do the rest."""

from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

import logging
import signal
import sys
from functools import partial
from typing import Any

import gevent

from analysis.errors import PlimsollError
from analysis.exit_code import ExitCode
from locustfiles.load.arguments import add_arguments
from locustfiles.load.definitions import ask_websockets_alone
from locustfiles.load.descriptor_limit import raise_descriptor_limit
from locustfiles.load.exit_guard import check_web_port, guard_exit
from locustfiles.load.interrupt import interrupt_in_order
from locustfiles.load.master_side import MasterSide
from locustfiles.load.messages import DRAIN, STEP
from locustfiles.load.quiet_heap import QuietHeap
from locustfiles.load.worker_side import WorkerSide

logger = logging.getLogger(__name__)

SLOT = "plimsoll_master_side"


def install(*, websockets_alone: bool = False) -> None:
    """Register the suite's listeners. Call it at the top of a locustfile; of several the first one counts.

    `websockets_alone` leaves the target's other endpoints out of every run.
    """
    if add_arguments in events.init_command_line_parser._handlers:
        return
    guard_exit()
    events.init_command_line_parser.add_listener(add_arguments)
    # Registered before Locust's own: `quitting` fires in reverse, so this one runs when the load has ended.
    events.quitting.add_listener(_on_quitting)
    events.init.add_listener(partial(_on_init, websockets_alone))


def _on_init(websockets_alone: bool, environment: Environment, runner: Any, web_ui: Any, **_: Any) -> None:
    if websockets_alone:
        ask_websockets_alone(environment)
    try:
        if web_ui is not None:
            check_web_port(web_ui.host, web_ui.port)
        master = None if isinstance(runner, WorkerRunner) else MasterSide(environment, web_ui)
        deliver = None if master is None else master.take_local_report
        worker = None if isinstance(runner, MasterRunner) else WorkerSide(environment, deliver)
    except PlimsollError as error:
        print(f"plimsoll: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        # Locust would end with 1, which means a regression.
        logger.exception("The suite could not start")
        print(f"plimsoll: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(ExitCode.INVALID)
    listeners = environment.events
    interrupt_in_order()
    if master is not None:
        vars(environment)[SLOT] = master
        gevent.signal_handler(signal.SIGTERM, master.on_sigterm)
        listeners.test_start.add_listener(master.on_test_start)
        listeners.test_stopping.add_listener(master.on_test_stopping)
        listeners.worker_report.add_listener(master.on_worker_report)
    if worker is not None:
        raise_descriptor_limit()
        heap = QuietHeap()
        listeners.test_start.add_listener(worker.on_test_start)
        listeners.test_start.add_listener(heap.on_test_start)
        listeners.test_stopping.add_listener(worker.on_test_stopping)
        listeners.test_stop.add_listener(worker.on_test_stop)
        listeners.test_stop.add_listener(heap.on_test_stop)
        listeners.request.add_listener(worker.on_request)
        listeners.report_to_master.add_listener(worker.on_report_to_master)
    if master is not None:
        listeners.test_stop.add_listener(master.on_test_stop)
    if worker is not None:
        runner.register_message(STEP, worker.on_step)
    if isinstance(runner, WorkerRunner) and worker is not None:
        runner.register_message(DRAIN, worker.on_drain, concurrent=True)
        listeners.quitting.add_listener(worker.on_quitting)
    # Timers count from the loop's idea of now, which stood still while all this was loaded: without this,
    # --run-time would be shorter by as much.
    gevent.get_hub().loop.update_now()


def _on_quitting(environment: Environment, **_: Any) -> None:
    master: MasterSide | None = vars(environment).get(SLOT)
    if master is not None:
        environment.process_exit_code = master.exit_code_at_quit()
