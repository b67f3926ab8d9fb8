"""An album comes picture by picture, and is one message: with several pictures, answered once, lost by nobody."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bot.dialogue.engine import Engine
from bot.messages import Address
from bot.store.database import Database
from tests.conftest import Clock
from tests.conversations.ground import Ground
from tests.telegram.customer import Customer
from tests.telegram.driver import through_telegram
from tests.telegram.server import BotApi, Refuse
from tests.telegram.tepai import Tepai

PICTURES = [b"\xff\xd8\xff" + bytes([number]) * 40 for number in range(3)]


async def test_an_album_is_one_message_with_its_pictures_in_order(tepai: Tepai, mei: Customer, clock: Clock) -> None:
    mei.sends_album(PICTURES, "broken")
    await tepai.settle()
    assert mei.chat.texts() == []
    clock.forward(1)
    await tepai.settle()
    assert mei.chat.texts() == ["1: broken [photo.jpg] [photo.jpg] [photo.jpg]"]
    entry, _ = await tepai.runtime.history("telegram:7")
    kept = [await tepai.runtime.attachment(Address("telegram", "7"), file.ref) for file in entry.attachments]
    assert [found[1] for found in kept if found] == PICTURES


async def test_what_is_said_after_an_album_is_heard_after_it(tepai: Tepai, mei: Customer) -> None:
    mei.sends_album(PICTURES)
    mei.says("all of them!")
    mei.sends_album(PICTURES[:2], album="a2")
    query = mei.presses("1.0", mei.api.books.add(mei.chat, "bot", text="Which?"))
    await tepai.settle()
    assert query in tepai.api.books.answered
    heard = [line for line in mei.chat.texts() if line != "Which?"]
    assert heard == [
        "1:  [photo.jpg] [photo.jpg] [photo.jpg]",
        "2: all of them!",
        "3:  [photo.jpg] [photo.jpg]",
        "4: pressed 1.0",
    ]


async def test_two_albums_are_two_messages(tepai: Tepai, mei: Customer, clock: Clock) -> None:
    mei.sends_album(PICTURES[:2], "one", "a1")
    mei.sends_album(PICTURES[:2], "two", "a2")
    await tepai.take_in()
    clock.forward(1)
    await tepai.settle()
    assert sorted(line[3:] for line in mei.chat.texts()) == [
        f"{name} [photo.jpg] [photo.jpg]" for name in ("one", "two")
    ]


async def test_pictures_delivered_twice_are_kept_once_however_late(hooked: Tepai, mei: Customer, clock: Clock) -> None:
    hooked.api.updates.twice = True
    mei.sends_album(PICTURES)
    await hooked.take_in()
    clock.forward(1)
    await hooked.settle()
    other = Tepai(hooked.api, hooked.database)  # a process that has heard of nothing
    hooked.api.updates.twice = False
    for shown in list(mei.chat.messages.values()):
        if shown.sender == "customer":
            mei.redelivers(shown, photo=PICTURES[0], media_group_id="a1")
    await hooked.take_in()
    clock.forward(1)
    await hooked.settle()
    await other.close()
    assert len(mei.chat.texts()) == 1


async def test_a_picture_that_comes_late_is_a_message_of_its_own(hooked: Tepai, mei: Customer, clock: Clock) -> None:
    for pictures in (PICTURES[:2], PICTURES[2:]):
        mei.sends_album(pictures)
        await hooked.take_in()
        clock.forward(1)
        await hooked.settle()
    assert mei.chat.texts() == ["1:  [photo.jpg] [photo.jpg]", "2:  [photo.jpg]"]


async def test_another_process_hands_on_what_a_dead_one_has_kept(hooked: Tepai, mei: Customer, clock: Clock) -> None:
    mei.sends_album(PICTURES)
    await hooked.take_in()
    clock.forward(1)
    other = Tepai(hooked.api, hooked.database)
    await other.adapter.albums.hand_on_due()
    await other.runtime.settle()
    await other.close()
    assert mei.chat.texts() == ["1:  [photo.jpg] [photo.jpg] [photo.jpg]"]


async def test_a_process_that_dies_before_it_notes_what_was_taken_doubles_nothing(
    hooked: Tepai, mei: Customer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    mei.sends_album(PICTURES)
    await hooked.take_in()
    clock.forward(1)
    with monkeypatch.context() as patch:
        patch.setattr(hooked.adapter._store.albums, "taken", dies)
        with pytest.raises(KeyboardInterrupt):
            await hooked.adapter.albums.hand_on_due()
    await hooked.settle()
    assert len(mei.chat.texts()) == 1


async def test_of_an_album_what_cannot_be_had_is_explained_and_the_rest_is_taken(
    hooked: Tepai, mei: Customer, clock: Clock
) -> None:
    hooked.api.fail("getFile", Refuse(400, "Bad Request: wrong file_id"))
    mei.sends_album(PICTURES, "broken")
    await hooked.take_in()
    clock.forward(1)
    await hooked.settle()
    explained, answer = mei.chat.texts()
    assert explained.startswith("这个文件没能从 Telegram 取到")
    assert answer == "1: broken [photo.jpg] [photo.jpg]"


async def test_while_the_store_is_away_no_picture_is_acknowledged(hooked: Tepai, mei: Customer, clock: Clock) -> None:
    await hooked.database.run(lambda c: c.execute(text("alter table album_part rename to away")))
    mei.sends_album(PICTURES)
    while len(hooked.api.updates.attempts) < 2:
        await hooked.api.updates.looked()
    assert {status for _, status in hooked.api.updates.attempts} == {503}
    await hooked.database.run(lambda c: c.execute(text("alter table away rename to album_part")))
    await hooked.take_in()
    clock.forward(1)
    await hooked.settle()
    assert mei.chat.texts() == ["1:  [photo.jpg] [photo.jpg] [photo.jpg]"]


async def test_in_the_background_it_happens_by_itself(api: BotApi, file: Database, mei: Customer, clock: Clock) -> None:
    tepai = Tepai(api, file, webhook=False)
    tepai.runtime.start()
    tepai.adapter.start()
    mei.sends_album(PICTURES)
    while api.updates.unconfirmed:
        await api.updates.looked()
    clock.forward(1)
    async with asyncio.timeout(10):
        while not mei.chat.texts():
            await api.updates.looked()
    assert mei.chat.texts() == ["1:  [photo.jpg] [photo.jpg] [photo.jpg]"]
    await tepai.close()


@pytest.mark.parametrize(("language", "wish"), [("zh", "我要投诉"), ("en", "I want to complain")])
async def test_a_complaint_with_an_album_shows_all_its_pictures_at_once(
    api: BotApi, ground: Ground, engine: Engine, language: str, wish: str
) -> None:
    async with through_telegram(api, ground, engine, language) as (around, driver):
        await driver.open_link(around.links.make("lin"))
        await driver.say(wish)
        await driver.answers()
        driver.customer.sends_album(PICTURES, "box broken")
        await driver.let_happen()
        around.clock.now += 1
        await driver.let_happen()
        (confirm,) = await driver.answers()
        assert confirm.key == "complaint.confirm"
        assert [line.get("count") for line in confirm.values["summary"]][-1] == 3
