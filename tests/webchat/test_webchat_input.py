"""Whatever is posted: taken once, or refused with a clear JSON answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from adapters.web.problems import Problem
from adapters.webchat.reading import Posted, read_message
from bot.content import clean
from tests.webchat.browser import Browser
from tests.webchat.memory_service import MemoryService

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
ID = "0123456789abcdef"


async def test_the_same_id_is_taken_once(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    first = await visitor.say("once", ID)
    assert await visitor.say("once", ID) == first
    assert [message.text for message in service.received] == ["once"]


async def test_a_press_carries_its_token(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    status, _ = await visitor.post({"id": ID, "press": "1.a"})
    assert status == 202
    assert (service.received[0].pressed, service.received[0].text) == ("1.a", "")


async def test_twenty_thousand_characters_are_taken(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    text = "好" * 19_999 + "🎉"
    assert (await visitor.say(text))[0] == 202
    assert service.received[0].text == text


async def test_one_more_is_refused(visitor: Browser) -> None:
    await visitor.open()
    status, body = await visitor.say("好" * 20_001)
    assert (status, body["error"]) == (400, "too_long")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 200_000, "not_json"),
        (b"9" * 10_000, "not_json"),
        (b"[]", "bad_message"),
        ({"id": ID}, "bad_message"),
        ({"id": ID, "text": "a", "press": "b"}, "bad_message"),
        ({"id": ID, "text": 5}, "bad_message"),
        ({"id": ID, "text": None}, "bad_message"),
        ({"id": ID, "press": ["1.a"]}, "bad_message"),
        ({"id": ID, "press": "x" * 300}, "bad_message"),
        ({"id": ID, "text": "a", "chat": 7}, "bad_message"),
        ({"text": "a"}, "bad_id"),
        ({"id": 17, "text": "a"}, "bad_id"),
        ({"id": "short", "text": "a"}, "bad_id"),
        ({"id": "link:0123456789", "text": "a"}, "bad_id"),
        ({"id": ID + "\n", "text": "a"}, "bad_id"),
    ],
)
async def test_malformed_bodies_are_told_what_is_wrong(
    visitor: Browser, service: MemoryService, body: Any, code: str
) -> None:
    await visitor.open()
    status, answer = await visitor.post(body)
    assert (status, answer["error"]) == (400, code)
    assert answer["message"]
    assert service.received == []


async def test_a_huge_body_is_refused_while_it_comes(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()

    async def of_unknown_length() -> Any:
        for _ in range(4):
            yield b" " * 65_536

    async with visitor.http.post("/chat/messages", data=of_unknown_length()) as answer:
        assert (answer.status, (await answer.json())["error"]) == (413, "too_large")
    assert service.received == []


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉", "مرحبا", "<script>alert(1)</script>", "a\nb\tc"])
async def test_odd_words_are_taken_as_they_are(visitor: Browser, service: MemoryService, text: str) -> None:
    await visitor.open()
    assert (await visitor.say(text))[0] == 202
    assert service.received[0].text == text


async def test_what_no_database_keeps_is_left_out(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    await visitor.post(b'{"id": "0123456789", "text": "a\\u0000b\\ud800c\\u001bd\\r\\ne"}')
    assert service.received[0].text == "abcd\ne"


@given(st.text(st.characters(codec=None, categories=None)))
def test_clean_text_can_always_be_kept(text: str) -> None:
    kept = clean(text)
    kept.encode()
    assert "\0" not in kept
    assert clean(kept) == kept


@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(
            lambda value: json.dumps(value).encode(),
            _JSON := st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(["id", "text", "press", "chat"]) | st.text(max_size=5), inner, max_size=4
                    )
                ),
                max_leaves=8,
            ),
        ),
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])
async def test_any_body_is_read_or_a_problem(body: bytes) -> None:
    try:
        posted = await read_message(_request(body))
    except Problem as problem:
        assert 400 <= problem.status < 500
    else:
        assert isinstance(posted, Posted)


def _request(body: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_while_the_store_is_down_nothing_is_acknowledged(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    service.down = True
    status, body = await visitor.say("hello", ID)
    assert (status, body["error"]) == (503, "unavailable")
    assert (await visitor.upload("a.png", "image/png", PNG))[0] == 503
    service.down = False
    assert (await visitor.say("hello", ID))[0] == 202
    assert len(service.received) == 1


async def test_a_picture_goes_in_and_comes_back(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    status, _ = await visitor.upload("photo.png", "image/png", PNG)
    assert status == 202
    (file,) = (await visitor.history())[0]["attachments"]
    assert (file["kind"], file["name"], file["size"]) == ("image", "photo.png", len(PNG))
    async with visitor.http.get(f"/chat/files/{file['ref']}") as answer:
        assert await answer.read() == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_another_chats_file_does_not_exist(visitor: Browser, stranger: Browser) -> None:
    await visitor.open()
    await stranger.open()
    await visitor.upload("photo.png", "image/png", PNG)
    ref = (await visitor.history())[0]["attachments"][0]["ref"]
    async with stranger.http.get(f"/chat/files/{ref}") as answer:
        assert answer.status == 404
        assert PNG not in await answer.read()


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("page.html", "text/html", b"<script>alert(1)</script>"),
        ("drawing.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        ("photo.png", "image/png", b"<script>alert(1)</script>"),
    ],
)
async def test_what_could_carry_scripts_is_only_downloaded(
    visitor: Browser, name: str, media_type: str, data: bytes
) -> None:
    await visitor.open()
    assert (await visitor.upload(name, media_type, data))[0] == 202
    (file,) = (await visitor.history())[0]["attachments"]
    async with visitor.http.get(f"/chat/files/{file['ref']}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_files_name_is_only_a_name(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    body = _form("../../etc/passwd\\进度\u202e\x1b.txt")
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    async with visitor.http.post("/chat/files", data=body, headers=headers) as answer:
        assert answer.status == 202
    assert service.received[0].attachments[0].name == "进度.txt"
    async with visitor.http.get("/chat/files/f1") as answer:
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E8%BF%9B%E5%BA%A6.txt"


def _form(name: str) -> bytes:
    fields = f'--cut\r\nContent-Disposition: form-data; name="id"\r\n\r\n{ID}\r\n--cut\r\n'
    file = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--cut--\r\n'
    return (fields + file).encode()


@pytest.mark.parametrize("size", [5 * 1024 * 1024 + 1, 9 * 1024 * 1024])
async def test_a_file_too_large_is_refused(visitor: Browser, service: MemoryService, size: int) -> None:
    await visitor.open()
    status, body = await visitor.upload("big.bin", "application/zip", b"\0" * size)
    assert (status, body["error"]) == (413, "too_large")
    assert service.received == []


async def test_five_megabytes_are_taken(visitor: Browser) -> None:
    await visitor.open()
    assert (await visitor.upload("big.bin", "application/zip", b"\0" * 5 * 1024 * 1024))[0] == 202


async def test_forms_that_are_none_are_told_so(visitor: Browser) -> None:
    await visitor.open()
    two = aiohttp.FormData()
    two.add_field("id", str(uuid4()))
    for _ in range(2):
        two.add_field("file", b"x", filename="a.txt")
    empty = aiohttp.FormData()
    empty.add_field("id", str(uuid4()))
    empty.add_field("file", b"", filename="a.txt")
    for data in (b"nonsense", two, empty):
        async with visitor.http.post("/chat/files", data=data) as answer:
            assert (answer.status, answer.content_type) == (400, "application/json")
    broken = {"Content-Type": "multipart/form-data"}
    async with visitor.http.post("/chat/files", data=b"--x", headers=broken) as answer:
        assert answer.status == 400
