"""What staff send besides words: pictures as pictures, everything else behind a link that soon ends, or by its name."""

from __future__ import annotations

import re

import pytest

from bot.errors import ConfigError
from bot.messages import Attachment, Outgoing
from tests.conftest import Clock
from tests.wechat.books import Shown
from tests.wechat.household import CHAT, OPENID, House, Household, account, texts, until
from tests.wechat.platform import Platform

PICTURE = b"\x89PNG\r\n\x1a\na picture"
PAPER = b"%PDF-1.7 an invoice"
SIGNING = {"url": "https://chat.example.com/", "signing": "a secret of the tests"}


async def send(house: House, name: str, media_type: str, data: bytes, text: str = "", seq: int = 1000) -> Attachment:
    file = await house.runtime.keep_attachment(CHAT, name, media_type, data)
    await house.adapter.channel.send(CHAT, Outgoing(text, attachments=(file,), sender="staff"), seq)
    return file


def shown(wechat: Platform) -> list[Shown]:
    return wechat.customer(OPENID).shown[1:]


async def test_a_picture_of_staff_arrives_as_a_picture(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    await send(house, "取件码.png", "image/png", PICTURE, "请出示这张图。")
    assert [(item.way, item.text, item.picture) for item in shown(wechat)] == [
        ("api", "请出示这张图。", None),
        ("api", "", PICTURE),
    ]
    assert not wechat.errors
    assert (await house.adapter.channel.standing(CHAT)).left == 3


async def test_a_refused_token_does_not_empty_a_picture(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    wechat.tokens.revoke()
    await send(house, "a.png", "image/png", PICTURE)
    assert [item.picture for item in shown(wechat)] == [PICTURE]
    assert wechat.calls["media/upload"] == 2


async def test_while_a_push_waits_a_picture_is_sent_all_the_same_and_in_its_place(
    household: Household, wechat: Platform
) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    wechat.mood = "busy"
    await send(house, "a.png", "image/png", PICTURE, "first")
    await house.adapter.channel.send(CHAT, Outgoing("last", sender="staff"), 1001)
    wechat.mood = "up"
    await wechat.says(OPENID, "are you there?")
    await until(lambda: len(shown(wechat)) == 3)
    assert [(item.way, item.picture) for item in shown(wechat)] == [("passive", None), ("api", PICTURE), ("api", None)]
    assert [item.text for item in shown(wechat)] == ["2: are you there?\n\nfirst", "", "last"]


@pytest.mark.parametrize("name", ["发票.pdf", "a.webp", "scan"])
async def test_what_wechat_cannot_carry_is_behind_a_link_that_ends(
    name: str, household: Household, wechat: Platform, clock: Clock
) -> None:
    house = await household.open(**SIGNING)
    await wechat.says(OPENID, "hello")
    await send(house, name, "image/webp" if name == "a.webp" else "application/pdf", PAPER, "您的发票")
    (message,) = shown(wechat)
    assert name in message.text
    assert "3 天内" in message.text
    found = re.search(r"https://chat\.example\.com(/wechat/files/[\w-]+)", message.text)
    assert found is not None
    address = household.serving.url + found[1]
    async with wechat._http.get(address) as answer:
        assert (answer.status, await answer.read()) == (200, PAPER)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("inline" if name == "a.webp" else "attachment")
    for wrong in (address[:-1], address + "A", address[: -len(found[1])] + "/wechat/files/" + "A" * 90):
        async with wechat._http.get(wrong) as answer:
            assert answer.status == 404
    clock.forward(3 * 86_400)
    async with wechat._http.get(address) as answer:
        assert answer.status == 404


async def test_without_a_public_address_a_file_is_named_and_nobody_pretends_more(
    household: Household, wechat: Platform
) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    await send(house, "invoice.pdf", "application/pdf", PAPER, "Here you are.")
    (message,) = shown(wechat)
    assert message.text.startswith("Here you are.\n[File] invoice.pdf\n")
    assert "can't be opened" in message.text


async def test_what_wechat_does_not_take_for_a_picture_is_linked(household: Household, wechat: Platform) -> None:
    house = await household.open(**SIGNING)
    await wechat.says(OPENID, "hello")
    await send(house, "broken.png", "image/png", b"no picture at all")
    assert wechat.errors == {40004: 1}
    (message,) = shown(wechat)
    assert "/wechat/files/" in message.text


async def test_without_rights_a_picture_is_linked_in_the_next_answer(household: Household, wechat: Platform) -> None:
    wechat.verified = False
    house = await household.open(verified=False, **SIGNING)
    await wechat.says(OPENID, "hello")
    await send(house, "a.png", "image/png", PICTURE, "看这里")
    await wechat.says(OPENID, "hm")
    assert "看这里\n\n[图片] a.png" in texts(wechat)[1]
    assert "/wechat/files/" in texts(wechat)[1]
    assert not wechat.errors


def test_links_need_a_secret() -> None:
    with pytest.raises(ConfigError, match="TEPAI_SECRET"):
        account("http://127.0.0.1:1", url="https://chat.example.com")
