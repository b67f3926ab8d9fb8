"""A process in which an agent does one thing and which is killed, as by `kill -9`, at a chosen moment.

`python -m tests.support.mortal URL NOW WHEN WHAT`: the database has a conversation "phone:a" with an order of Lin's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bot.desk.work import Reply
from bot.runtime import step
from bot.support.order_desk import OrderDesk
from tests.conftest import Clock
from tests.support.floor import MEI, Floor

BEFORE_KEEPING, AFTER_KEEPING, AFTER_ACT = "before keeping", "after keeping", "after the act"


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal(when: str) -> None:
    if when == BEFORE_KEEPING:
        keep: Callable[..., Any] = step.attend

        def keep_and_die(*args: Any) -> None:
            keep(*args)
            _die()  # inside the transaction: nothing of it is committed

        step.attend = keep_and_die  # type: ignore[assignment]
    elif when == AFTER_KEEPING:
        step.Stepper._told = _die  # type: ignore[attr-defined]
    else:
        OrderDesk._keep = _die  # type: ignore[assignment, method-assign]


async def _main(url: str, now: str, when: str, what: str) -> None:
    clock = Clock()
    clock.now = float(now)
    floor = Floor(url, clock)
    bench = floor.app.workbench
    _mortal(when)
    if what == "claim":
        await bench.work.claim(MEI, "phone:a")
    elif what == "reply":
        await bench.work.reply(MEI, "phone:a", Reply("r1", "我来帮您"))
    else:
        await bench.orders.tip(MEI, "phone:a", "t1", what, amount=500, tell=True)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
