"""What the desk is handed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from bot.desk.orders import OrderDesk
from bot.desk.people import People, Phones
from bot.desk.reports import Health, Lookup, Reports, Trail
from bot.desk.talk import Talks
from bot.desk.tickets import TicketDesk
from bot.desk.work import Work


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a part is None, its pages and its entry in the navigation are not there either.

    `company`: the name by language; `origins`: the desk's public origins, where a proxy changes the Host header;
    `teams`: those whom conversations are given to; `password_length`: how many characters a password must have;
    `max_file`: bytes; `hotline`: as agents name it; `heartbeat`: seconds of silence after which a live line shows that
    it still stands; `clock`: by which pages count.
    """

    people: People
    company: Mapping[str, str]
    origins: Collection[str] = ()
    teams: Collection[str] = ()
    password_length: int = 10
    max_file: int = 5 * 1024 * 1024
    hotline: str = ""
    heartbeat: float = 10.0
    clock: Callable[[], float] = time.time
    demo: bool = False
    work: Work | None = None
    talks: Talks | None = None
    orders: OrderDesk | None = None
    tickets: TicketDesk | None = None
    lookup: Lookup | None = None
    reports: Reports | None = None
    health: Health | None = None
    trail: Trail | None = None
    phones: Phones | None = None
