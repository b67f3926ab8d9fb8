"""The calls that a strict WeChat takes, and the error codes it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from aiohttp import web

from tests.wechat.books import Customer, Shown, TokenBook

APP_ID = "wx5a1e2f3c4d5e6f70"
SECRET = "0123456789abcdef0123456789abcdef"
TEMPLATE = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY"
MOST_BYTES = 2048


class Calls:
    """`mood`: "up", "down" (nobody answers), "busy" (-1), "html", or "blocked" (the address is not on the list)."""

    clock: Callable[[], float]
    verified: bool
    menus: bool
    mood: str
    customers: dict[str, Customer]
    tokens: TokenBook
    media: dict[str, bytes]
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
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "html":
                return web.Response(text="<html>502</html>", content_type="text/html")
            case "busy":
                return self._error(-1)
            case "blocked":
                return self._error(40164)
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
        text, menu = _message(sent)
        if menu and not self.menus:
            return 40200
        if not text.strip() and not menu:
            return 44004
        if len(text.encode()) > MOST_BYTES:
            return 45002
        if code := customer.may_send(self.clock()):
            return code
        customer.shown.append(Shown("api", text, menu))
        return 0

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
        found = self.media.get(request.query.get("media_id", ""))
        if found is None:
            return 40007
        return web.Response(body=found, content_type="image/jpeg")

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
        ("POST", "menu/create"): _menu,
        ("POST", "message/template/send"): _template,
        ("POST", "message/subscribe/bizsend"): _template,
    }


def _message(sent: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    match sent:
        case {"msgtype": "text", "text": {"content": str(text)}}:
            return text, ()
        case {"msgtype": "msgmenu", "msgmenu": {"head_content": str(text), "list": list(items)}}:
            menu = tuple((str(item["id"]), str(item["content"])) for item in items)
            assert all(id.isdecimal() and content for id, content in menu), menu
            return text, menu
    raise web.HTTPBadRequest(text="not a message")


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
