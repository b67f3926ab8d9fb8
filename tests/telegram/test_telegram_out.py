"""What arrives in Telegram: escaped, split, under keyboards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.pieces import keyboard
from adapters.telegram.wording import html, length, split
from bot.errors import Undeliverable
from bot.messages import Attachment, AttachmentKind, Choice, Outgoing
from bot.store import attachments
from bot.store.database import Database
from tests.telegram.conftest import CHAT, Send
from tests.telegram.customer import Customer
from tests.telegram.rules import check_markup, plain
from tests.telegram.server import BotApi
from tests.telegram.tepai import Tepai

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
YES_NO = (Choice("1.0", "Yes"), Choice("1.1", "No"))

# --- texts ----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.integers(5, 60))
def test_pieces_are_short_enough_and_lose_nothing_but_blanks(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(min_size=1, max_size=100).filter(lambda text: text.strip()))
def test_whatever_is_said_is_shown_as_it_is(text: str) -> None:
    assert plain(html(text), "HTML") == text


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("第一句话。第二句话！第三句还没有说完就已经到头了", "第一句话。第二句话！"),
        ("One two. Three four. Five six seven eight nine", "One two. Three four."),
        ("line one\nline two\n\nanother paragraph", "line one\nline two"),
        ("a" * 30, "a" * 20),
        ("😀" * 30, "😀" * 10),
    ],
)
def test_the_cut_is_where_a_reader_would_pause(text: str, first: str) -> None:
    assert split(text, 20)[0] == first


@given(st.lists(st.text(min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=12))
def test_every_keyboard_is_one_that_telegram_shows(labels: list[str]) -> None:
    made = keyboard([Choice(f"3.{place}", label) for place, label in enumerate(labels)])
    check_markup(made)
    assert [button["text"] for row in made["inline_keyboard"] for button in row] == labels


def test_a_token_that_no_button_holds_is_no_message() -> None:
    with pytest.raises(Undeliverable):
        keyboard([Choice("x" * 65, "Yes")])


async def test_a_long_text_arrives_in_pieces_with_the_buttons_under_the_last(send: Send, mei: Customer) -> None:
    words = "这是一句话，说了又说。" * 900
    await send(Outgoing(words, YES_NO))
    *others, last = mei.chat.by_bot()
    assert "".join(mei.chat.texts()) == words
    assert all(not message.buttons for message in others)
    assert [button["callback_data"] for button in last.buttons] == ["1.0", "1.1"]


async def test_staff_are_told_from_the_bot(send: Send, mei: Customer) -> None:
    await send(Outgoing("I am Mei <3", sender="staff"))
    assert mei.chat.texts() == ["👤 I am Mei <3"]


async def test_an_empty_message_is_never_sent(send: Send) -> None:
    with pytest.raises(Undeliverable):
        await send(" \n")


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "media_type", "expected"),
    [(PNG, "image/png", "photo"), (b"GIF89a", "image/gif", "document"), (b"%PDF", "application/pdf", "document")],
)
async def test_files_of_staff_arrive(
    send: Send, mei: Customer, file: Database, data: bytes, media_type: str, expected: str
) -> None:
    kept = Attachment(AttachmentKind.FILE, "f1", "invoice.bin", media_type, len(data))
    await file.run(attachments.add, CHAT.conversation, kept, data)
    await send(Outgoing("your invoice", attachments=(kept,), sender="staff"))
    words, sent = mei.chat.by_bot()
    assert words.text == "👤 your invoice"
    assert sent.file == (expected, "invoice.bin", data)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("账单 😀.pdf", "账单 😀.pdf"), ('a"b\\c.pdf', "c.pdf"), ("a\r\nX-Odd: b.pdf", "a X-Odd: b.pdf")],
)
async def test_a_files_name_is_shown_as_it_is_and_does_no_harm(
    send: Send, mei: Customer, file: Database, name: str, shown: str
) -> None:
    kept = Attachment(AttachmentKind.FILE, "f1", name, "application/pdf", 4)
    await file.run(attachments.add, CHAT.conversation, kept, b"%PDF")
    await send(Outgoing("", attachments=(kept,)))
    (sent,) = mei.chat.by_bot()
    assert sent.file == ("document", shown, b"%PDF")


async def test_a_file_of_another_chat_is_not_found(send: Send, file: Database) -> None:
    other = Attachment(AttachmentKind.FILE, "f1", "private.pdf", "application/pdf", 4)
    await file.run(attachments.add, "telegram:8", other, b"%PDF")
    with pytest.raises(Undeliverable):
        await send(Outgoing("", attachments=(other,)))


# --- keyboards and cards --------------------------------------------------------------------------------------------


async def test_old_buttons_go_when_new_ones_come(send: Send, mei: Customer) -> None:
    await send(Outgoing("first?", YES_NO), 2)
    await send(Outgoing("second?", YES_NO), 3)
    first, second = mei.chat.by_bot()
    assert (first.buttons, len(second.buttons)) == ([], 2)


async def test_buttons_stay_in_their_turn_and_go_with_the_next(send: Send, mei: Customer) -> None:
    await send(Outgoing("which?", YES_NO), 2)
    await send("by the way", 3)
    question = mei.chat.by_bot()[0]
    assert len(question.buttons) == 2
    await send("typed answers count as well", 5)
    assert question.buttons == []


async def test_another_process_takes_the_buttons_away(send: Send, api: BotApi, file: Database, mei: Customer) -> None:
    await send(Outgoing("which?", YES_NO), 2)
    other = Tepai(api, file)
    await other.adapter.channel.send(CHAT, Outgoing("next?", YES_NO), 5)
    await other.adapter.channel.aside.settle()
    await other.close()
    assert [len(message.buttons) for message in mei.chat.by_bot()] == [0, 2]


async def test_a_card_is_brought_up_to_date_in_its_place(send: Send, mei: Customer) -> None:
    values = {"order": "TP1"}
    await send(Outgoing("waiting", key="track_order.state.awaiting_courier", values=values), 2)
    await send(Outgoing("another order", key="track_order.state.x", values={"order": "TP2"}), 4)
    await send(Outgoing("a courier <3", key="track_order.news.courier_assigned", values=values), 6)
    await send(Outgoing("delivered", key="track_order.news.delivered", values=values), 8)
    assert mei.chat.texts() == ["delivered", "another order", "a courier <3", "delivered"]
    assert mei.api.books.refusals() == []


async def test_a_phone_number_can_be_shared_at_a_touch(send: Send, mei: Customer) -> None:
    asking = Outgoing("您的手机号？", (Choice("1.0", "暂时不"),), key="identify.ask_contact")
    await send(asking, 2)
    await send(asking, 4)
    assert mei.chat.texts() == ["您的手机号？", "也可以点下面的按钮，直接分享您的手机号。", "您的手机号？"]
    assert mei.chat.reply_keyboard is not None
    assert mei.chat.reply_keyboard["keyboard"][0][0]["request_contact"] is True
    await send("核实好了", 6)
    assert mei.chat.reply_keyboard is None
