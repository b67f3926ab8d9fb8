"""Plays conversation scripts through the strict WeChat server: the same scripts, another `Driver`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette

from adapters.wechat import Adapter, wording
from adapters.wechat.reading import menu_id_of
from bot.bootstrap import performers
from bot.dialogue.conversation import Conversation
from bot.dialogue.engine import Engine
from bot.messages import Attachment, AttachmentKind, Choice, Incoming, Outgoing, outgoing_from_json, outgoing_to_json
from bot.runtime.service import Runtime
from bot.store.tables import conversation, outbox, wechat_letter
from bot.store.wechat import WechatRecords
from tests.conversations.ground import Ground
from tests.conversations.script import Script
from tests.conversations.world import RUNTIME, STALL, World, settings, world
from tests.wechat.household import CHAT, OPENID, account, quiet, settled
from tests.wechat.platform import Platform
from tests.wechat.serving import Serving

LONGEST_TYPED = 600
"""Characters that a customer can type into WeChat."""
CARRIED = {"image": "image", "voice": "voice", "video": "video", "location": "location", "file": "file"}
CARRIED |= {"sticker": "emotion", "contact": "business_card"}
PICTURE = b"\xff\xd8\xff\xe0a picture"


@dataclass
class WechatWorld(World):
    """The scripts' world, whose customer is on WeChat."""

    async def conversation(self) -> Conversation:
        found = [row["state"] for row in await self.table(conversation) if row["id"] == CHAT.conversation]
        return Conversation.from_json(found[0] if found else {})


class WechatDriver:
    """The customer's phone. `answers` compares what it shows with what the bot meant to say, word by word."""

    def __init__(self, around: WechatWorld, wechat: Platform, adapter: Adapter) -> None:
        self._around = around
        self._wechat = wechat
        self._adapter = adapter
        self._seen = 0
        self._read = 0
        self._owed: list[wording.Part] = []
        self._numbers: list[Choice] = []
        self._screen: list[str] = []
        self._linked = False

    async def say(self, text: str, times: int = 1) -> None:
        id = self._wechat.new_id()
        await self._push(*[partial(self._wechat.says, OPENID, text[:LONGEST_TYPED], id)] * times)

    async def say_at_once(self, texts: Sequence[str]) -> None:
        await self._push(*[partial(self._wechat.says, OPENID, text) for text in texts])

    async def press(self, token: str, label: str) -> None:
        """By its number where the newest question was shown with numbers, else as in a menu of some earlier time."""
        place = next((place for place, choice in enumerate(self._numbers, 1) if choice.token == token), None)
        if place is not None:
            amount = any(choice.label == label and label[:1] in "¥123456789" for choice in self._numbers)
            await self.say(label if amount else str(place))
        else:
            await self._push(partial(self._wechat.taps, OPENID, menu_id_of(token), label))

    async def attach(self, kind: str, words: str) -> None:
        if words:  # WeChat carries no words with a picture; they come in by the core's own door
            file = Attachment(AttachmentKind(kind), uuid4().hex, f"it.{kind}", "application/octet-stream", 3)
            await self._around.runtime.receive(Incoming(CHAT, uuid4().hex, words, attachments=(file,)))
            await self.let_happen()
            return
        self._wechat.media["media-7"] = PICTURE
        place = {"Location_X": "31.2", "Location_Y": "121.5", "Label": "", "Scale": "20"}
        more = place if kind == "location" else {"MediaId": "media-7"}
        await self._push(partial(self._wechat.sends, OPENID, CARRIED[kind], **more))

    async def open_link(self, token: str) -> None:
        """The first code a customer scans makes them follow the account."""
        first, self._linked = not self._linked, True
        event, key = ("subscribe", f"qrscene_{token}") if first else ("SCAN", token)
        await self._push(partial(self._wechat.does, OPENID, event, key))

    async def tap_menu(self, says: str) -> None:
        """A button of the account's menu."""
        await self._push(partial(self._wechat.does, OPENID, "CLICK", says))

    async def let_happen(self) -> None:
        await quiet(self._around.runtime, self._adapter)

    async def answers(self) -> list[Outgoing]:
        messages = await self._meant()
        shown = self._wechat.customer(OPENID).shown[self._seen :]
        self._seen += len(shown)
        assert not self._wechat.faults, self._wechat.faults
        on_screen = "\n\n".join(item.text for item in shown)
        self._compare(on_screen, messages, await self._kept())
        asked = next((message for message in reversed(messages) if message.choices), None)
        if asked is not None:
            self._screen = on_screen.splitlines()
            self._numbers = self._as_numbered(asked)
            menus = {id for item in shown for id, _ in item.menu}
            missing = [c for c in asked.choices if c not in self._numbers and menu_id_of(c.token) not in menus]
            assert not missing or self._owed, f"not on the screen: {missing}"
        return messages

    async def _push(self, *pushes: Any) -> None:
        for pushed in await settled(self._around.runtime, self._adapter, *pushes):
            assert pushed.answers[-1] is not None, "a push was not answered in time"

    async def _meant(self) -> list[Outgoing]:
        rows = [row for row in await self._around.table(outbox) if row["kind"] == "message" and row["fate"] is None]
        new = sorted((row for row in rows if row["seq"] > self._read), key=lambda row: row["seq"])
        self._read = new[-1]["seq"] if new else self._read
        return [outgoing_from_json(row["payload"]) for row in new]

    async def _kept(self) -> int:
        return sum(row["state"] == "waiting" for row in await self._around.table(wechat_letter))

    def _compare(self, on_screen: str, messages: Sequence[Outgoing], kept: int) -> None:
        parts = self._owed + [part for m in messages for part in wording.cut(outgoing_to_json(m)) if part.text]
        self._owed = parts[len(parts) - kept :] if kept else []
        at, meant = 0, parts[: len(parts) - kept]
        for place, part in enumerate(meant):
            if part.question and any(later.question and later.text == part.text for later in meant[place + 1 :]):
                continue  # asked again below, where it is looked for
            found = on_screen.find(part.text, at)
            assert found >= 0, f"not on the screen, or not in this place: {part!r}\n{on_screen}"
            at = found + len(part.text)

    def _as_numbered(self, asked: Outgoing) -> list[Choice]:
        """Those that were shown as lines with a number."""
        shown = {line.partition(". ")[2] for line in self._screen}
        return [choice for choice in asked.choices if choice.label in shown]


@dataclass
class Stage:
    """What all scripts share: the strict server and the socket of our side."""

    wechat: Platform
    serving: Serving

    async def enter(
        self, script: Script, language: str, engine: Engine, ground: Ground
    ) -> tuple[WechatWorld, WechatDriver, Adapter]:
        """A script's own world, with an adapter of its own."""
        stalls = any(step.order_service == "silent" for step in script.talk)
        plain = await world(ground, engine, script.at, stalls=stalls)
        around = WechatWorld(**{field.name: getattr(plain, field.name) for field in fields(plain)})
        self._renew(around, language)
        adapter = Adapter(account(self.wechat.url), WechatRecords(around.database), around.clock)
        chosen = settings(ground.url, stalls=stalls)
        done = performers(chosen, around.database, around.gateway, None)
        channels = {adapter.channel.name: adapter.channel}
        patience = replace(RUNTIME, read=STALL, act=STALL) if stalls else RUNTIME
        parts = (done, channels, around.gateway, around.links, patience)
        around.runtime = Runtime(around.database, engine, *parts)
        adapter.connect(around.runtime)
        await self.serving.serve(Starlette(routes=adapter.routes()))
        self.wechat.hook = f"{self.serving.url}/wechat"
        return around, WechatDriver(around, self.wechat, adapter), adapter

    def _renew(self, around: WechatWorld, language: str) -> None:
        """A customer whom nobody knows yet."""
        self.wechat.clock = around.clock
        self.wechat.customers.clear()
        self.wechat.tokens.revoke()
        self.wechat.customer(OPENID).language = "zh_CN" if language == "zh" else "en"
