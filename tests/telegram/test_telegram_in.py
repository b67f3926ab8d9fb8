"""Whatever customers do in Telegram reaches the dialogue once, whichever way updates come."""

from __future__ import annotations

import pytest

from bot.messages import Address, AttachmentKind
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi, Cut, Refuse
from tests.telegram.tepai import Tepai

PHOTO = b"\xff\xd8\xff" + b"\0" * 40
PDF = b"%PDF-1.7 " + b"\0" * 40


async def entries(tepai: Tepai, chat: int = 7):
    return await tepai.runtime.history(Address("telegram", str(chat)).conversation)


async def test_words_are_answered(tepai: Tepai, mei: Customer) -> None:
    mei.says("你好 <b>&")
    await tepai.settle()
    assert mei.chat.texts() == ["1: 你好 <b>&"]


async def test_every_update_twice_is_answered_once(hooked: Tepai, mei: Customer) -> None:
    hooked.api.updates.twice = True
    shown = mei.says("ask")
    await hooked.settle()
    mei.presses("1.0")
    mei.edits(shown, "other words")
    mei.sends_photo(PHOTO)
    await hooked.settle()
    assert mei.chat.texts() == ["Which?\n\n› Yes, please", "2: pressed 1.0", "3: other words", "4:  [photo.jpg]"]
    assert len(hooked.api.updates.attempts) == 8


async def test_an_edit_is_said_anew_unless_the_words_stayed(tepai: Tepai, mei: Customer) -> None:
    shown = mei.says("first")
    mei.edits(shown, "first")
    mei.edits(shown, "second")
    mei.edits(shown, "third")
    await tepai.settle()
    assert mei.chat.texts() == ["1: first", "2: second", "3: third"]


async def test_a_moving_location_is_heard_once(tepai: Tepai, mei: Customer) -> None:
    place = mei.sends_location()
    moved = {**mei.api.books.as_json(mei.chat, place), "edit_date": 1, "location": {"latitude": 1.0, "longitude": 2.0}}
    mei.put({"edited_message": moved})
    await tepai.settle()
    assert len(mei.chat.texts()) == 1


@pytest.mark.parametrize(("payload", "answer"), [("good", "1: linked mei mei"), ("forged", "1: linked None None")])
async def test_a_deep_link(tepai: Tepai, mei: Customer, payload: str, answer: str) -> None:
    mei.starts(payload)
    await tepai.settle()
    assert mei.chat.texts() == [answer]


async def test_commands_come_without_the_bots_name(tepai: Tepai, mei: Customer) -> None:
    mei.starts()
    mei.says("/help@tepai_test_bot")
    await tepai.settle()
    assert mei.chat.texts() == ["1: /start", "2: /help"]


async def test_a_press_is_ticked_and_its_buttons_make_room_for_the_choice(tepai: Tepai, mei: Customer) -> None:
    mei.says("ask")
    await tepai.settle()
    query = mei.presses("1.0")
    await tepai.settle()
    question, answer = mei.chat.by_bot()
    assert (question.buttons, question.text) == ([], "Which?\n\n› Yes, please")
    assert answer.text == "2: pressed 1.0"
    assert query in tepai.api.books.answered
    assert tepai.api.books.refusals() == []


async def test_a_photo_is_kept_in_its_best_size(tepai: Tepai, mei: Customer) -> None:
    mei.sends_photo(PHOTO, "broken")
    await tepai.settle()
    entry, _ = await entries(tepai)
    (file,) = entry.attachments
    assert (entry.text, file.kind, file.media_type) == ("broken", AttachmentKind.IMAGE, "image/jpeg")
    kept = await tepai.runtime.attachment(Address("telegram", "7"), file.ref)
    assert kept is not None and kept[1] == PHOTO


@pytest.mark.parametrize(
    ("kind", "data", "name", "mime", "expected", "shown"),
    [
        ("document", PDF, "in/voice.pdf", "application/pdf", AttachmentKind.FILE, "voice.pdf"),
        ("document", PDF, "evil.png", "image/png", AttachmentKind.FILE, "evil.png"),
        ("voice", b"OggS" * 9, "", "audio/ogg", AttachmentKind.VOICE, "voice.ogg"),
        ("video", b"0000ftyp" * 9, "v.mp4", "video/mp4", AttachmentKind.VIDEO, "v.mp4"),
        ("video_note", b"0000ftyp" * 9, "", "", AttachmentKind.VIDEO, "video.mp4"),
        ("audio", b"ID3" * 9, "s.mp3", "audio/mpeg", AttachmentKind.VOICE, "s.mp3"),
    ],
)
async def test_files_are_kept(hooked: Tepai, mei: Customer, kind, data, name, mime, expected, shown) -> None:
    mei.sends_file(kind, data, name, mime)
    await hooked.settle()
    entry, _ = await entries(hooked)
    (file,) = entry.attachments
    assert (file.kind, file.name, file.size) == (expected, shown, len(data))


async def test_stickers_places_and_contacts_say_what_they_are(tepai: Tepai, mei: Customer) -> None:
    mei.sends_sticker("😊")
    mei.sends_location()
    mei.sends_location("上海市黄浦区人民大道 200 号")
    mei.shares_contact("+86 199 0000 0101")
    await tepai.settle()
    assert mei.chat.texts() == [
        "1:  [😊]",
        "2:  []",
        "3:  [上海市黄浦区人民大道 200 号 创新大厦]",
        "4:  [+8619900000101]",
    ]


async def test_a_file_that_is_too_large_is_refused_with_the_limit(api: BotApi, file, mei: Customer) -> None:
    tepai = Tepai(api, file, webhook=False, most_bytes=2 * 1024 * 1024)
    await tepai.open()
    mei.sends_file("document", b"0" * (2 * 1024 * 1024 + 1), "long.bin")
    mei.sends_file("document", PDF, "short.pdf", caption="and this")
    await tepai.settle()
    refusal, answer = mei.chat.texts()
    assert "2 MB" in refusal
    assert answer == "1: and this [short.pdf]"
    await tepai.close()


async def test_a_file_that_telegram_lost_is_asked_for_again(tepai: Tepai, mei: Customer) -> None:
    mei.chat.language = "en"
    mei.sends_file("document", PDF, "gone.pdf", caption="my receipt")
    mei.api.books.files.clear()
    await tepai.settle()
    refusal, answer = mei.chat.texts()
    assert refusal.startswith("I could not get this file")
    assert answer == "1: my receipt"


async def test_a_file_is_fetched_again_when_telegram_stumbled(hooked: Tepai, mei: Customer) -> None:

    hooked.api.fail("getFile", Refuse(502, "Bad Gateway"), Cut(taken=False))
    mei.sends_file("document", PDF, "late.pdf")
    await hooked.settle()
    assert mei.chat.texts() == ["1:  [late.pdf]"]
    assert [status for _, status in hooked.api.updates.attempts] == [503, 503, 200]


async def test_a_file_that_never_comes_does_not_hold_up_the_chat(hooked: Tepai, mei: Customer) -> None:

    hooked.api.fail("getFile", *[Refuse(502, "Bad Gateway")] * 20)
    mei.sends_file("document", PDF, "never.pdf")
    mei.says("hello?")
    await hooked.settle()
    assert mei.chat.texts()[-1] == "1: hello?"


async def test_in_a_group_one_polite_line_and_nothing_else(tepai: Tepai) -> None:
    group = Customer(tepai.api, tepai.api.chat(-100200, "supergroup", "en"))
    group._member("left", "member")
    group.says("/orders")
    group.says("nobody asked the bot")
    group.says("/start good")
    await tepai.settle()
    (line,) = group.chat.texts()
    assert line.startswith("To protect your order details")
    assert await entries(tepai, -100200) == []


async def test_what_is_not_for_us_is_ignored(tepai: Tepai, mei: Customer) -> None:
    chat, sender = mei.chat.as_json(), mei.chat.customer()
    message = {"message_id": 900, "date": 1, "chat": chat, "from": sender}
    mei.put({"message": {**message, "pinned_message": {**message, "text": "x"}}})
    mei.put({"message": {**message, "from": {**sender, "is_bot": True}, "text": "from a bot"}})
    mei.put({"channel_post": {**message, "chat": {"id": -1, "type": "channel", "title": "c"}, "text": "news"}})
    mei.put({"update_of_the_year_2031": {"what": {"ever": [1]}}})
    mei.put({"message": {"message_id": "?", "chat": 5}})
    mei.put({"message": {**message, "message_id": 901, "content_of_2031": {"a": 1}}})
    mei.says("still there?")
    await tepai.settle()
    assert mei.chat.texts() == ["1:", "2: still there?"]


async def test_what_the_library_cannot_parse_is_answered_all_the_same(tepai: Tepai, mei: Customer) -> None:
    """A server older or newer than the library: a poll without a field that is required by now, words in new dress."""
    message = {"date": 1, "chat": mei.chat.as_json(), "from": mei.chat.customer()}
    poll = {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "type": "regular"}
    mei.put({"message": {**message, "message_id": 901, "poll": poll}})
    mei.put({"message": {**message, "message_id": 902, "text": "words", "poll": poll}})
    mei.put({"message": {**message, "message_id": 903, "caption": 5, "text": None, "poll": poll}})
    mei.put(
        {"message": {**message, "message_id": 904, "chat": {"id": -5, "type": "group", "title": "G"}, "poll": poll}}
    )
    await tepai.settle()
    assert mei.chat.texts() == ["1:", "2: words", "3:"]
