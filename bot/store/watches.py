"""Which conversations want to hear when an order moves."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import conversation, watch


def add(connection: Connection, key: str, order: str, customer: str) -> None:
    """Watch an order; watching it twice is watching it once."""
    insert_new(connection, watch, conversation=key, order_number=order, customer=customer, since=dbnow())


def watchers(connection: Connection, order: str, customer: str) -> list[str]:
    """The conversations that watch this order and still belong to its customer."""
    return list(
        connection.scalars(
            select(watch.c.conversation)
            .join(conversation, conversation.c.id == watch.c.conversation)
            .where(watch.c.order_number == order, watch.c.customer == customer, conversation.c.customer == customer)
            .order_by(watch.c.conversation)
        )
    )


def leave(connection: Connection, key: str, order: str) -> None:
    """This conversation has heard the last of the order."""
    connection.execute(delete(watch).where(watch.c.conversation == key, watch.c.order_number == order))


def end(connection: Connection, order: str) -> None:
    """Nothing more will happen to the order."""
    connection.execute(delete(watch).where(watch.c.order_number == order))
