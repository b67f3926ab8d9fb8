"""Telegram as the settings want it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.desk.people import Agent, Role
from bot.messages import Outgoing
from bot.store import attachments
from bot.store.albums import StoredAlbums
from bot.store.database import Database
from bot.store.notes import Reachability, StoredNotes, StoredTurns
from bot.store.topics import StoredTopics

if TYPE_CHECKING:
    from adapters.telegram import Adapter
    from bot.desk_parts import Workbench
    from bot.runtime.service import Runtime

ASKS_CONTACT = frozenset({"identify.ask_contact", "identify.ask_contact_for", "identify.contact_unreadable"})
"""The texts that ask for a phone number which Telegram can share at a touch."""
CARDS = ("track_order.state.", "track_order.news.", "cancel_order.cancelled")
"""How the keys of texts begin that show an order's state."""


def telegram(settings: Settings, database: Database) -> Adapter | None:
    """The adapter; None without a token. Its library is only loaded where it is used: it costs half a second."""
    token = settings.telegram_token.get_secret_value()
    if not token:
        return None
    from adapters.telegram import Adapter, Habits, Options, Store

    wanted = settings.telegram
    options = Options(
        token,
        url=wanted.url if wanted.mode == "webhook" else None,
        secret=settings.telegram_webhook_secret.get_secret_value(),
        base_url=wanted.base_url,
        per_second=wanted.messages_per_second,
        connections=wanted.connections,
        most_bytes=settings.attachments.max_bytes,
        language=settings.language.default,
        staff_group=wanted.staff_group,
    )
    store = Store(
        StoredNotes(database),
        StoredTurns(database),
        lambda address, ref: database.run(partial(attachments.find, conversation=address.conversation, ref=ref)),
        Reachability(database),
        StoredAlbums(database),
    )
    return Adapter(options, store, Habits(asks_contact, card))


def connect(adapter: Adapter, settings: Settings, database: Database, runtime: Runtime, bench: Workbench) -> None:
    """Hand the adapter the runtime and, where staff have a group, what they work with. It reads the conversations of
    `telegram.staff_teams`; what somebody may do there is what they may do at the desk."""
    from adapters.telegram import Desk

    if bench.phones is None:
        adapter.connect(runtime)
        return
    reader = Agent("telegram", "Telegram", Role.AGENT, settings.language.default, teams=settings.telegram.staff_teams)
    topics, colleagues = StoredTopics(database), bench.people.colleagues
    adapter.connect(runtime, Desk(bench.work, bench.talks, bench.phones, topics, colleagues, reader))


def asks_contact(message: Outgoing) -> bool:
    """Whether the message asks for a phone number to prove who the customer is."""
    return message.key in ASKS_CONTACT


def card(message: Outgoing) -> str | None:
    """The order whose state the message shows."""
    order = message.values.get("order")
    return order if isinstance(order, str) and message.key.startswith(CARDS) else None
