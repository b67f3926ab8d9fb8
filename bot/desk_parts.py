"""What the desk is handed: the parts behind its protocols, joined."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.desk import Desk
from bot.config import Settings
from bot.desk.orders import OrderDesk as Orders
from bot.desk.people import Agent, People, Phones, Role
from bot.desk.reports import Health, Lookup, Reports, Trail
from bot.desk.talk import Talks
from bot.desk.tickets import TicketDesk
from bot.desk.work import Work
from bot.dialogue.engine import Engine
from bot.errors import NotTaken
from bot.orders.gateway import Gateway
from bot.runtime.service import Runtime
from bot.runtime.typing import Show
from bot.store.database import Database
from bot.store.ownership import Patience
from bot.store.sessions import Lifetime
from bot.support.brief import Briefs
from bot.support.cards import Cards
from bot.support.health import HealthDesk, Watched
from bot.support.lookup import StoredLookup
from bot.support.names import Names
from bot.support.office import Office
from bot.support.order_desk import OrderDesk
from bot.support.ownership import Ownership
from bot.support.passwords import Passwords
from bot.support.people import Rules, Staff
from bot.support.phones import StaffPhones
from bot.support.reports import StoredReports
from bot.support.talks import Conversations
from bot.support.ticket_desk import TicketOffice
from bot.support.trail import AuditTrail
from bot.support.ways import shape_of
from bot.support.words import Words
from bot.support.work import Workplace

OPERATOR = Agent("operator", "operator", Role.ADMIN, "en")
"""In whose name the product itself does what only admins may."""

DEMO_STAFF = (
    Agent("xiaozhou", "小周", Role.AGENT, "zh"),
    Agent("zhoumin", "周敏", Role.ADMIN, "zh"),
)


@dataclass(frozen=True, slots=True)
class Workbench:
    """What staff work with."""

    people: People
    trail: Trail
    work: Work
    talks: Talks
    orders: Orders
    ownership: Ownership
    tickets: TicketDesk
    health: Health
    lookup: Lookup
    reports: Reports
    phones: Phones | None = None


def workbench(
    settings: Settings,
    database: Database,
    runtime: Runtime,
    engine: Engine,
    gateway: Gateway,
    typing: Mapping[str, Show],
    channels: Sequence[str],
    staff_link: Callable[[str], Awaitable[str]] | None = None,
) -> Workbench:
    """Join them. `typing`: how a channel shows the customer that somebody writes, by the channel's name; `channels`:
    the names of all there are; `staff_link`: where members of staff link their Telegram accounts, None where they have
    no group there."""
    watched = Watched(channels, posts=bool(settings.smtp.host), demo=settings.demo)
    support = settings.support
    office = Office(settings.company.hotline_hours, support.claim_within)
    # Who answers from the phone has no page that shows signs of life.
    by_phone = support.idle_for if staff_link else 0.0
    patience = Patience(support.answer_within, support.away_for, support.idle_for, by_phone)
    words, names = Words(engine.book, engine.texts), Names(gateway)
    talks = Conversations(database, runtime, typing)
    cards = Cards(words, settings.orders.policy())
    briefs = Briefs(database, cards, names, gateway, settings.orders.timeout)
    return Workbench(
        people(settings, database, runtime.tell),
        AuditTrail(database),
        Workplace(database, runtime, briefs, names, office, support.teams.keys()),
        talks,
        OrderDesk(database, runtime, gateway, cards, settings.orders.timeout),
        Ownership(database, runtime, patience, office),
        TicketOffice(database, runtime, support.due_within, names),
        HealthDesk(database, talks, gateway, watched, names),
        StoredLookup(database, names),
        StoredReports(database, map(shape_of, engine.book)),
        StaffPhones(database, staff_link) if staff_link else None,
    )


def people(settings: Settings, database: Database, tell: Callable[[str], None] = lambda _: None) -> Staff:
    """Members of staff. `tell` wakes whoever watches a topic."""
    section = settings.desk
    rules = Rules(
        limits=section.limits(),
        lifetime=Lifetime(section.idle_hours * 3600.0, section.session_days * 86_400.0),
        link=section.link_hours * 3600.0,
        teams=frozenset(settings.support.teams),
        ask_password=not settings.demo,
    )
    secret = settings.secret.get_secret_value()
    return Staff(database, secret, Passwords(shortest=section.password_length), rules, tell)


def pages(settings: Settings, bench: Workbench, clock: Callable[[], float]) -> Desk:
    """What the desk's pages are handed. `clock`: by which they count."""
    return Desk(
        bench.people,
        settings.company.name.model_dump(),
        origins=settings.web.origins,
        teams=tuple(settings.support.teams),
        password_length=settings.desk.password_length,
        max_file=settings.attachments.max_bytes,
        hotline=settings.company.hotline,
        clock=clock,
        demo=settings.demo,
        work=bench.work,
        talks=bench.talks,
        orders=bench.orders,
        trail=bench.trail,
        phones=bench.phones,
        lookup=bench.lookup,
        reports=bench.reports,
        tickets=bench.tickets,
        health=bench.health,
    )


async def demo_links(staff: People) -> Sequence[tuple[Agent, str]]:
    """The demo's members of staff, each with the token of a fresh one-time link; earlier ones no longer work."""
    return [(who, await _demo_link(staff, who)) for who in DEMO_STAFF]


async def _demo_link(staff: People, who: Agent) -> str:
    try:
        return await staff.add(OPERATOR, who)
    except NotTaken:  # they are there since an earlier start
        return await staff.new_link(OPERATOR, who.id)
