"""A strict WeChat on real sockets: pushes as WeChat does, and takes calls as it does, with the test's clock.

Whatever the real one would answer with its fault notice or an error code, this one does too, and keeps books.
"""

from __future__ import annotations

import asyncio
import secrets
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.wechat import crypto
from tests.wechat.books import Customer, Shown, TokenBook
from tests.wechat.calls import APP_ID, MOST_BYTES, SECRET, TEMPLATE, Calls

__all__ = ["AES_KEY", "APP_ID", "FAULT", "NAME", "SECRET", "TEMPLATE", "TOKEN", "Platform", "Pushed"]

TOKEN = "a-token-of-the-tests"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NAME = "gh_0a1b2c3d4e5f"
FAULT = "该公众号提供的服务出现故障，请稍后再试"


class Invalid(Exception):
    """What came back would show the customer the fault notice."""


@dataclass
class Pushed:
    """How a push went. `answers`: of each attempt; None where none came in time."""

    answers: list[str | None] = field(default_factory=list)


@dataclass
class Platform(Calls):
    """One official account as WeChat sees it. `hook`: where it pushes to. `patience`: seconds until it tries again."""

    clock: Callable[[], float]
    verified: bool = True
    menus: bool = True
    patience: float = 5.0
    aes_key: str = AES_KEY
    encrypted: bool = True

    def __post_init__(self) -> None:
        self.hook = ""
        self.customers: dict[str, Customer] = {}
        self.tokens = TokenBook()
        self.media: dict[str, bytes] = {}
        self.videos: set[str] = set()
        """Of `media`, those of which WeChat only says where they are."""
        self.menu: dict[str, Any] | None = None
        self.calls: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()
        self.faults: list[str] = []
        self.typed: list[str] = []
        self.mood = "up"
        """See `Calls`."""
        self.before_answer: Callable[[str], Awaitable[None]] | None = None
        self._ids = iter(range(24_000_000_000_000_001, 25_000_000_000_000_000))

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_route("*", "/cgi-bin/{path:.+}", self._call)
        app.router.add_get("/videos/{id}", self._video)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def stop(self) -> None:
        await self._http.close()
        await self._runner.cleanup()

    def customer(self, openid: str) -> Customer:
        return self.customers.setdefault(openid, Customer(openid))

    # --- pushes -----------------------------------------------------------------------------------------------

    async def says(self, openid: str, text: str, msg_id: int | None = None) -> Pushed:
        return await self.sends(openid, "text", msg_id, Content=text)

    async def taps(self, openid: str, menu_id: str, content: str) -> Pushed:
        """Taps a choice of an msgmenu."""
        fields = {"MsgType": "text", "Content": content, "MsgId": self.new_id(), "bizmsgmenuid": menu_id}
        return await self.push(openid, "short", fields)

    async def sends(self, openid: str, kind: str, msg_id: int | None = None, **fields: str) -> Pushed:
        return await self.push(openid, "long", {"MsgType": kind, "MsgId": msg_id or self.new_id(), **fields})

    async def does(self, openid: str, event: str, key: str = "", opens: str = "short") -> Pushed:
        """An event: subscribe, SCAN, CLICK, VIEW …"""
        self.customer(openid).follows = event != "unsubscribe"
        return await self.push(openid, opens, {"MsgType": "event", "Event": event, "EventKey": key})

    async def push(self, openid: str, opens: str, fields: dict[str, Any]) -> Pushed:
        customer, pushed = self.customer(openid), Pushed()
        if opens:
            customer.open(opens, self.clock())
        xml = self.written(openid, fields)
        for _ in range(3):
            try:
                answer = await self.attempt(xml)
                pushed.answers.append(answer)
                if answer is not None:
                    if text := self.read(answer, openid):
                        customer.shown.append(Shown("passive", text))
                    return pushed
            except Invalid as error:
                self.faults.append(str(error))
                break
        customer.shown.append(Shown("fault", FAULT))
        return pushed

    def new_id(self) -> int:
        return next(self._ids)

    def written(self, openid: str, fields: dict[str, Any]) -> str:
        """As WeChat writes it: texts in CDATA, numbers bare."""
        head = {"ToUserName": NAME, "FromUserName": openid, "CreateTime": int(self.clock())}
        return f"<xml>{''.join(_node(name, value) for name, value in {**head, **fields}.items())}</xml>"

    async def attempt(self, xml: str) -> str | None:
        """The body that came back; None when none came in time."""
        query, body = self.signed(xml)
        timeout = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with self._http.post(self.hook, params=query, data=body, timeout=timeout) as answer:
                if answer.status != 200:
                    raise Invalid(f"HTTP {answer.status}")
                return await answer.text()
        except TimeoutError:
            return None
        except aiohttp.ClientError:
            await asyncio.sleep(self.patience)  # a broken connection is tried again no sooner
            return None

    def signed(self, xml: str) -> tuple[dict[str, str], bytes]:
        timestamp, nonce = str(int(self.clock())), secrets.token_hex(5)
        query = {"signature": crypto.sign(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        if not self.encrypted:
            return query, xml.encode()
        sealed = crypto.encrypt(self.aes_key, APP_ID, xml)
        query |= {"encrypt_type": "aes", "msg_signature": crypto.sign(TOKEN, timestamp, nonce, sealed)}
        body = f"<xml><ToUserName><![CDATA[{NAME}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return query, body.encode()

    def read(self, answer: str, openid: str) -> str | None:
        """The text of an answer; None for "success". Raises `Invalid` for what WeChat would not take."""
        if answer in ("success", ""):
            return None
        inner = _fields(answer)
        if self.encrypted:
            envelope = inner
            if set(envelope) != {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}:
                raise Invalid(f"envelope of {sorted(envelope)}")
            right = crypto.sign(TOKEN, envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"])
            if envelope["MsgSignature"] != right:
                raise Invalid("wrong signature")
            try:
                inner = _fields(crypto.decrypt(self.aes_key, APP_ID, envelope["Encrypt"]))
            except ValueError as error:
                raise Invalid(f"cannot be decrypted: {error}") from None
        return self._text(inner, openid)

    def _text(self, fields: dict[str, str], openid: str) -> str:
        if set(fields) != {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}:
            raise Invalid(f"answer of {sorted(fields)}")
        if (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) != (openid, NAME, "text"):
            raise Invalid("for somebody else, or no text")
        if not fields["CreateTime"].isdecimal() or abs(int(fields["CreateTime"]) - self.clock()) > 60:
            raise Invalid("CreateTime")
        if not fields["Content"].strip() or len(fields["Content"].encode()) > MOST_BYTES:
            raise Invalid(f"a text of {len(fields['Content'].encode())} bytes")
        return fields["Content"]


def _node(name: str, value: Any) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    safe = str(value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{safe}]]></{name}>"


def _fields(xml: str) -> dict[str, str]:
    try:
        root = ET.fromstring(xml)
    except ET.ParseError as error:
        raise Invalid(f"no XML: {error}") from None
    names = [node.tag for node in root]
    if root.tag != "xml" or len(set(names)) != len(names) or any(len(node) for node in root):
        raise Invalid("not the XML of an answer")
    return {node.tag: node.text or "" for node in root}
