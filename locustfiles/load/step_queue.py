"""The steps of a search that a worker's arrivals follow, as the master decides on them."""

from collections.abc import Iterator

from gevent.queue import Queue

from analysis.capacity_step import Step


class StepQueue:
    """One iterator at a time: it waits for the next step, until the queue is closed."""

    def __init__(self, first: Step) -> None:
        self._queue: Queue[Step | None] = Queue()
        self.newest = first
        """The step under way, or the next one; its end may come nearer meanwhile."""
        self._queue.put(first)

    def follow(self, step: Step) -> None:
        """Take a new step, or the end of the newest one that was cut."""
        if step.start_s != self.newest.start_s:
            self._queue.put(step)
        self.newest = step

    def close(self) -> None:
        """No further step will come."""
        self._queue.put(None)

    def __iter__(self) -> Iterator[Step]:
        while (step := self._queue.get()) is not None:
            yield step
