"""What customers press, scan, follow and send besides words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.wechat import Button, menu
from adapters.wechat.reading import menu_id_of
from bot.errors import ConfigError
from bot.messages import Choice, Outgoing
from bot.store.tables import inbound, wechat_customer
from tests.command.tepai import call
from tests.wechat import platform
from tests.wechat.household import CHAT, OPENID, House, Household, texts
from tests.wechat.platform import Platform

PICTURE = b"\xff\xd8\xff\xe0a picture"


async def said(household: Household) -> list[dict[str, object]]:
    """What reached the core, in order."""
    rows = [row for row in await household.rows(inbound) if row["source"] == "customer"]
    return [row["payload"] for row in sorted(rows, key=lambda row: row["seq"])]


async def asked_by_api(house: House, wechat: Platform, seq: int = 1000) -> None:
    """A question that comes too late for its push."""
    await wechat.says(OPENID, "hello")
    question = Outgoing("Which?", (Choice("1.0", "Yes, please"), Choice("1.1", "No")))
    await house.adapter.channel.send(CHAT, question, seq)


async def test_choices_can_be_tapped_where_the_account_may(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await asked_by_api(house, wechat)
    shown = wechat.customer(OPENID).shown[-1]
    assert shown.menu == ((menu_id_of("1.0"), "Yes, please"), (menu_id_of("1.1"), "No"))
    await wechat.taps(OPENID, *shown.menu[0])
    assert texts(wechat)[-1] == "2: pressed 1.0"
    assert (await said(household))[-1]["pressed"] == "1.0"


async def test_the_core_hears_which_question_had_been_shown(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await asked_by_api(house, wechat)
    assert (await said(household))[-1]["seen"] == ""
    await wechat.says(OPENID, "1")
    assert (await said(household))[-1]["seen"] == "1.0"
    wechat.mood = "busy"
    await house.adapter.channel.send(CHAT, Outgoing("And?", (Choice("2.0", "A"),)), 1001)
    wechat.mood = "up"
    await wechat.says(OPENID, "1")
    assert (await said(household))[-1]["seen"] == "1.0"
    assert "And?\n1. A" in texts(wechat)[-1]
    await wechat.says(OPENID, "1")
    assert (await said(household))[-1]["seen"] == "2.0"


async def test_without_that_right_they_are_numbered_and_not_asked_for_again(
    household: Household, wechat: Platform
) -> None:
    wechat.menus = False
    house = await household.open()
    await asked_by_api(house, wechat)
    numbered = "Which?\n1. Yes, please\n2. No\nJust reply with the number of your choice."
    assert texts(wechat)[-1] == numbered
    await asked_by_api(house, wechat, 1001)
    assert wechat.errors == {40200: 1}


async def test_a_made_up_menu_id_is_a_press_like_any_other(household: Household, wechat: Platform) -> None:
    await household.open()
    for id in ("101", "'; DROP TABLE", "9" * 2000, "①"):
        await wechat.taps(OPENID, id, "x")
        assert (await said(household))[-1]["pressed"] == id


async def test_following_is_greeted_and_a_scanned_link_is_opened(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.does(OPENID, "subscribe")
    assert (await said(household))[-1]["text"] == "/start"
    link = "AbCd_-" * 8
    await wechat.does(OPENID, "subscribe", f"qrscene_{link}")
    assert (await said(household))[-1]["link"] == link
    await wechat.does(OPENID, "SCAN", link[:-1])
    assert (await said(household))[-1]["link"] == link[:-1]
    await wechat.does(OPENID, "SCAN", "123")
    assert (await said(household))[-1]["text"] == "/start"


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "kf_create_session", "brand_new"])
async def test_other_events_are_noted(event: str, household: Household, wechat: Platform) -> None:
    house = await household.open()
    pushed = await wechat.does(OPENID, event, "x", opens="")
    assert pushed.answers == ["success"]
    assert house.adapter.door.counts[event.lower()] == 1
    assert await said(household) == []
    assert await household.rows(wechat_customer) == []


async def test_a_picture_is_kept(household: Household, wechat: Platform) -> None:
    house = await household.open()
    wechat.media["m1"] = PICTURE
    await wechat.sends(OPENID, "image", MediaId="m1", PicUrl="http://mmbiz.qpic.cn/x")
    (file,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    kept = await house.runtime.attachment(CHAT, file["ref"])
    assert kept is not None
    assert (kept[1], file["kind"], file["media_type"]) == (PICTURE, "image", "image/jpeg")


async def test_a_picture_that_wechat_does_not_give_is_taken_without_it(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.sends(OPENID, "image", MediaId="gone")
    (file,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert (file["kind"], file["ref"]) == ("image", "")
    assert not wechat.faults


async def test_voice_is_words_where_wechat_heard_them(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.sends(OPENID, "voice", MediaId="m1", Format="amr", Recognition="我的订单在哪")
    assert (await said(household))[-1]["text"] == "我的订单在哪"
    await wechat.sends(OPENID, "voice", MediaId="m1", Format="amr")
    (file,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert file["kind"] == "voice"


@pytest.mark.parametrize("text", ["【收到不支持的消息类型，暂无法显示】", "[Unsupported Message]"])
async def test_what_wechat_cannot_pass_on_is_no_text(text: str, household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.says(OPENID, text)
    (file,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert file["kind"] == "sticker"


async def test_places_links_and_videos_are_understood(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.sends(OPENID, "location", Location_X="31.2", Location_Y="121.5", Scale="15", Label="人民广场")
    (place,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert (place["kind"], place["ref"], place["name"]) == ("location", "31.2,121.5", "人民广场")
    await wechat.sends(OPENID, "link", Title="发票", Description="x", Url="https://example.com/1")
    assert (await said(household))[-1]["text"] == "发票\nhttps://example.com/1"
    await wechat.sends(OPENID, "shortvideo", MediaId="m2", ThumbMediaId="m3")
    (video,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert (video["kind"], video["ref"]) == ("video", "")


async def test_a_video_is_kept(household: Household, wechat: Platform) -> None:
    house = await household.open()
    wechat.media["m2"] = b"a video"
    wechat.videos.add("m2")
    await wechat.sends(OPENID, "video", MediaId="m2", ThumbMediaId="m3")
    (file,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    kept = await house.runtime.attachment(CHAT, file["ref"])
    assert kept is not None
    assert (kept[1], file["kind"], file["media_type"]) == (b"a video", "video", "video/mp4")


async def test_a_kind_of_message_that_nobody_knows_is_answered_too(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.sends(OPENID, "hologram", MediaId="m2")
    (thing,) = (await said(household))[-1]["attachments"]  # type: ignore[attr-defined]
    assert thing["kind"] == "file"
    assert "ref" not in thing or thing["ref"] == ""
    assert [shown.way for shown in wechat.customer(OPENID).shown] == ["passive"]
    assert (await house.runtime.standing(CHAT.conversation)).left == 5  # type: ignore[union-attr]


async def test_a_customer_is_addressed_in_the_language_of_the_phone(household: Household, wechat: Platform) -> None:
    await household.open()
    wechat.customer(OPENID).language = "en"
    await wechat.says(OPENID, "123")
    await wechat.says(OPENID, "456")
    assert [payload["language"] for payload in await said(household)] == ["en", "en"]
    assert wechat.calls["user/info"] == 1


async def test_forgeries_are_counted_and_change_nothing(household: Household, wechat: Platform) -> None:
    house = await household.open()
    query, body = wechat.signed(wechat.written(OPENID, {"MsgType": "text", "Content": "hi", "MsgId": 7}))
    tries = [({**query, "msg_signature": "0" * 40}, body), (query, body[:-30]), (query, b"x" * 70_000), ({}, body)]
    for wrong_query, wrong_body in tries:
        async with wechat._http.post(wechat.hook, params=wrong_query, data=wrong_body) as answer:
            assert answer.status == 403
            assert await answer.text() == ""
    async with wechat._http.post(wechat.hook, params=[*query.items(), ("nonce", "again")], data=body) as answer:
        assert answer.status == 403
    counted = {name: count for name, count in house.adapter.door.counts.items() if name.startswith("refused")}
    assert counted == {"refused: signature": 1, "refused: envelope": 1, "refused: size": 1, "refused: query": 2}
    assert await said(household) == []


async def test_the_address_is_verified(household: Household, wechat: Platform) -> None:
    await household.open()
    query, _ = wechat.signed("")
    async with wechat._http.get(wechat.hook, params={**query, "echostr": "5837"}) as answer:
        assert (answer.status, await answer.text()) == (200, "5837")
    async with wechat._http.get(wechat.hook, params={**query, "signature": "x", "echostr": "5837"}) as answer:
        assert answer.status == 403


HELP = [Button("常见问题", "常见问题"), Button("官网", url="https://a.example")]
BUTTONS = [Button("我的订单", "我的订单"), Button("帮助", below=HELP)]


def test_the_menu_is_as_wechat_wants_it() -> None:
    assert menu(BUTTONS) == {
        "button": [
            {"type": "click", "name": "我的订单", "key": "我的订单"},
            {
                "name": "帮助",
                "sub_button": [
                    {"type": "click", "name": "常见问题", "key": "常见问题"},
                    {"type": "view", "name": "官网", "url": "https://a.example"},
                ],
            },
        ]
    }


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [Button("a", "a")] * 4,
        [Button("名字太长了吧", "a")],
        [Button("", "a")],
        [Button("a")],
        [Button("a", "a", "https://a.example")],
        [Button("a", "字" * 43)],
        [Button("a", below=[Button("b", "b")] * 6)],
        [Button("a", below=[Button("b", below=[Button("c", "c")])])],
    ],
)
def test_a_menu_that_wechat_would_refuse_is_not_pushed(wrong: Sequence[Button]) -> None:
    with pytest.raises(ConfigError, match=r"wechat\.menu"):
        menu(wrong)


MENU = """
wechat:
  app_id: {app_id}
  base_url: {url}
  menu:
    - {{name: 我的订单, say: 我的订单}}
    - {{name: 帮助, below: [{{name: 常见问题, say: 常见问题}}, {{name: 官网, url: "https://a.example"}}]}}
"""
SECRETS = {
    "TEPAI_WECHAT_SECRET": platform.SECRET,
    "TEPAI_WECHAT_TOKEN": platform.TOKEN,
    "TEPAI_WECHAT_AES_KEY": platform.AES_KEY,
}


async def test_the_menu_is_pushed_by_one_command(tmp_path: Path, wechat: Platform) -> None:
    (tmp_path / "config.yaml").write_text(MENU.format(app_id=platform.APP_ID, url=wechat.url), encoding="utf-8")
    done = await asyncio.to_thread(call, tmp_path, "wechat", "menu", "push", **SECRETS)
    assert (done.returncode, done.stderr) == (0, "")
    assert wechat.menu == menu(BUTTONS)


async def test_what_is_missing_for_the_menu_is_named(tmp_path: Path, wechat: Platform) -> None:
    file = tmp_path / "config.yaml"
    for written, environ, named in (
        ("", SECRETS, "wechat.app_id"),
        (f"wechat: {{app_id: {platform.APP_ID}}}", SECRETS, "wechat.menu"),
        (f"wechat: {{app_id: {platform.APP_ID}}}", {}, "TEPAI_WECHAT_TOKEN"),
    ):
        file.write_text(written, encoding="utf-8")
        done = await asyncio.to_thread(call, tmp_path, "wechat", "menu", "push", **environ)
        assert done.returncode == 2
        assert named in done.stderr
