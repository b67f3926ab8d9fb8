"""Other sites, floods and frames are kept out."""

from __future__ import annotations

import aiohttp
import pytest

from adapters.web.guard import RateLimit
from adapters.web.problems import Problem
from adapters.web.words import LANGUAGES
from adapters.webchat.words import words
from tests.webchat.browser import Browser
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer

OTHER_SITE = "https://elsewhere.example"
BODY = {"id": "0123456789", "text": "forged"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": OTHER_SITE},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_another_sites_posts_are_refused(
    visitor: Browser, service: MemoryService, headers: dict[str, str]
) -> None:
    await visitor.open()
    status, body = await visitor.post(BODY, **headers)
    assert (status, body["error"]) == (403, "other_site")
    for path in ("/chat/files", "/chat/new", "/chat/writing"):
        async with visitor.http.post(path, headers=headers) as answer:
            assert answer.status == 403
    assert service.received == []


async def test_a_post_that_names_no_origin_is_refused(server: LiveServer, visitor: Browser) -> None:
    await visitor.open()
    async with aiohttp.ClientSession(server.url, cookie_jar=visitor.http.cookie_jar) as bare:
        async with bare.post("/chat/messages", json=BODY) as answer:
            assert answer.status == 403
        async with bare.post("/chat/messages", json=BODY, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            assert answer.status == 202


async def test_another_sites_socket_is_refused(visitor: Browser) -> None:
    await visitor.open()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.http.ws_connect("/chat/live", headers={"Origin": OTHER_SITE})
    assert refused.value.status == 403


async def test_a_public_origin_behind_a_proxy_can_be_named(service: MemoryService) -> None:
    server = LiveServer(service, origins=["https://chat.tepai.example/"])
    server.start()
    async with Browser(server.url) as visitor:
        await visitor.open()
        assert (await visitor.post(BODY, Origin="https://chat.tepai.example"))[0] == 202
        assert (await visitor.post(BODY, Origin=OTHER_SITE))[0] == 403
    server.stop()


@pytest.mark.parametrize(
    "path",
    ["/", "/chat", "/demo/outbox", "/chat/history", "/chat/embed.js", "/chat/static/chat.js"],
)
async def test_every_answer_has_a_strict_policy(visitor: Browser, path: str) -> None:
    await visitor.open()
    async with visitor.http.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_named_sites_may_frame_the_chat(service: MemoryService) -> None:
    server = LiveServer(service, embedders=["https://shop.example"])
    server.start()
    async with Browser(server.url) as visitor, visitor.http.get("/chat") as answer:
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://shop.example")
        assert {"SameSite=None", "Secure", "Partitioned"} <= set(answer.headers["Set-Cookie"].split("; "))
    server.stop()


async def test_a_burst_is_fine_and_a_flood_is_told_when_to_go_on(visitor: Browser, stranger: Browser) -> None:
    await visitor.open()
    await stranger.open()
    statuses = [(await visitor.say("hi"))[0] for _ in range(40)]
    assert statuses[:20] == [202] * 20
    assert 429 in statuses
    async with visitor.http.post("/chat/messages", json=BODY) as answer:
        assert int(answer.headers["Retry-After"]) >= 1
    assert (await stranger.say("hi"))[0] == 202


def test_the_bucket_fills_again_and_forgets() -> None:
    now = 0.0
    limit = RateLimit(burst=2, seconds=10, visitors=2, clock=lambda: now)
    for visitor in ("a", "a", "b"):
        limit.spend(visitor)
    with pytest.raises(Problem) as refused:
        limit.spend("a")
    assert refused.value.retry_after == 10
    now = 10.0
    limit.spend("a")
    limit.spend("c")
    assert list(limit._full_again) == ["a", "c"]


async def test_pages_speak_the_language_asked_for(visitor: Browser) -> None:
    for path in ("/", "/chat", "/demo/outbox"):
        for language, hint in (
            ("zh", "演示" if path != "/chat" else "在线客服"),
            ("en", "Demo" if path != "/chat" else "Support"),
        ):
            async with visitor.http.get(path, params={"lang": language}) as answer:
                assert answer.headers["Content-Language"] == language
                assert hint in await answer.text()


async def test_without_a_wish_the_browsers_language_decides(visitor: Browser, stranger: Browser) -> None:
    async with visitor.http.get("/chat", headers={"Accept-Language": "fr, en-GB;q=0.8, zh;q=0.5"}) as answer:
        assert answer.headers["Content-Language"] == "en"
    async with stranger.http.get("/chat") as answer:
        assert answer.headers["Content-Language"] == "zh"


async def test_the_chosen_language_goes_with_every_message(visitor: Browser, service: MemoryService) -> None:
    await visitor.open("?lang=en")
    await visitor.open()
    await visitor.say("123")
    assert service.received[0].language == "en"


def test_both_languages_have_every_text() -> None:
    zh, en = (words(language) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    # A template would find the dictionary's own method first.
    assert not zh.keys() & set(dir(dict))
    for key in zh:
        assert ("{size}" in zh[key]) == ("{size}" in en[key])


async def test_the_outbox_shows_what_was_sent_as_text(visitor: Browser) -> None:
    async with visitor.http.get("/demo/outbox") as answer:
        html = await answer.text()
    assert "482913" in html
    assert "&lt;b&gt;" in html
    assert "2026-09-21" in html


async def test_persona_cards_lead_into_the_chat(visitor: Browser) -> None:
    async with visitor.http.get("/?lang=en") as answer:
        assert 'href="/chat?lang=en&amp;link=for-lin"' in await answer.text()
