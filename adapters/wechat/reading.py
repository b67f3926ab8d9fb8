"""From a push to what a customer said or did."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from bot.messages import Address, Attachment, AttachmentKind, Incoming

NAME = "wechat"
MEDIA = "wechat:"
"""Before the id of something that is still to be fetched from WeChat."""
GREETING = "/start"
"""Who follows the account is greeted as if they had said hello, in no language."""

_LINK = re.compile(r"[A-Za-z0-9_-]{28,64}")
"""A scene that may be a signed deep link; the account's other scenes are shorter."""
_KINDS = {
    "image": AttachmentKind.IMAGE,
    "voice": AttachmentKind.VOICE,
    "video": AttachmentKind.VIDEO,
    "shortvideo": AttachmentKind.VIDEO,
    "file": AttachmentKind.FILE,
    "emotion": AttachmentKind.STICKER,
    "business_card": AttachmentKind.CONTACT,
}
"""The last three are not in the official account's own documentation; WeChat's other products push them."""
_UNSUPPORTED = ("【收到不支持的消息类型", "[收到不支持的消息类型", "[Unsupported Message]")
"""What WeChat writes in place of stickers and the like."""
_FETCHED = (AttachmentKind.IMAGE, AttachmentKind.VOICE, AttachmentKind.VIDEO, AttachmentKind.FILE)


@dataclass(frozen=True, slots=True)
class Push:
    """What came. `incoming`: what it says; None for what wants no answer. `opens`: why it allows messages to the
    customer: "message", "click", "scan", "follow", or "" when it does not. `kind`: its type, for the counter."""

    openid: str
    id: str
    kind: str
    opens: str = ""
    incoming: Incoming | None = None

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return Address(NAME, self.openid).conversation


def read(message: Any) -> Push:
    """What a message of wechatpy's means."""
    data = message._data
    kind = str(data.get("MsgType", "")).strip().lower()
    if kind == "event":
        return _event(message, data)
    openid, id = data["FromUserName"], str(data.get("MsgId") or _fingerprint(data))
    said = _said(kind, data)
    opens = "click" if said.get("pressed") else "message"
    return Push(openid, id, kind, opens, Incoming(Address(NAME, openid), id, **said))


def token_of(menu_id: str) -> str:
    """The choice behind an msgmenu's id; see `menu_id_of`."""
    if menu_id.isascii() and menu_id.isdecimal() and len(menu_id) <= 1000:
        number = int(menu_id)
        try:
            found = number.to_bytes((number.bit_length() + 7) // 8, "big")
            if found[:1] == b"\x01":
                return found[1:].decode()
        except UnicodeDecodeError:
            pass
    return menu_id


def menu_id_of(token: str) -> str:
    """A choice's token as the number that WeChat's examples have for an id."""
    return str(int.from_bytes(b"\x01" + token.encode(), "big"))


def _said(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    if kind in _KINDS and not data.get("Recognition"):
        return {"attachments": (_file(kind, data),)}
    match kind:
        case "text":
            return _typed(data)
        case "link":
            return {"text": "\n".join(str(data[name]) for name in ("Title", "Url") if data.get(name))}
        case "location":
            place = f"{data.get('Location_X')},{data.get('Location_Y')}"
            return {"attachments": (Attachment(AttachmentKind.LOCATION, place, str(data.get("Label") or "")),)}
        case "voice":
            return {"text": str(data["Recognition"])}
    return {"attachments": (Attachment(AttachmentKind.FILE, ""),)}  # whatever it is, it was sent to be answered


def _typed(data: dict[str, Any]) -> dict[str, Any]:
    if menu_id := data.get("bizmsgmenuid"):
        return {"pressed": token_of(str(menu_id))}
    text = data.get("Content") or ""
    if text.startswith(_UNSUPPORTED):
        return {"attachments": (Attachment(AttachmentKind.STICKER, ""),)}
    return {"text": text}


def _file(kind: str, data: dict[str, Any]) -> Attachment:
    file, media = _KINDS[kind], str(data.get("MediaId") or "")
    ref = f"{MEDIA}{media}" if file in _FETCHED and media else ""
    return Attachment(file, ref, name=str(data.get("Title") or data.get("FileName") or ""))


def _event(message: Any, data: dict[str, Any]) -> Push:
    openid, id = data["FromUserName"], _fingerprint(data)
    kind, key = (
        str(getattr(message, "event", "") or data.get("Event") or "").strip().lower(),
        str(data.get("EventKey") or ""),
    )
    address = Address(NAME, openid)
    match kind:
        case "subscribe" | "subscribe_scan":
            opens, incoming = "follow", _came_by(address, id, key)
        case "scan":
            opens, incoming = "scan", _came_by(address, id, key)
        case "click":
            opens, incoming = "click", Incoming(address, id, key, ready_made=True)
        case _:
            return Push(openid, id, kind or "unknown event")
    return Push(openid, id, kind, opens, incoming)


def _came_by(address: Address, id: str, scene: str) -> Incoming:
    if _LINK.fullmatch(scene):
        return Incoming(address, id, link=scene)
    return Incoming(address, id, GREETING)


def _fingerprint(data: dict[str, Any]) -> str:
    """Events have no id of their own."""
    parts = [str(data.get(name) or "") for name in ("FromUserName", "CreateTime", "Event", "EventKey", "MediaId")]
    return "event-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
