"""Keeping what a member of staff does with a conversation: who has it, what is said, and what else belongs to it.

As in `bot.store.keeping` all of it is kept, or nothing, and only if nobody else has moved the conversation on since it
was loaded: whoever decides by what was loaded has decided rightly.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, update

from bot.store.clock import dbnow
from bot.store.conversations import Loaded, Taken, Ticket
from bot.store.keeping import Kept, log
from bot.store.lanes import Mode
from bot.store.tables import conversation

Also = Callable[[Connection], None]
"""What else to keep in the transaction; what it raises undoes everything."""

_SWAP = (
    update(conversation)
    .where(conversation.c.id == bindparam("key"), conversation.c.version == bindparam("was"))
    .values(
        version=conversation.c.version + 1,
        state=bindparam("new_state"),
        customer=bindparam("new_customer"),
        owner=bindparam("new_owner"),
        owner_epoch=bindparam("new_epoch"),
        updated_at=dbnow(),
    )
)


def attend(
    connection: Connection, ticket: Ticket, loaded: Loaded, taken: Taken, owner: str | None, also: Also
) -> Kept | None:
    """Keep it; None, and nothing kept, when the conversation has moved on since. The fence moves on with the owner, so
    that nothing of the bot's from before passes it, and what is said now belongs to what holds from now on."""
    epoch = loaded.owner_epoch + (owner != loaded.owner)
    values = {"new_state": taken.state, "new_customer": taken.customer, "new_owner": owner, "new_epoch": epoch}
    if not connection.execute(_SWAP, {"key": ticket.conversation, "was": loaded.version, **values}).rowcount:
        return None
    also(connection)
    mode = Mode.DUE if taken.lines else Mode.SILENT
    last, holder = log(connection, ticket, epoch, taken, None, mode)
    return Kept(last - len(taken.lines), None, waits=bool(taken.lines) and holder is None)
