"""What Telegram's refusals and silences lead to: each message once as far as can be known, and in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from adapters.telegram.calls import Calls
from adapters.telegram.channel import MOST_COPIES, Telegram
from adapters.telegram.limits import Limits
from adapters.telegram.pieces import Habits
from bot.errors import Later, StoreUnavailable, Undeliverable, Unreachable
from bot.messages import Address, Attachment, AttachmentKind, Choice, Outgoing
from bot.store import attachments
from bot.store.database import Database
from bot.store.tables import conversation, dead
from tests.telegram.conftest import CHAT, Send
from tests.telegram.customer import Customer
from tests.telegram.server import TOO_MANY, BotApi, Cut, Refuse, Silent
from tests.telegram.tepai import Tepai

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
YES_NO = (Choice("1.0", "Yes"), Choice("1.1", "No"))

# --- refusals -------------------------------------------------------------------------------------------------------


async def test_a_pause_is_for_that_chat_alone(send: Send, api: BotApi) -> None:
    api.fail("sendMessage", Refuse(429, "Too Many Requests: retry after 37", retry_after=37))
    with pytest.raises(Later) as caught:
        await send("hello")
    assert (caught.value.after, caught.value.channel_wide) == (37, False)


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse(403, "Forbidden: bot was blocked by the user"),
        Refuse(403, "Forbidden: user is deactivated"),
        Refuse(400, "Bad Request: chat not found"),
    ],
)
async def test_who_is_gone_is_gone(send: Send, api: BotApi, refusal: Refuse) -> None:
    api.fail("sendMessage", refusal)
    with pytest.raises(Unreachable):
        await send("hello")


async def test_a_refused_message_is_final_and_its_reason_quotes_nobody(send: Send, api: BotApi) -> None:
    api.fail("sendMessage", Refuse(400, 'Bad Request: can\'t parse entities: unsupported tag "Mei"'))
    with pytest.raises(Undeliverable) as caught:
        await send("hello")
    assert "Mei" not in str(caught.value)


async def test_a_wrong_token_stops_the_channel_and_loses_nothing(send: Send, api: BotApi) -> None:
    api.fail("sendMessage", Refuse(401, "Unauthorized"))
    with pytest.raises(Later) as caught:
        await send("hello")
    assert caught.value.channel_wide


@pytest.mark.parametrize("fault", [Refuse(500, "Internal Server Error"), Refuse(502, "Bad Gateway")])
async def test_a_server_in_trouble_is_tried_again(send: Send, api: BotApi, mei: Customer, fault: Refuse) -> None:
    api.fail("sendMessage", fault)
    with pytest.raises(Later):
        await send("hello")
    await send("hello")
    assert mei.chat.texts() == ["hello"]


@pytest.mark.parametrize("taken", [True, False])
async def test_what_may_have_arrived_is_sent_once_more_and_never_thrice(
    send: Send, api: BotApi, mei: Customer, taken: bool
) -> None:
    api.fail("sendMessage", *[Cut(taken=taken)] * MOST_COPIES)
    with capture_logs() as logs:
        with pytest.raises(Later):
            await send("hello")
        await send("hello")
        await send("next", 4)
    assert mei.chat.texts() == ["hello"] * (MOST_COPIES if taken else 0) + ["next"]
    assert [log["times"] for log in logs if log["event"] == "telegram_may_have_arrived"] == [1, 2]


async def test_no_copies_go_to_a_server_that_answers_nothing(send: Send, api: BotApi, mei: Customer) -> None:
    api.fail("sendMessage", Cut(taken=True))
    api.fail("sendChatAction", *[Cut(taken=False)] * 5)
    for _ in range(6):
        with pytest.raises(Later):
            await send("hello")
    assert mei.chat.texts() == ["hello"]
    await send("hello")
    assert mei.chat.texts() == ["hello", "hello"]


async def test_a_silent_server_is_told_from_a_dead_one(
    send: Send, api: BotApi, mei: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Calls._do, "__defaults__", (0.05,))
    api.fail("sendMessage", Silent(taken=True))
    with pytest.raises(Later, match="may have arrived"):
        await send("hello")
    await api.stop()
    with pytest.raises(Later, match="NotSent"):
        await send("hello")
    await api.start()


async def test_a_part_that_arrived_is_not_sent_again(send: Send, api: BotApi, mei: Customer) -> None:
    words = "这是一句话，说了又说。" * 900
    long = Outgoing(words, YES_NO)
    api.fail("sendMessage", Refuse(429, "Too Many Requests: retry after 1", retry_after=1))
    with pytest.raises(Later):
        await send(long)
    for _ in range(2):
        api.fail("sendMessage", Refuse(502, "Bad Gateway"))
    sent = 0
    while len("".join(mei.chat.texts())) < len(words):
        sent += 1
        try:
            await send(long)
        except Later:
            assert sent < 10
    assert "".join(mei.chat.texts()) == words


async def test_a_part_that_arrived_is_not_sent_again_by_another_process(
    send: Send, api: BotApi, file: Database, mei: Customer
) -> None:
    words = "这是一句话，说了又说。" * 900
    before = api.books.done
    while not before("sendMessage"):
        api.fail("sendPhoto", TOO_MANY)
        picture = Attachment(AttachmentKind.IMAGE, "p", "p.png", "image/png", len(PNG))
        await file.run(attachments.add, CHAT.conversation, picture, PNG)
        with pytest.raises(Later):
            await send(Outgoing(words, YES_NO, (picture,)))
    other = Tepai(api, file)
    await other.adapter.channel.send(CHAT, Outgoing(words, YES_NO, (picture,)), 2)
    await other.close()
    assert "".join(mei.chat.texts()) == words
    assert [message.file is not None for message in mei.chat.by_bot()].count(True) == 1


async def test_a_chat_that_talks_too_fast_waits_alone(api: BotApi, file: Database) -> None:
    tepai = Tepai(api, file, webhook=False, chat_burst=2)
    for id in (7, 8):
        api.chat(id)
    channel = tepai.adapter.channel
    for seq in (2, 3):
        await channel.send(CHAT, Outgoing("hello"), seq)
    with pytest.raises(Later) as caught:
        await channel.send(CHAT, Outgoing("hello"), 4)
    assert not caught.value.channel_wide
    await channel.send(Address("telegram", "8"), Outgoing("hello"), 2)
    await tepai.close()


# --- with the runtime -----------------------------------------------------------------------------------------------


async def test_after_a_pause_the_order_is_kept(hooked: Tepai, mei: Customer, clock) -> None:
    other = Customer(hooked.api, hooked.api.chat(8))
    hooked.api.fail("sendMessage", TOO_MANY, chat=7)
    mei.says("burst")
    other.says("hello")
    await hooked.settle()
    assert (mei.chat.texts(), other.chat.texts()) == ([], ["1: hello"])
    clock.forward(2)
    await hooked.settle()
    assert mei.chat.texts() == [f"1: burst {n}" for n in range(5)]


async def rows(database: Database, column):
    return await database.run(lambda connection: list(connection.execute(select(column)).scalars()))


async def test_who_blocked_the_bot_gets_nothing_more_and_can_come_back(hooked: Tepai, mei: Customer) -> None:
    mei.says("hello")
    await hooked.settle()
    mei.says("burst")
    mei.blocks()
    await hooked.settle()
    assert mei.chat.texts() == ["1: hello"]
    assert len(await rows(hooked.database, dead.c.why)) == 5
    assert await rows(hooked.database, conversation.c.unreachable) == [True]
    calls = len(hooked.api.books.calls)
    await hooked.runtime.settle()
    assert len(hooked.api.books.calls) == calls
    mei.unblocks()
    await hooked.settle()
    assert await rows(hooked.database, conversation.c.unreachable) == [False]
    mei.says("back again")
    await hooked.settle()
    assert mei.chat.texts() == ["1: hello", "3: back again"]


async def test_a_refused_message_is_buried_and_the_next_one_arrives(hooked: Tepai, mei: Customer) -> None:
    hooked.api.fail("sendMessage", Refuse(400, "Bad Request: message is too odd"))
    mei.says("burst")
    await hooked.settle()
    assert mei.chat.texts() == [f"1: burst {n}" for n in range(1, 5)]
    (why,) = await rows(hooked.database, dead.c.why)
    assert "essage is too odd" in why


async def test_a_pressed_button_of_an_old_question_is_explained_by_the_dialogue(hooked: Tepai, mei: Customer) -> None:
    mei.says("ask")
    await hooked.settle()
    mei.says("ask")
    await hooked.settle()
    first = mei.chat.by_bot()[0]
    query = mei.presses("1.0", first)
    await hooked.settle()
    assert mei.chat.texts()[-1] == "3: pressed 1.0"
    assert first.text == "Which?"
    assert query in hooked.api.books.answered


async def test_a_tick_that_comes_too_late_hurts_nobody(hooked: Tepai, mei: Customer) -> None:
    mei.says("ask")
    await hooked.settle()
    query = mei.presses("1.0")
    hooked.api.books.answered.add(query)
    await hooked.settle()
    assert mei.chat.texts() == ["Which?\n\n› Yes, please", "2: pressed 1.0"]


async def test_the_librarys_own_log_holds_neither_words_nor_token(
    hooked: Tepai, mei: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hooked.api.fail("sendMessage", Refuse(502, "Bad Gateway"), Cut(taken=False))
    mei.says("my secret is 4711")
    await hooked.settle()
    assert "4711" not in caplog.text
    assert hooked.api.token not in caplog.text


class FullNotes:
    """A store that can be read, and is full."""

    async def read(self, conversation: str) -> dict[str, Any]:
        return {}

    async def write(self, conversation: str, note: Mapping[str, Any]) -> None:
        raise StoreUnavailable("the database is full")


async def test_a_message_that_arrived_does_not_fail_for_its_note(hooked: Tepai, mei: Customer) -> None:
    calls, files = Calls(hooked.adapter.bot), hooked.adapter._store.files
    channel = Telegram(calls, FullNotes(), files, Habits(), Limits(100))
    await channel.send(CHAT, Outgoing("which?", YES_NO), 2)
    assert mei.chat.texts() == ["which?"]
    with pytest.raises(StoreUnavailable):  # while of a longer one the rest is still to come
        await channel.send(CHAT, Outgoing("这是一句话，说了又说。" * 900), 4)
