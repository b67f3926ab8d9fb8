"""Takes one safeguard out of a node, to prove that the storm would notice.

Each replaces one public function of the runtime or the store by one that is the same but for the safeguard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from bot.channel import Receipt
from bot.dialogue.events import Event
from bot.runtime import step
from bot.store import draining, keeping, lanes
from bot.store.conversations import Loaded, Taken, Ticket
from bot.store.database import Database
from bot.store.draining import Barred, Done, Item
from bot.store.keeping import Kept
from bot.store.lanes import Claim, Hold
from bot.store.tables import conversation, lane


def switch_off(safeguard: str) -> None:
    """Run this process without the safeguard of this name, one of `SAFEGUARDS`."""
    SAFEGUARDS[safeguard]()


def _no_duplicate_check() -> None:
    """Every event looks new."""
    take = step.Stepper.take

    async def take_as_new(stepper: step.Stepper, ticket: Ticket, payload: Mapping[str, Any], event: Event) -> Receipt:
        return await take(stepper, replace(ticket, id=f"{ticket.id}:{uuid4().hex}"), payload, event)

    step.Stepper.take = take_as_new  # type: ignore[method-assign,assignment]


def _no_compare_and_set() -> None:
    """The version is compared with itself instead of with what the dialogue has seen."""

    async def keep(database: Database, ticket: Ticket, loaded: Loaded, taken: Taken, hold: Hold | None) -> Kept | None:
        asked = select(conversation.c.version).where(conversation.c.id == ticket.conversation)
        kept = None
        while kept is None:  # somebody may write between the two statements
            seen = replace(loaded, version=await database.run(lambda c: c.scalar(asked)))
            kept = await keeping.keep(database, ticket, seen, taken, hold)
        return kept

    step.keep = keep  # type: ignore[attr-defined]


def _no_token_check() -> None:
    """Whoever once held a lane passes for its holder."""
    draining.proceed = _proceeding_as_the_holder(draining.proceed)
    for module, name in ((draining, "put_aside"), (draining, "bury"), (lanes, "later")):
        setattr(module, name, _as_the_holder(getattr(module, name)))


def _proceeding_as_the_holder(proceed: Callable[..., Any]) -> Callable[..., Any]:
    async def call(database: Database, held: Claim, *args: Any) -> Any:
        return await proceed(database, await database.run(_as_held, held), *args)

    return call


def _as_the_holder(fn: Callable[..., Any]) -> Callable[..., Any]:
    def call(connection: Connection, held: Claim, *args: Any, **more: Any) -> Any:
        return fn(connection, _as_held(connection, held), *args, **more)

    return call


def _as_held(connection: Connection, held: Claim) -> Claim:
    holder = connection.scalar(select(lane.c.holder).where(lane.c.conversation == held.conversation))
    return replace(held, token=holder or held.token)


def _no_fence() -> None:
    """What must not be sent any more is handed out all the same."""
    proceed = draining.proceed

    async def proceed_regardless(
        database: Database, held: Claim, lease: float, done: int | None = None
    ) -> Item | Barred | Done | None:
        found = await proceed(database, held, lease, done)
        return found.item if isinstance(found, Barred) and not found.unreachable else found

    draining.proceed = proceed_regardless


SAFEGUARDS: Mapping[str, Callable[[], None]] = {
    "duplicates": _no_duplicate_check,
    "swap": _no_compare_and_set,
    "token": _no_token_check,
    "fence": _no_fence,
}
