"""The web chat over the real runtime, engine and store: the same promises, and kept through kill -9."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from tests.webchat.browser import Browser, replayed
from tests.webchat.product import Product

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("product"))
    product.start()
    yield product
    product.kill()


async def enter(visitor: Browser, language: str = "zh") -> None:
    """By the first persona's card."""
    async with visitor.http.get("/", params={"lang": language}) as answer:
        link = re.search(r'href="(/chat\?[^"]*link=[^"]*)"', await answer.text())
    assert link is not None
    async with visitor.http.get(unescape(link[1])) as answer:
        assert answer.status == 200


async def answered(visitor: Browser, after: int) -> dict[str, Any]:
    """The first thing the bot says above `after`."""
    async with asyncio.timeout(10):
        async for entry in visitor.by_socket(after):
            if entry is not None and entry["sender"] == "bot":
                return entry
    raise AssertionError("the line ended without an answer")


async def test_a_card_leads_to_a_greeting_in_its_language(product: Product) -> None:
    for language, pattern in (("zh", "[\u4e00-\u9fff]"), ("en", "[A-Za-z]{3}")):
        async with Browser(product.url) as visitor:
            await enter(visitor, language)
            assert re.search(pattern, (await answered(visitor, 0))["text"])


async def test_every_message_is_taken_once_and_answered(product: Product) -> None:
    async with Browser(product.url) as visitor:
        await visitor.open()
        first = await visitor.say("你好", "0123456789")
        assert first[0] == 202
        assert await visitor.say("你好", "0123456789") == first
        await answered(visitor, first[1]["seq"])
        assert [entry["text"] for entry in await visitor.history() if entry["sender"] == "customer"] == ["你好"]


async def test_all_lines_give_the_same(product: Product) -> None:
    async with Browser(product.url) as visitor:
        await enter(visitor)
        greeting = await answered(visitor, 0)
        status, body = await visitor.say("帮助")
        assert status == 202
        await answered(visitor, body["seq"])
        history = await visitor.history()
        assert await replayed(visitor.by_socket()) == await replayed(visitor.by_events()) == history
        rest = [entry for entry in history if entry["seq"] > greeting["seq"]]
        assert await replayed(visitor.by_socket(greeting["seq"])) == rest


@pytest.mark.parametrize("text", ["", "  ", "🎉", "<b>x</b>", "مرحبا", "9" * 10_000, "a" * 20_000])
async def test_odd_words_are_answered(product: Product, text: str) -> None:
    async with Browser(product.url) as visitor:
        await visitor.open()
        status, body = await visitor.say(text)
        assert status == 202
        assert (await answered(visitor, body["seq"]))["text"]


async def test_a_forged_press_and_a_forged_link_are_answered(product: Product) -> None:
    async with Browser(product.url) as visitor:
        await visitor.open("?link=forged")
        greeting = await answered(visitor, 0)
        status, body = await visitor.post({"id": "0123456789", "press": "forged"})
        assert status == 202
        assert (await answered(visitor, max(body["seq"], greeting["seq"])))["text"]


async def test_files_stay_within_their_chat(product: Product) -> None:
    async with Browser(product.url) as visitor, Browser(product.url) as stranger:
        await visitor.open()
        await stranger.open()
        status, body = await visitor.upload("photo.png", "image/png", PNG)
        assert status == 202
        await answered(visitor, body["seq"])
        (file,) = (await visitor.history())[0]["attachments"]
        async with visitor.http.get(f"/chat/files/{file['ref']}") as answer:
            assert await answer.read() == PNG
        async with stranger.http.get(f"/chat/files/{file['ref']}") as answer:
            assert answer.status == 404


async def test_the_chat_goes_on_after_kill_9(product: Product) -> None:
    async with Browser(product.url) as visitor:
        await visitor.open()
        for number in range(3):
            status, body = await visitor.say(f"message {number}")
            assert status == 202
            await answered(visitor, body["seq"])
        before = await replayed(visitor.by_socket())
        product.kill()
        product.start()
        assert await visitor.history() == before
        status, body = await visitor.say("still there?")
        assert status == 202
        await answered(visitor, body["seq"])
        after = await visitor.history()
        assert after[: len(before)] == before
        assert await replayed(visitor.by_socket(before[-1]["seq"])) == after[len(before) :]
