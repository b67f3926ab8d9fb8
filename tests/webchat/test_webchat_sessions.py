"""A chat is shown to the browser that holds it, and to no other."""

from __future__ import annotations

from itsdangerous import URLSafeTimedSerializer

from adapters.webchat.session import COOKIE
from tests.webchat.browser import Browser, replayed
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer


async def test_a_message_is_taken_and_answered(visitor: Browser) -> None:
    await visitor.open()
    status, body = await visitor.say("你好")
    assert status == 202
    mine, answer = await visitor.history()
    assert (mine["seq"], mine["sender"], mine["text"]) == (body["seq"], "customer", "你好")
    assert (answer["sender"], answer["text"]) == ("bot", "echo: 你好")


async def test_another_browser_sees_nothing_of_it(visitor: Browser, stranger: Browser) -> None:
    await visitor.open()
    await stranger.open()
    await visitor.say("secret")
    assert await stranger.history() == []
    assert await replayed(stranger.by_socket()) == []
    assert await replayed(stranger.by_events()) == []


async def test_without_a_cookie_nothing_is_told_or_taken(server: LiveServer, visitor: Browser) -> None:
    assert (await visitor.say("hello"))[0] == 401
    for path in ("/chat/history", "/chat/events", "/chat/files/f1"):
        async with visitor.http.get(path) as answer:
            assert answer.status == 401
    async with visitor.http.ws_connect("/chat/live") as socket:
        await socket.receive()
        assert socket.close_code == 4401
    assert server.service.received == []


async def test_a_forged_cookie_is_no_cookie(server: LiveServer, visitor: Browser, stranger: Browser) -> None:
    chat = await visitor.chat()
    await visitor.say("secret")
    forged = URLSafeTimedSerializer("guessed", salt="tepai web chat session 1").dumps(["v", chat, None, None])
    stranger.http.cookie_jar.update_cookies({COOKIE: forged})
    async with stranger.http.get("/chat/history") as answer:
        assert answer.status == 401
    assert "secret" not in await stranger.open()
    assert await stranger.chat() != chat


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Browser) -> None:
    async with visitor.http.get("/chat") as answer:
        cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


async def test_behind_https_the_cookie_is_secure(visitor: Browser) -> None:
    async with visitor.http.get("/chat", headers={"X-Forwarded-Proto": "https"}) as answer:
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")


async def test_a_new_conversation_is_empty_and_the_old_page_cannot_write_into_it(visitor: Browser) -> None:
    old = await visitor.chat()
    await visitor.say("before")
    async with visitor.http.post("/chat/new") as answer:
        assert answer.status == 200
    assert await visitor.history() == []
    status, body = await visitor.post({"id": "0123456789", "text": "late", "chat": old})
    assert (status, body["error"]) == (409, "other_chat")
    async with visitor.http.ws_connect(f"/chat/live?chat={old}") as socket:
        await socket.receive()
        assert socket.close_code == 4409


async def test_a_link_enters_the_chat_and_leaves_the_address(visitor: Browser, service: MemoryService) -> None:
    async with visitor.http.get("/chat?link=for-lin&lang=en", allow_redirects=False) as answer:
        assert answer.status == 303
        assert "link" not in answer.headers["Location"]
    (link,) = service.received
    assert (link.link, link.language, link.address.channel) == ("for-lin", "en", "web")
    assert [entry["text"] for entry in await visitor.history()] == ["", "欢迎,for-lin"]


async def test_the_same_customers_link_keeps_the_chat(visitor: Browser) -> None:
    await visitor.open("?link=for-lin")
    await visitor.say("mine")
    await visitor.open("?link=for-lin")
    assert "mine" in [entry["text"] for entry in await visitor.history()]


async def test_another_customers_link_starts_a_new_chat(visitor: Browser) -> None:
    await visitor.open("?link=for-lin")
    await visitor.say("only for Lin")
    await visitor.open("?link=for-wang")
    assert [entry["text"] for entry in await visitor.history()] == ["", "欢迎,for-wang"]


async def test_a_link_never_opens_a_chat_that_may_have_become_somebody_elses(visitor: Browser) -> None:
    await visitor.open()
    await visitor.say("signed in by a code meanwhile")
    await visitor.open("?link=for-wang")
    assert [entry["text"] for entry in await visitor.history()] == ["", "欢迎,for-wang"]


async def test_a_forged_link_changes_no_chat_and_the_bot_hears_of_it(visitor: Browser, service: MemoryService) -> None:
    chat = await visitor.chat()
    await visitor.open("?link=forged")
    assert await visitor.chat() == chat
    assert service.received[-1].link == "forged"


async def test_a_link_while_the_store_is_down_can_be_opened_again(visitor: Browser, service: MemoryService) -> None:
    service.down = True
    async with visitor.http.get("/chat?link=for-lin") as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    service.down = False
    await visitor.open("?link=for-lin")
    assert [entry["text"] for entry in await visitor.history()] == ["", "欢迎,for-lin"]
