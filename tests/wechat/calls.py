"""The calls that a strict WeChat takes, and the error codes it answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from aiohttp import web

from tests.wechat.books import Customer, Shown, TokenBook

APP_ID = "wx5a1e2f3c4d5e6f70"
SECRET = "0123456789abcdef0123456789abcdef"
TEMPLATE = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY"
MOST_BYTES = 2048
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")


class Calls:
    """`mood`: "up", "down" (nobody answers), "lost" (what is asked is done, and nobody answers), "busy" (-1), "html",
    or "blocked" (the address is not on the list)."""

    clock: Callable[[], float]
    verified: bool
    menus: bool
    mood: str
    customers: dict[str, Customer]
    tokens: TokenBook
    media: dict[str, bytes]
    videos: set[str]
    url: str
    menu: dict[str, Any] | None
    calls: Counter[str]
    errors: Counter[int]
    typed: list[str]
    before_answer: Callable[[str], Awaitable[None]] | None

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls[path] += 1
        if self.before_answer:
            await self.before_answer(path)
        match self.mood:
            case "down":
                return _hung_up(request)
            case "lost":
                await self._done(request, path)
                return _hung_up(request)
            case "html":
                return web.Response(text="<html>502</html>", content_type="text/html")
            case "busy":
                return self._error(-1)
            case "blocked":
                return self._error(40164)
        return await self._done(request, path)

    async def _done(self, request: web.Request, path: str) -> web.StreamResponse:
        if path == "stable_token":
            return await self._stable_token(request)
        if code := self.tokens.check(request.query.get("access_token", ""), self.clock()):
            return self._error(code)
        handler = self._handlers.get((request.method, path))
        if handler is None:
            return web.Response(status=404, text="no such call")
        found = await handler(self, request)
        return found if isinstance(found, web.Response) else self._error(found)

    def _error(self, code: int) -> web.Response:
        if code:
            self.errors[code] += 1
        return web.json_response({"errcode": code, "errmsg": "ok" if code == 0 else f"error {code} rid: 1"})

    async def _stable_token(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if request.method != "POST" or asked.get("grant_type") != "client_credential":
            return self._error(40002)
        if asked.get("appid") != APP_ID:
            return self._error(40013)
        if asked.get("secret") != SECRET:
            return self._error(40125)
        return web.json_response(self.tokens.give(self.clock(), force=bool(asked.get("force_refresh"))))

    async def _send(self, request: web.Request) -> int:
        if not self.verified:
            return 48001
        sent = await request.json()
        customer = self.customers.get(sent.get("touser", ""))
        if customer is None:
            return 40003
        if not customer.follows:
            return 43004
        text, menu, picture = self._message(sent)
        if menu and not self.menus:
            return 40200
        if picture and picture not in self.media:
            return 40007
        if not text.strip() and not menu and not picture:
            return 44004
        if len(text.encode()) > MOST_BYTES:
            return 45002
        if code := customer.may_send(self.clock()):
            return code
        customer.shown.append(Shown("api", text, menu, self.media.get(picture)))
        return 0

    @staticmethod
    def _message(sent: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...], str]:
        """The text, the menu and the picture's id."""
        match sent:
            case {"msgtype": "text", "text": {"content": str(text)}}:
                return text, (), ""
            case {"msgtype": "image", "image": {"media_id": str(id)}}:
                return "", (), id
            case {"msgtype": "msgmenu", "msgmenu": {"head_content": str(text), "list": list(items)}}:
                menu = tuple((str(item["id"]), str(item["content"])) for item in items)
                assert all(id.isdecimal() and content for id, content in menu), menu
                return text, menu, ""
        raise web.HTTPBadRequest(text="not a message")

    async def _typing(self, request: web.Request) -> int:
        if not self.verified:
            return 48001
        asked = await request.json()
        if asked.get("command") not in ("Typing", "CancelTyping"):
            return 47001
        self.typed.append(asked["touser"])
        return 0

    async def _user(self, request: web.Request) -> web.Response | int:
        if not self.verified:
            return 48001
        customer = self.customers.get(request.query.get("openid", ""))
        if customer is None:
            return 40003
        return web.json_response({"subscribe": 1, "openid": customer.openid, "language": customer.language})

    async def _media(self, request: web.Request) -> web.Response | int:
        id = request.query.get("media_id", "")
        if id not in self.media:
            return 40007
        if id in self.videos:
            return web.json_response({"video_url": f"{self.url}/videos/{id}"})
        return web.Response(body=self.media[id], content_type="image/jpeg")

    async def _video(self, request: web.Request) -> web.Response:
        assert not request.query, "where a video is needs no token"
        return web.Response(body=self.media[request.match_info["id"]], content_type="video/mp4")

    async def _upload(self, request: web.Request) -> web.Response | int:
        """As strict as WeChat: a form that says its file's name in a newer way is one without a file."""
        if not self.verified:
            return 48001
        body = await request.read()
        found = re.search(rb'name="media"; filename="([\w.-]+)"\r\n', body)
        if request.query.get("type") != "image" or found is None or b"filename*" in body:
            return 41005
        data = body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        if not found[1].endswith((b".png", b".jpeg", b".jpg", b".gif")) or not data.startswith(PICTURES):
            return 40004
        if len(data) > 10 * 1024 * 1024:
            return 40009
        id = f"given-{len(self.media)}"
        self.media[id] = data
        return web.json_response({"type": "image", "media_id": id, "created_at": int(self.clock())})

    async def _menu(self, request: web.Request) -> int:
        menu = await request.json()
        buttons = menu.get("button", [])
        if not 1 <= len(buttons) <= 3:
            return 40016
        for button in buttons:
            below = button.get("sub_button", [])
            if len(below) > 5:
                return 40023
            for item, most in [(button, 16), *((each, 60) for each in below)]:
                if code := _menu_item(item, most, has_more=bool(below) and item is button):
                    return code
        self.menu = menu
        return 0

    async def _template(self, request: web.Request) -> int:
        sent = await request.json()
        customer = self.customers.get(sent.get("touser", ""))
        if customer is None:
            return 40003
        if sent.get("template_id") != TEMPLATE:
            return 40037
        values = [item["value"] for item in sent["data"].values()]
        customer.shown.append(Shown("template", "\n".join(values)))
        return 0

    _handlers: ClassVar[Any] = {
        ("POST", "message/custom/send"): _send,
        ("POST", "message/custom/typing"): _typing,
        ("GET", "user/info"): _user,
        ("GET", "media/get"): _media,
        ("POST", "media/upload"): _upload,
        ("POST", "menu/create"): _menu,
        ("POST", "message/template/send"): _template,
        ("POST", "message/subscribe/bizsend"): _template,
    }


def _hung_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def _menu_item(item: dict[str, Any], most: int, *, has_more: bool) -> int:
    if not 0 < len(item.get("name", "").encode()) <= most:
        return 40018
    if has_more:
        return 0
    match item:
        case {"type": "click", "key": str(key)} if 0 < len(key.encode()) <= 128:
            return 0
        case {"type": "view", "url": str(url)} if url.startswith(("http://", "https://")) and len(url) <= 1024:
            return 0
    return 40019
