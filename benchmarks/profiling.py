"""A cProfile of all threads of a process. Waiting shows in it as the time of the loop's `run` and of queues' `get`."""

from __future__ import annotations

import cProfile
import pstats
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def into(file: Path | None) -> Iterator[Callable[[], None]]:
    """Profile threads that start in the block, and this one from when it calls what it is given; write the statistics
    there at the end. Without a file, only run the block."""
    if file is None:
        yield lambda: None
        return
    mine, theirs = cProfile.Profile(), list[cProfile.Profile]()

    def begin(*_: Any) -> None:
        theirs.append(cProfile.Profile())
        theirs[-1].enable()

    threading.setprofile(begin)
    try:
        yield mine.enable
    finally:
        threading.setprofile(None)
        mine.disable()
        everything = pstats.Stats(mine)
        for profile in theirs:
            everything.add(profile)
        everything.dump_stats(file)


def told(file: Path, most: int = 60) -> None:
    """Print where the time went."""
    pstats.Stats(str(file)).strip_dirs().sort_stats("tottime").print_stats(most)
