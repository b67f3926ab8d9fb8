"""Telegram as a channel of the runtime: one `Outgoing` becomes one call of the Bot API, or a few."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import structlog
from telegram.error import TelegramError, TimedOut

from adapters.telegram.aside import Aside
from adapters.telegram.calls import Calls
from adapters.telegram.inbound import NAME, Press
from adapters.telegram.limits import Limits
from adapters.telegram.note import Note
from adapters.telegram.pieces import Habits, Piece, chosen, pieces
from adapters.telegram.refusals import delivery_error
from adapters.telegram.wording import html
from bot.channel import Capabilities, Notes
from bot.errors import Later, StoreUnavailable, Undeliverable
from bot.messages import Address, Attachment, Outgoing

log = structlog.get_logger(__name__)

MOST_COPIES = 2
"""A message whose fate is unknown is sent once more, when Telegram answers again, and then taken for arrived."""
BUDGET = 1.0
"""Seconds after which the rest of a message of many parts is left to the next turn of its lane."""
MOST_RETIRED = 10_000

Files = Callable[[Address, str], Awaitable[tuple[Attachment, bytes] | None]]


class Telegram:
    """See `bot.channel.Channel`. `files` gives the bytes behind an attachment's ref."""

    name = NAME
    capabilities = Capabilities(buttons=True, edits=True, typing=True, max_text=4096)

    def __init__(self, calls: Calls, notes: Notes, files: Files, habits: Habits, limits: Limits) -> None:
        self._calls = calls
        self._notes = notes
        self._files = files
        self._habits = habits
        self._limits = limits
        # Messages whose buttons go by `acknowledge`, and whether it has seen to them.
        self._retired: OrderedDict[tuple[int, int], bool] = OrderedDict()
        self.aside = Aside()

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `Channel.send`. How far a message of several parts has come is kept, so that a part that is known to
        have arrived is not sent again."""
        chat = _chat(address)
        note = Note.of(await self._notes.read(address.conversation))
        before = note.lasting()
        done = note.begin(seq)
        parts = pieces(message, self._habits, contact_is_up=note.contact)
        begun = time.monotonic()
        try:
            for part in parts[done:]:
                await self._limits.admit(chat)
                await self._make(address, chat, part, note, message)
                if note.done < len(parts):
                    await self._notes.write(address.conversation, note.to_json())
                    if time.monotonic() - begun > BUDGET:
                        raise Later("the rest of a long message follows", after=0.0)
        except TelegramError as error:
            raise delivery_error(error) from None
        self._end(chat, note, message)
        if note.lasting() != before:
            await self._remember(address, note)

    async def _remember(self, address: Address, note: Note) -> None:
        """What is forgotten here only shows: a button stays. The message itself has arrived and must not fail."""
        try:
            await self._notes.write(address.conversation, note.to_json())
        except StoreUnavailable:
            log.warning("telegram_note_lost", conversation=address.conversation)

    async def typing(self, address: Address) -> None:
        """Show that something is being done, for about five seconds or until the next message."""
        self.aside.do(self._calls.type(_chat(address)))

    def expect(self, press: Press) -> None:
        """The pressed buttons go by `acknowledge`; nobody else has to take them away."""
        if press.message is not None:
            self._retired.setdefault((press.message.chat.id, press.message.message_id), False)
            if len(self._retired) > MOST_RETIRED:
                self._retired.popitem(last=False)

    async def acknowledge(self, press: Press) -> None:
        """Stop the button's clock, and show in its place what was chosen."""
        await self._answer(press)
        message = press.message
        if message is None or message.reply_markup is None:
            return
        place = (message.chat.id, message.message_id)
        if self._retired.get(place):  # pressed twice
            return
        self._retired[place] = True
        text = chosen(message, press.label)
        if text is None:
            await self._calls.take_buttons(message.chat.id, message.message_id)
        else:
            await self._calls.edit_text(message.chat.id, message.message_id, text)

    async def _answer(self, press: Press) -> None:
        try:
            await self._calls.answer_press(press.query_id)
        except TelegramError as error:  # after 15 seconds the clock has stopped by itself
            log.debug("telegram_press_not_answered", error=type(error).__name__)

    async def _make(self, address: Address, chat: int, part: Piece, note: Note, message: Outgoing) -> None:
        """Make one call, and note what must be known of it later."""
        if note.doubts:  # a copy only goes to a server that answers: this call may be made any number of times
            await self._calls.look(chat)
        try:
            sent = await self._call(address, chat, part)
        except TimedOut:
            note.doubts += 1
            log.warning("telegram_may_have_arrived", conversation=address.conversation, times=note.doubts)
            if note.doubts < MOST_COPIES:
                await self._notes.write(address.conversation, note.to_json())
                raise Later("Telegram did not answer; the message may have arrived") from None
            sent = None
        note.made()
        if part.asks_contact:
            note.contact = True
        elif part.takes_contact_away:
            note.contact = False
        if part.has_buttons:
            self._retire(chat, note)
            note.keyboard, note.keyboard_seq = sent, note.seq
        if part.text and note.done == 1:
            self._show_card(chat, note, message, part, sent)

    async def _call(self, address: Address, chat: int, part: Piece) -> int:
        if part.file is None:
            return await self._calls.send_text(chat, html(part.text), part.markup)
        found = await self._files(address, part.file.ref)
        if found is None:
            raise Undeliverable("the file is not kept any more")
        return await self._calls.send_file(chat, *found, part.markup)

    def _end(self, chat: int, note: Note, message: Outgoing) -> None:
        """Buttons of an earlier turn are over once something else is said; in the same turn they belong to it."""
        if not message.choices and note.seq > note.keyboard_seq + 1:
            self._retire(chat, note)
            note.keyboard = None

    def _retire(self, chat: int, note: Note) -> None:
        """Take the buttons away. A press that is under way all the same is explained by the dialogue."""
        if note.keyboard is not None and (chat, note.keyboard) not in self._retired:
            self.aside.do(self._calls.take_buttons(chat, note.keyboard))

    def _show_card(self, chat: int, note: Note, message: Outgoing, part: Piece, sent: int | None) -> None:
        """The first message about a thing is its card: later ones also bring the card up to date, in its place."""
        name = self._habits.card(message)
        if name is None:
            return
        if (card := note.cards.get(name)) is not None:
            self.aside.do(self._calls.edit_text(chat, card, html(part.text)))
        elif sent is not None:
            note.put_card(name, sent)


def _chat(address: Address) -> int:
    try:
        return int(address.chat)
    except ValueError:
        raise Undeliverable("this is no chat of Telegram") from None
