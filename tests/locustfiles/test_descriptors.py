"""File descriptors of this process."""

import resource
from contextlib import ExitStack
from pathlib import Path

from locustfiles.load.descriptors import Descriptors


def test_open_files_are_counted() -> None:
    descriptors = Descriptors()
    before = descriptors.used()
    assert before is not None
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(Path(__file__).open())
        during = descriptors.used()

    assert during is not None
    assert during - before == 50
    assert descriptors.limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_where_the_number_must_be_counted_it_is_kept_for_a_while(tmp_path: Path) -> None:
    """As before Linux 6.2, where the folder says that its size is 0."""
    folder = tmp_path / "fd"
    folder.mkdir()
    for name in range(3):
        (folder / str(name)).touch()
    counted = Descriptors(folder)
    told_ns = folder.stat().st_size
    first = counted._count()
    (folder / "3").touch()

    assert (first, counted._count()) == (3, 3)
    assert counted.used() == (told_ns or 3)
    assert Descriptors(tmp_path / "none").used() is None
