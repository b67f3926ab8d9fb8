"""The webhook's door: the secret before anything else, and 200 only for what is durable."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.telegram.inbound import plain, read_any
from adapters.telegram.receiver import Receiver
from adapters.telegram.webhook import HEADER, MOST_BYTES, PATH
from bot.store.database import Database
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi
from tests.telegram.tepai import SECRET, Tepai

PRIVATE = "words that nobody else may read"


def update(words: str = PRIVATE, number: int = 1) -> dict[str, Any]:
    person = {"id": 7, "is_bot": False, "first_name": "Mei"}
    chat = {"id": 7, "type": "private", "first_name": "Mei"}
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1, "chat": chat, "from": person, "text": words},
    }


async def post(tepai: Tepai, body: bytes | str, secret: str | None = SECRET) -> int:
    headers = {HEADER: secret} if secret is not None else {}
    assert tepai.door is not None
    async with (
        aiohttp.ClientSession() as session,
        session.post(tepai.door.url + PATH, data=body, headers=headers) as got,
    ):
        return got.status


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ünïcode"])
async def test_without_the_secret_nothing_is_even_parsed(hooked: Tepai, mei: Customer, secret: str | None) -> None:
    with capture_logs() as logs:
        assert await post(hooked, b"{" * 100, secret) == 403
        assert await post(hooked, json.dumps(update()), secret) == 403
    await hooked.settle()
    assert mei.chat.texts() == []
    assert {log["why"] for log in logs} == {"secret"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"update_id": "1"}', 400),
        (b'{"update_id": true, "message": 5}', 200),
        (b"[" * 200_000, 400),
        (b'{"update_id": 5, "pad": "' + b"x" * MOST_BYTES + b'"}', 413),
        (b'{"update_id": 6, "message": {"text": ["a", {}]}}', 200),
        (b'{"update_id": 7, "message": null, "callback_query": []}', 200),
        (b'{"update_id": 8}', 200),
    ],
)
async def test_odd_bodies_are_refused_and_the_next_update_gets_through(
    hooked: Tepai, mei: Customer, body: bytes, status: int
) -> None:
    assert await post(hooked, body) == status
    mei.says("hello")
    await hooked.settle()
    assert mei.chat.texts() == ["1: hello"]


async def test_words_reach_the_database_clean_and_the_log_not_at_all(hooked: Tepai, mei: Customer) -> None:
    with capture_logs() as logs:
        assert await post(hooked, json.dumps(update(f"a\0b\ud800 {PRIVATE}"))) == 200
        assert await post(hooked, json.dumps({"update_id": 3, "message": {"text": PRIVATE}})) == 200
        await hooked.settle()
    assert mei.chat.texts() == [f"1: ab {PRIVATE}"]
    assert PRIVATE not in str(logs)


async def test_while_the_store_is_away_nothing_is_acknowledged(api: BotApi, file: Database, mei: Customer) -> None:
    tepai = Tepai(api, file)
    await tepai.open()
    await file.run(lambda c: c.execute(text("alter table conversation rename to away")))
    mei.says("are you there?")
    while len(api.updates.attempts) < 2:
        await api.updates.looked()
    assert {status for _, status in api.updates.attempts} == {503}
    await file.run(lambda c: c.execute(text("alter table away rename to conversation")))
    await tepai.settle()
    assert mei.chat.texts() == ["1: are you there?"]
    await tepai.close()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PARTS = ("message", "edited_message", "callback_query", "my_chat_member", "channel_post", "poll", "of_the_future")
FIELDS = (
    "message_id",
    "chat",
    "from",
    "text",
    "photo",
    "contact",
    "location",
    "data",
    "document",
    "caption",
    "entities",
)


def broken(base: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A good update with a few of its fields replaced by anything."""
    return st.dictionaries(st.sampled_from(FIELDS), values, max_size=4).map(
        lambda more: {"update_id": 5, "message": {**base["message"], **more}}
    )


@given(
    data=st.dictionaries(st.sampled_from(PARTS), values, max_size=3).map(lambda parts: {"update_id": 1, **parts})
    | broken(update())
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_update_stops_the_next_one(hooked: Tepai, data: dict[str, Any]) -> None:
    receiver: Receiver = hooked.adapter.receiver
    receiver._taken.clear()
    for _ in range(5):  # given up after a few tries at the latest
        try:
            await receiver.take(data)
            break
        except Exception as error:
            assert type(error).__name__ == "NotTaken"
    else:
        raise AssertionError("it would come again and again")


@given(
    words=st.text(max_size=40) | st.sampled_from(["/start", "/start abc", "/help@bot", "/start@bot  a b"]),
    chat=st.fixed_dictionaries({"id": st.integers(-(2**40), 2**40), "type": st.sampled_from(["private", "group"])}),
    sender=st.fixed_dictionaries(
        {"id": st.integers(1, 2**40), "is_bot": st.booleans(), "first_name": st.text(max_size=5)},
        optional={"language_code": st.sampled_from(["zh-hans", "en", "de", ""])},
    ),
    more=st.dictionaries(st.sampled_from(["edit_date", "caption", "future"]), st.integers(1, 9), max_size=1),
)
@settings(max_examples=200, deadline=None)
def test_the_short_way_to_plain_words_leads_where_the_long_one_does(
    words: str, chat: dict[str, Any], sender: dict[str, Any], more: dict[str, Any]
) -> None:
    data = {
        "update_id": 1,
        "message": {"message_id": 5, "date": 1, "chat": chat, "from": sender, "text": words, **more},
    }
    shortly = plain(data)
    expected = chat["type"] == "private" and not sender["is_bot"] and not more
    assert (shortly is not None) == expected
    if shortly is not None:
        assert shortly == read_any(data)
