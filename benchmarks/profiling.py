"""A cProfile of all threads of a process. Waiting shows in it as the time of the loop's `run` and of queues' `get`."""

from __future__ import annotations

import cProfile
import pstats
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LEAST = 0.01
WAITING = ("_queue.SimpleQueue", "select.epoll")


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
    """Print where the time went: by part, then by function."""
    stats = pstats.Stats(str(file))
    shares = sorted(by_part(stats).items(), key=lambda pair: -pair[1])
    print("\n".join(f"  {seconds:7.3f} s  {part}" for part, seconds in shares if seconds > LEAST))
    stats.strip_dirs().sort_stats("tottime").print_stats(most)


def by_part(stats: pstats.Stats) -> dict[str, float]:
    """Seconds by package: of Tepai's the folder's ("bot/store"), else the library's; what is written in C counts for
    whoever called it, but for waiting."""
    parts: defaultdict[str, float] = defaultdict(float)
    for (file, _, name), (_, _, seconds, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if any(sign in name for sign in WAITING):
            parts["waiting"] += seconds
        elif file != "~":
            parts[_part(file)] += seconds
        else:
            for (caller, *_), (*_, spent, _) in callers.items():
                parts[_part(caller)] += spent
    return dict(parts)


def _part(file: str) -> str:
    names = Path(file).parts
    if "site-packages" in names:
        return names[names.index("site-packages") + 1].removesuffix(".py")
    if file.startswith(f"{ROOT}/"):
        return "/".join(Path(file).relative_to(ROOT).parts[:2])
    return "Python itself"
