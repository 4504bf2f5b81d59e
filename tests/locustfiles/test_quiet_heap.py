"""During a run the garbage collector leaves alone what was there before."""

import gc

from locustfiles.load.quiet_heap import QuietHeap


def test_a_run_freezes_the_heap_and_gives_it_back() -> None:
    """Twice, and its end twice, as the web UI may."""
    before, frozen_before = gc.get_threshold(), gc.get_freeze_count()
    heap = QuietHeap()
    try:
        for _ in range(2):
            heap.on_test_start()
            assert gc.get_freeze_count() > frozen_before
            assert gc.get_threshold()[:2] == before[:2]
            assert gc.get_threshold()[2] > before[2]
    finally:
        for _ in range(2):
            heap.on_test_stop()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before
