"""A sender gives up, a person takes over, and only then the channel reads what was sent: what both sides write down."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.messages import Address, Incoming, Outgoing
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from tests.runtime.parts import Feed, OneLink
from tests.storm.audit import Breach, Breaking, audit, read_late
from tests.storm.books import Books, Claim
from tests.storm.dialogue import Counting
from tests.storm.far_ends import CHANNEL, HttpChannel
from tests.storm.fleet import hear_out
from tests.storm.services import ChannelServer
from tests.storm.weather import Fault

ADDRESS = Address(CHANNEL, "c1")
IMPATIENT = RuntimeSettings(send=0.2, act=0.2, lease=1.0, first_pause=60.0)


class Meeting:
    """One chat, one bot, and a channel whose connections are made by the kernel and lie there unread until `read`."""

    def __init__(self, database: Database, session: aiohttp.ClientSession, notes: Path) -> None:
        self.books = Books()
        self._server = ChannelServer(self.books, lambda _: Fault.NONE, self._note)
        self._came = asyncio.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._notes = notes
        self.channel = HttpChannel(session, f"http://127.0.0.1:{self._door.getsockname()[1]}", "n1.1", notes)
        channels = {CHANNEL: self.channel}
        self.runtime = Runtime(database, Counting(), {}, channels, Feed(), OneLink(), IMPATIENT)

    async def claim(self) -> None:
        claim = Claim(ADDRESS.chat, time.monotonic())
        assert await self.runtime.take_over(ADDRESS.conversation, "ann")
        self._server.claimed.add(ADDRESS.chat)
        claim.held_at = time.monotonic()
        self.books.claims.append(claim)

    async def read(self) -> web.AppRunner:
        """Serve from now on; returns when the first message was read."""
        runner = web.AppRunner(self._server.app())
        await runner.setup()
        await web.SockSite(runner, self._door).start()
        await self._came.wait()
        return runner

    def breaches(self) -> list[Breach]:
        hear_out(self.books, [self._notes])
        return audit(self.books)

    async def _note(self, sent: dict[str, object]) -> None:
        self._came.set()


@pytest.fixture
async def meeting(database: Database, tmp_path: Path) -> AsyncIterator[Meeting]:
    async with aiohttp.ClientSession() as session:
        yield Meeting(database, session, tmp_path / "heard")


async def test_what_was_given_up_before_a_claim_excuses_nothing_that_is_sent_after_it(meeting: Meeting) -> None:
    await meeting.runtime.receive(Incoming(ADDRESS, "m1", "m1 hello"))
    await meeting.runtime.settle()  # the channel accepts the connection and reads nothing: the sender gives up
    await meeting.claim()
    runner = await meeting.read()
    try:
        assert meeting.breaches() == []
        [late] = meeting.books.sendings
        [claim] = meeting.books.claims
        assert late.left_at is not None
        assert late.left_at < claim.called_at < claim.held_at < late.at
        assert read_late(meeting.books) == 1
        for number, row in enumerate((late.seq, late.seq + 1), 1):  # a bot that knows no fence
            await meeting.channel.send(ADDRESS, Outgoing("too late", key="said"), row)
            [found] = meeting.breaches()
            assert (found.what, found.count) == (Breaking.AFTER_CLAIM, number)
        assert read_late(meeting.books) == 1
    finally:
        await runner.cleanup()
