"""What travels between a channel and the dialogue: channel-neutral messages.

An adapter turns bytes into an `Incoming` and an `Outgoing` into its channel's calls. Nothing in here
knows Telegram, WeChat, the web or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Address:
    """Where one chat lives: the channel's name and the channel's own id of the chat."""

    channel: str
    chat: str

    @property
    def conversation(self) -> str:
        """The conversation's id, unique over all channels: every hot table's key begins with it."""
        return f"{self.channel}:{self.chat}"

    @classmethod
    def of(cls, conversation: str) -> Address:
        """The address behind a conversation's id."""
        channel, _, chat = conversation.partition(":")
        return cls(channel, chat)


class AttachmentKind(StrEnum):
    """What kind of thing came along with a message, whatever the channel calls it."""

    IMAGE = "image"
    FILE = "file"
    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, file or the like. `ref` is where its bytes are: the id of a stored attachment, "" where there are
    none. `name` says the rest: a file's name, a contact's phone number, a place's address."""

    kind: AttachmentKind
    ref: str
    name: str = ""
    media_type: str = "application/octet-stream"
    size: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a customer.

    `message_id` is the channel's own id, unique within the chat: a second arrival of the same id is a
    duplicate. `ready_made`: the text is a menu's and not in the customer's own words, so its language is not theirs.
    `pressed` is the opaque token of a pressed button, `link` the signed payload of a deep
    link, `language` a hint of the client ("zh" or "en"); `None` where there is none. `seen`: a choice's token of the
    newest question that had been shown when the customer wrote, "" when none had; `None` where whatever was asked is
    seen at once.
    """

    address: Address
    message_id: str
    text: str = ""
    pressed: str | None = None
    attachments: tuple[Attachment, ...] = ()
    link: str | None = None
    language: str | None = None
    seen: str | None = None
    ready_made: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A button, or a numbered line where a channel has no buttons. `token` comes back in `pressed`."""

    token: str
    label: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to a customer: the text as rendered, the text key and values it was made from, and the language
    it is in ("" where nobody said)."""

    text: str
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    key: str = ""
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    sender: str = "bot"
    language: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a conversation's history. `sender`: "customer", "bot" or "staff". `message_id` is set on
    the customer's own lines; `pressed` tells that the text is the label of a pressed button."""

    seq: int
    at: float
    sender: str
    text: str
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    message_id: str | None = None
    pressed: bool = False


_INCOMING = TypeAdapter(Incoming)
_OUTGOING = TypeAdapter(Outgoing)


def incoming_to_json(message: Incoming) -> dict[str, Any]:
    """The message as plain JSON values, for the store."""
    found: dict[str, Any] = _INCOMING.dump_python(message, mode="json", exclude_defaults=True)
    return found


def incoming_from_json(data: Mapping[str, Any]) -> Incoming:
    """The reverse of `incoming_to_json`."""
    return _INCOMING.validate_python(dict(data))


def outgoing_to_json(message: Outgoing) -> dict[str, Any]:
    """The message as plain JSON values, for the lane's log."""
    return {
        "text": message.text,
        "choices": [{"token": c.token, "label": c.label} for c in message.choices],
        "attachments": [
            {"kind": a.kind.value, "ref": a.ref, "name": a.name, "media_type": a.media_type, "size": a.size}
            for a in message.attachments
        ],
        "key": message.key,
        "values": dict(message.values),
        "sender": message.sender,
        "language": message.language,
    }


def outgoing_from_json(data: Mapping[str, Any]) -> Outgoing:
    """The reverse of `outgoing_to_json`."""
    return _OUTGOING.validate_python(dict(data))
