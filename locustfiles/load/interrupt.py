"""Ctrl-C ends the main greenlet and nothing else."""

import signal

import gevent


def interrupt_in_order() -> None:
    """Python raises KeyboardInterrupt in whatever is running: a request under way would have no outcome.

    Whoever ignores the signal, or has a handler of its own, keeps it so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        gevent.signal_handler(signal.SIGINT, _interrupt_main)


def _interrupt_main() -> None:
    gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())
