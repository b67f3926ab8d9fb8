"""The runtime: the one door into the core, and everything that goes on behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import uuid4

from bot.channel import WRITING_AGAIN, Channel, Counterpart, Counting, Receipt, Standing, Wake, counterpart_of
from bot.dialogue.events import Event, Happened, LinkOpened, Pressed, Said
from bot.dialogue.turn import Dialogue
from bot.errors import LinkError
from bot.messages import (
    Address,
    Attachment,
    AttachmentKind,
    Entry,
    Incoming,
    incoming_from_json,
    incoming_to_json,
    outgoing_from_json,
)
from bot.performer import Performers
from bot.runtime.acts import Acts
from bot.runtime.attending import Plan
from bot.runtime.clockwork import Clockwork, OrderChanges
from bot.runtime.hub import Grown, Hub
from bot.runtime.settings import RuntimeSettings
from bot.runtime.step import Stepper
from bot.runtime.typing import Lately
from bot.runtime.worker import Worker
from bot.store import attachments, counterparts, history, takeover, writing
from bot.store.conversations import Source, Ticket
from bot.store.database import Database
from bot.store.signals import signals_of

_KINDS = {"image": AttachmentKind.IMAGE, "audio": AttachmentKind.VOICE, "video": AttachmentKind.VIDEO}


class Links(Protocol):
    """Verifies deep links."""

    def verify(self, token: str) -> str:
        """The customer's id. Raises `LinkError`."""


class Runtime:
    """Implements `bot.channel.Service`. Between `start` and `stop` everything due is done in the background;
    without them, `settle` does it, and from then on what a message leads to is begun with the message."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        performers: Performers,
        channels: Mapping[str, Channel],
        gateway: OrderChanges,
        links: Links,
        settings: RuntimeSettings | None = None,
    ) -> None:
        self._database = database
        self._links = links
        self._channels = channels
        self._settings = settings = settings or RuntimeSettings()
        self._signals = signals_of(database)
        self._hub = Hub(self._signals)
        acts = Acts(database, performers, self.happen, settings)
        self._worker = Worker(database, channels, acts, self._hub, settings)
        self._stepper = Stepper(database, dialogue, performers, settings, self._worker)
        self._clockwork = Clockwork(database, acts, self.happen, dialogue.knows, gateway, settings)
        self._writing = Lately(WRITING_AGAIN)
        self._background: list[asyncio.Task[None]] = []

    async def receive(self, message: Incoming) -> Receipt:
        """See `Service.receive`."""
        address = message.address
        ticket = Ticket(address.conversation, address.channel, Source.CUSTOMER, message.message_id)
        return await self._stepper.take(ticket, incoming_to_json(message), self._event(message))

    async def happen(self, conversation: str, event: Event, id: str) -> Receipt:
        """Take an inner event durably; the same id a second time is a duplicate."""
        ticket = Ticket(conversation, Address.of(conversation).channel, Source.INNER, id)
        came = {"outcome": event.outcome.trigger} if isinstance(event, Happened) else {}
        return await self._stepper.take(ticket, came, event)

    async def history(self, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Entry]:
        """See `Service.history`."""
        rows = await self._database.run(history.read, conversation, after, limit)
        return [_entry(row) for row in rows]

    def tell(self, topic: str) -> None:
        """Wake whoever watches this, in every process."""
        self._hub.tell(topic)

    def watch(self, *topics: str) -> AbstractContextManager[Wake]:
        """See `Service.watch`; wakes for what this process commits or delivers."""
        return self._hub.watch(*topics)

    async def counterpart(self, conversation: str) -> Counterpart:
        """See `Service.counterpart`."""
        return await self._database.run_each(counterparts.read, conversation)

    async def customer_writes(self, address: Address) -> None:
        """See `Service.customer_writes`."""
        conversation = address.conversation
        if self._writing.is_new(conversation) and await self._database.run(writing.customer_writes, conversation):
            self._hub.tell(conversation)

    def follow_all(self) -> Grown:
        """Which conversations' logs grow, by whatever process, as far as it is told in time."""
        return self._hub.follow_all()

    async def keep_attachment(self, address: Address, name: str, media_type: str, data: bytes) -> Attachment:
        """See `Service.keep_attachment`."""
        if not data:
            raise ValueError("the file is empty")
        if len(data) > self._settings.max_attachment:
            raise ValueError(f"the file has more than {self._settings.max_attachment} bytes")
        kind = _KINDS.get(media_type.partition("/")[0], AttachmentKind.FILE)
        file = Attachment(kind, uuid4().hex, name, media_type, len(data))
        await self._database.run(attachments.add, address.conversation, file, data)
        return file

    async def attachment(self, address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        """See `Service.attachment`."""
        return await self._database.run(attachments.find, address.conversation, ref)

    async def standing(self, conversation: str) -> Standing | None:
        """What may still be said to the customer, until when and why, for staff; None where nothing limits it."""
        address = Address.of(conversation)
        channel = self._channels.get(address.channel)
        return await channel.standing(address) if isinstance(channel, Counting) else None

    async def settle(self) -> None:
        """Do everything that is due now: lanes, timers, order changes; return when nothing is."""
        busy = True
        while busy:
            while any(await asyncio.gather(self._worker.drain_due(), self._clockwork.run_timers())):
                pass
            busy = await self._clockwork.run_changes()

    async def take_over(self, conversation: str, agent: str) -> bool:
        """Make a conversation the agent's; False when it is somebody else's, or unknown. Asking again does no harm.

        When this returns True, nothing more of the bot's arrives there: a message that was just being sent has
        arrived, or has not and never will. That takes as long as the channel takes for it, and where its sender was
        killed, until its lease runs out.
        """
        if not await self._database.run_each(takeover.take, conversation, agent):
            return False
        self._tell_owner(conversation)
        await self.quiet(conversation)
        return True

    async def attend(self, conversation: str, id: str, plan: Plan, *, by_staff: bool = False) -> Receipt:
        """Take what a member of staff does with a conversation, once for its id; see `Stepper.attend`. `by_staff`: it
        is what they say to the customer, and nothing else."""
        source = Source.STAFF if by_staff else Source.INNER
        return await self._stepper.attend(Ticket(conversation, Address.of(conversation).channel, source, id), plan)

    async def quiet(self, conversation: str) -> None:
        """Return when nothing that the bot said before the fence moved on is on its way to the customer any more."""
        while await self._database.run_each(takeover.is_under_way, conversation):  # noqa: ASYNC110 -- a row has no event
            await asyncio.sleep(self._settings.takeover_look)

    def grew(self, conversation: str, *, due: bool) -> None:
        """Something was kept past this door: wake those who watch the conversation, and, `due`, who does its lane."""
        self._worker.grew(conversation, due=due, staffed=True)

    async def give_back(self, conversation: str, agent: str) -> bool:
        """Make it the bot's again; False when it is not the agent's."""
        given = await self._database.run_each(takeover.give_back, conversation, agent)
        self._tell_owner(conversation)
        return given

    def _tell_owner(self, conversation: str) -> None:
        self._hub.tell(conversation)
        self._hub.tell(counterpart_of(conversation))

    def start(self, work: bool = True) -> None:
        """Go on in the background of the running event loop until `stop`. Without `work`, messages are taken and
        followed here, but others have to do what they lead to."""
        going: list[Coroutine[Any, Any, None]] = [self._signals.run(self._heard)]
        if work:
            going += [self._worker.run(), self._clockwork.run()]
        self._background += map(asyncio.create_task, going)

    async def stop(self) -> None:
        """Stop promptly. What is cut off is done after the next start, by whoever comes first."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._background.clear()
        await self._worker.finish(self._settings.shutdown)

    def _heard(self, conversations: Iterable[str] | None, due: bool) -> None:
        self._hub.hear(conversations)
        if due:
            self._worker.wake()

    def _event(self, message: Incoming) -> Event:
        if message.link is not None:
            return LinkOpened(self._verified(message.link), message.language)
        if message.pressed is not None:
            return Pressed(message.pressed)
        return Said(message.text, message.attachments, message.language, message.seen, message.ready_made)

    def _verified(self, link: str) -> str | None:
        try:
            return self._links.verify(link)
        except LinkError:
            return None


def _entry(row: history.Row) -> Entry:
    if row.message_id is None:
        out = outgoing_from_json(row.payload)
        return Entry(row.seq, row.at, out.sender, out.text, out.choices, out.attachments)
    message = incoming_from_json(row.payload)
    return Entry(
        row.seq,
        row.at,
        "customer",
        row.label or message.text,
        attachments=message.attachments,
        message_id=row.message_id,
        pressed=message.pressed is not None,
    )
