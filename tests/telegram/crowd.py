"""Many customers at once, every update twice, two processes: is each answered once, and in order?"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import func, select

from bot.store.database import Database
from bot.store.tables import outbox
from tests.telegram.customer import Customer
from tests.telegram.process import process
from tests.telegram.server import BotApi
from tests.telegram.tepai import SECRET

PATIENCE = 120


async def faults(api: BotApi, database_url: str, chats: int, updates: int) -> list[str]:
    """What went wrong, in words; an empty list when every update was answered once and in its order."""
    async with AsyncExitStack() as stack:
        hooks = [await stack.enter_async_context(process(api, database_url)) for _ in range(2)]
        api.books.webhook = {"url": hooks[0], "secret_token": SECRET}
        api.updates.turns = hooks
        api.updates.twice = True
        customers = [Customer(api, api.chat(number)) for number in range(1, chats + 1)]
        for place in range(updates // chats):
            for customer in customers:
                customer.says(f"line {place}")
        async with asyncio.timeout(PATIENCE):
            await api.updates.delivered()
            while sum(len(customer.chat.by_bot()) for customer in customers) < updates:
                await api.updates.looked()
        found = [fault for customer in customers for fault in _faults(customer, updates // chats)]
        return [*found, *await _not_sent_yet(database_url, updates)]


async def _not_sent_yet(database_url: str, updates: int) -> list[str]:
    """Answers that were made and may still arrive: there is one for each update, and it has arrived."""
    database = Database(database_url)
    made = await database.run(lambda connection: connection.scalar(select(func.count()).select_from(outbox)))
    await database.close()
    return [] if made == updates else [f"{made} answers were made"]


def _faults(customer: Customer, lines: int) -> list[str]:
    heard = customer.chat.texts()
    wanted = [f"{place + 1}: line {place}" for place in range(lines)]
    return [] if heard == wanted else [f"chat {customer.chat.id}: {heard}"]
