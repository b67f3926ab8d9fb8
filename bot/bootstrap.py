"""The one place where the parts are chosen and joined."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

import flows
from adapters import desk, webchat
from bot.channel import Channel
from bot.config import Settings
from bot.desk_parts import Workbench, demo_links, pages, workbench
from bot.dialogue.book import load_flows
from bot.dialogue.engine import Engine
from bot.dialogue.examples import load_examples
from bot.dialogue.formats import money
from bot.dialogue.lexicon import load_lexicon
from bot.dialogue.rules import Rules
from bot.dialogue.texts import LANGUAGES, Texts, as_text, load_texts
from bot.identity import codes
from bot.identity.links import Links
from bot.orders import service as orders
from bot.orders.sql import rows
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.seed import PERSONAS, seed
from bot.performer import Performers
from bot.runtime.housekeeping import Housekeeper
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.runtime.typing import shown
from bot.store import migrate
from bot.store import support as support_store
from bot.store.database import Database
from bot.support import performers as support
from bot.support.indexer import Indexer
from bot.support.overdue import Watchman
from bot.support.postman import Postman
from bot.telegram import connect, telegram
from bot.wechat import wechat
from flows.cancel_order.flow import REASONS

if TYPE_CHECKING:
    from adapters.telegram import Adapter
    from adapters.wechat import Adapter as WechatAdapter

FLOWS = Path(flows.__path__[0])

Clock = Callable[[], float]

GARBAGE = 20_000
"""New objects after which the garbage collector looks through them: those of about ten messages."""


@dataclass(frozen=True, slots=True)
class App:
    """The parts, joined. Nothing runs yet, and nothing but the flows has been read.

    `postman` is None where no mail server is set, `telegram` where there is no token,
    `wechat` where there is no account.
    """

    settings: Settings
    database: Database
    gateway: SqlGateway
    links: Links
    engine: Engine
    runtime: Runtime
    postman: Postman | None
    housekeeper: Housekeeper
    indexer: Indexer
    watchman: Watchman
    telegram: Adapter | None
    wechat: WechatAdapter | None
    workbench: Workbench

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """The database at the right revision and, in demo mode, filled; closed at the end. Nothing in the background.

        An embedded database is migrated; any other only in demo mode, because its operator decides when. Raises
        `StoreError` for one that cannot be used.
        """
        try:
            if self.settings.demo or self.database.is_sqlite:
                await migrate.upgrade(self.settings.database.url)
            await migrate.check_revision(self.database)
            if self.settings.demo:
                await self.database.run(seed, await self.database.run(rows.now))
            yield
        finally:
            await self.database.close()

    @asynccontextmanager
    async def running(self, work: bool = True) -> AsyncIterator[None]:
        """Ready, and doing in the background whatever comes due; without `work`, another process has to."""
        async with self.ready():
            self.runtime.start(work)
            also = [
                part.run()
                for part in (self.postman, self.housekeeper, self.indexer, self.watchman, self.workbench.ownership)
                if work and part
            ]
            background = [asyncio.create_task(task) for task in also]
            _keep_for_good()
            adapters = [adapter for adapter in (self.telegram, self.wechat) if adapter]
            for adapter in adapters:
                adapter.start()
            try:
                yield
            finally:
                for adapter in adapters:
                    await adapter.stop()
                await self.runtime.stop()
                for adapter in adapters:
                    await adapter.close()
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    def web(self) -> Starlette:
        """Channels' webhooks, the web chat, the staff desk and, in demo mode, the demo's own pages."""
        # Routes are tried one after another, and most requests are webhooks'.
        routes = [route for adapter in (self.telegram, self.wechat) if adapter for route in adapter.routes()]
        routes += webchat.routes(
            self.runtime,
            secret=self.settings.secret.get_secret_value(),
            verify_link=self.links.verify,
            demo=webchat.Demo(self._personas, self._outbox, desk="/desk") if self.settings.demo else None,
            company=self.settings.company.name.model_dump(),
            embedders=self.settings.web.embedders,
            origins=self.settings.web.origins,
            max_file=self.settings.attachments.max_bytes,
        )
        routes += desk.routes(pages(self.settings, self.workbench, self.database.clock))
        return Starlette(routes=routes)

    async def what_to_open(self, address: str) -> list[str]:
        """Lines for a person at the terminal; `address` is where the server can be reached from there."""
        if not self.settings.demo:
            return [f"Tepai serves on {address}/chat, and the staff desk on {address}/desk"]
        lines = [f"Tepai is ready: open {address} and choose who to be, or go straight in as", ""]
        for persona in PERSONAS:
            link = self.links.make(persona.id)
            lines.append(f"  {persona.name}: {persona.about_zh if persona.language == 'zh' else persona.about_en}")
            lines.append(f"  {address}/chat?lang={persona.language}&link={link}")
        lines += ["", "The staff desk, by links that work once (new ones at each start):", ""]
        for who, token in await demo_links(self.workbench.people):
            lines += [f"  {who.name} ({who.role})", f"  {desk.link(address, token)}"]
        return [*lines, "", "Ctrl+C stops it."]

    async def _personas(self) -> Sequence[webchat.Persona]:
        return [
            webchat.Persona(
                dict.fromkeys(LANGUAGES, persona.name),
                {"zh": persona.about_zh, "en": persona.about_en},
                self.links.make(persona.id),
            )
            for persona in PERSONAS
        ]

    async def _outbox(self) -> Sequence[webchat.Sent]:
        codes_sent, mails = await self.gateway.outbox(), await self.database.run(support_store.mails)
        sent = [webchat.Sent(code.at, "code", code.contact, code.code) for code in codes_sent]
        sent += [webchat.Sent(mail.at, "mail", mail.to, mail.body, mail.subject) for mail in mails]
        return sorted(sent, key=lambda one: one.at, reverse=True)


def assemble(settings: Settings, channels: Sequence[Channel] | None = None, clock: Clock = time.time) -> App:
    """Choose the parts and join them. `channels`: the web chat, and Telegram and WeChat where they are set up, unless
    told otherwise; `clock`: what rules on SQLite.

    Raises `ConfigError` or `FlowError`.
    """
    database = Database(settings.database.url, clock, settings.database.connections)
    gateway = SqlGateway(database, settings.orders.policy())
    links = Links(settings.secret.get_secret_value(), settings.identity.link_hours, clock)
    engine = dialogue(settings)
    postman = support.postman(database, settings)
    adapter = None if channels else telegram(settings, database)
    official = None if channels else wechat(settings, database, clock)
    ours: list[Channel] = [webchat.WebChat(), *(each.channel for each in (adapter, official) if each)]
    shows = {each.channel.name: each.channel.typing for each in (adapter, official) if each}
    # WeChat shows by itself that an answer takes longer than its five seconds.
    busy = {name: show for name, show in shows.items() if official is None or name != official.channel.name}
    runtime = Runtime(
        database,
        engine,
        shown(performers(settings, database, gateway, postman), busy),
        {channel.name: channel for channel in channels or ours},
        gateway,
        links,
        RuntimeSettings(language=settings.language.default, max_attachment=settings.attachments.max_bytes),
    )
    if official:
        official.connect(runtime)
    housekeeper = Housekeeper(database, settings.housekeeping.ages(), settings.housekeeping.every)
    names = [channel.name for channel in channels or ours]
    staff_link = adapter.staff_link if adapter and settings.telegram.staff_group else None
    bench = workbench(settings, database, runtime, engine, gateway, shows, names, staff_link)
    if adapter:
        connect(adapter, settings, database, runtime, bench)
    indexer = Indexer(database, runtime.follow_all(), REASONS)
    own = (postman, housekeeper, indexer, support.watchman(database, engine.texts, settings, postman))
    return App(settings, database, gateway, links, engine, runtime, *own, adapter, official, bench)


def dialogue(settings: Settings) -> Engine:
    """The engine with every flow there is. Raises `FlowError`."""
    constants = {language: _constants(settings, language) for language in LANGUAGES}
    book, texts = load_flows(), load_texts(FLOWS)
    for flow in book:
        for language, more in flow.more_texts().items():
            texts[language].update({key: as_text(text, f"{flow.name}: {key}") for key, text in more.items()})
    understanding = Rules(load_examples(FLOWS), load_lexicon())
    return Engine(book, Texts(texts, constants), understanding, settings.dialogue.patience())


def _keep_for_good() -> None:
    """What is here now, flows and texts above all, stays until the end: the garbage collector need not look through
    it again and again, for a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def _constants(settings: Settings, language: str) -> Mapping[str, Any]:
    """What any text may name without being given it."""
    company, policy = settings.company, settings.orders
    return {
        "company": getattr(company.name, language),
        "hotline": company.hotline,
        "hours": company.hotline_hours.told(language),
        "email": company.email,
        "weibo": company.weibo,
        "wechat": company.wechat,
        "free_seconds": f"{policy.free_window:g}",
        "fee_minutes": f"{policy.fee_window / 60:g}",
        "cancel_fee": money(policy.cancel_fee, language, 0),
        "refund_days": policy.refund_days,
    }


def performers(settings: Settings, database: Database, gateway: SqlGateway, postman: Postman | None) -> Performers:
    """Who does what flows wish for. `postman`: who sends the mails, if a mail server is set."""
    secret = settings.secret.get_secret_value()
    return {
        **orders.performers(gateway, settings.orders.policy(), settings.orders.timeout),
        **codes.performers(database, gateway, secret, settings.identity.limits()),
        **support.performers(database, settings.company, postman.wake if postman else None, settings.support),
    }
