"""What Telegram can do and a typed line cannot, with the real flows: contacts, places, the menu's commands."""

from __future__ import annotations

import pytest

from adapters.telegram.words import words
from bot.dialogue.engine import Engine
from bot.telegram import ASKS_CONTACT, CARDS
from tests.conversations.ground import Ground
from tests.telegram.driver import TelegramDriver, through_telegram
from tests.telegram.server import BotApi

PHONE = "8619900000101"


async def keys(driver: TelegramDriver) -> list[str]:
    await driver.let_happen()
    return [message.key for message in await driver.answers()]


@pytest.mark.parametrize(("language", "wish"), [("zh", "我的订单"), ("en", "my orders")])
async def test_a_shared_contact_starts_the_proof_and_the_code_completes_it(
    api: BotApi, ground: Ground, engine: Engine, language: str, wish: str
) -> None:
    async with through_telegram(api, ground, engine, language) as (around, driver):
        await driver.say(wish)
        assert (await keys(driver))[-1].startswith("identify.ask_contact")
        keyboard = driver.customer.chat.reply_keyboard
        assert keyboard is not None and keyboard["keyboard"][0][0]["text"] == words(language)["share_contact_button"]
        driver.customer.shares_contact(PHONE)
        assert await keys(driver) == ["identify.ask_code"]
        await driver.say((await around.gateway.outbox())[0].code)
        assert (await keys(driver))[0] == "identify.linked"
        assert (await around.conversation()).customer == "lin"
        assert driver.customer.chat.reply_keyboard is None


async def test_a_shared_contact_proves_nothing_by_itself(api: BotApi, ground: Ground, engine: Engine) -> None:
    """Not even one's own: numbers change hands, and the account stays with whoever had it before."""
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.say("我的订单")
        driver.customer.shares_contact(PHONE, own=False)
        await driver.let_happen()
        assert (await around.conversation()).customer is None


async def test_a_shared_place_is_the_new_address(api: BotApi, ground: Ground, engine: Engine) -> None:
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.open_link(around.links.make("lin"))
        await driver.answers()
        driver.customer.sends_location("上海市黄浦区人民大道 200 号 3 楼")
        await driver.let_happen()
        got, offer = await driver.answers()
        assert (got.key, offer.key) == ("common.got.location", "common.what_next")
        await driver.press(offer.choices[0].token, offer.choices[0].label)
        confirm = (await driver.answers())[-1]
        assert confirm.key == "fix_order.confirm"
        assert confirm.values["address"] == "上海市黄浦区人民大道 200 号 3 楼 创新大厦"


async def test_of_a_shared_place_without_a_door_only_the_door_is_asked(
    api: BotApi, ground: Ground, engine: Engine
) -> None:
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.open_link(around.links.make("lin"))
        await driver.answers()
        driver.customer.sends_location("上海市黄浦区人民大道 200 号")
        await driver.let_happen()
        offer = (await driver.answers())[-1]
        await driver.press(offer.choices[0].token, offer.choices[0].label)
        assert (await driver.answers())[-1].key == "fix_order.ask_door"
        await driver.say("1203")
        confirm = (await driver.answers())[-1]
        assert confirm.values["address"] == "上海市黄浦区人民大道 200 号 创新大厦 1203"


async def test_of_a_point_on_the_map_the_address_is_asked(api: BotApi, ground: Ground, engine: Engine) -> None:
    """Telegram gives two numbers there, from which no courier finds a door."""
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.open_link(around.links.make("lin"))
        await driver.say("改地址")
        await driver.answers()
        driver.customer.sends_location()
        assert await keys(driver) == ["common.got.location", "fix_order.ask_address"]


async def test_every_command_of_the_menu_does_what_the_menu_says(api: BotApi, ground: Ground, engine: Engine) -> None:
    expected = {
        "/orders": "pick_order.",
        "/help": "help.",
        "/human": "escalate.",
        "/cancel": ("pick_order.", "cancel_order."),
        "/language": "common.language_is",
        "/start": "greet.",
    }
    assert [f"/{name}" for name in words("zh")["commands"]] == list(expected)
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.open_link(around.links.make("chen"))
        for command, flow in expected.items():
            await driver.answers()
            await driver.say(command)
            assert any(message.key.startswith(flow) for message in await driver.answers()), command
            assert (await around.conversation()).language == ("en" if command == "/language" else "zh")
            if command == "/language":
                await driver.say(command)


async def test_a_button_pressed_twice_counts_once_and_is_not_called_old(
    api: BotApi, ground: Ground, engine: Engine
) -> None:
    async with through_telegram(api, ground, engine, "zh") as (around, driver):
        await driver.open_link(around.links.make("ben"))
        await driver.say("取消订单 TP40052103")
        await driver.answers()
        token = f"{(await around.conversation()).questions}.0"
        presses = [driver.customer.presses(token) for _ in range(3)]
        await driver.let_happen()
        assert [message.key.partition(".confirm")[0] for message in await driver.answers()] == ["cancel_order"]
        assert api.books.answered >= set(presses)
        around.clock.now += 11
        driver.customer.presses(token)
        assert (await keys(driver))[0] == "common.stale_choice"


def test_what_telegram_shows_in_its_own_way_is_there(engine: Engine) -> None:
    for texts in engine.texts.by_language.values():
        assert texts.keys() >= ASKS_CONTACT
        assert all(any(key.startswith(start) for key in texts) for start in CARDS)
