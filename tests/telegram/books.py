"""What the Bot API server of the tests remembers: chats, their messages with every version, and all calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shown:
    """One message of a chat. `versions`: the text and the buttons' labels by token, as sent and after each edit."""

    id: int
    sender: str
    text: str = ""
    markup: dict[str, Any] | None = None
    file: tuple[str, str, bytes] | None = None
    versions: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    html: str = ""
    thread: int | None = None

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The inline buttons, row after row."""
        return [button for row in (self.markup or {}).get("inline_keyboard", []) for button in row]

    def keep_version(self) -> None:
        self.versions.append((self.text, {button["callback_data"]: button["text"] for button in self.buttons}))


@dataclass
class Topic:
    """A topic of a forum."""

    name: str
    closed: bool = False


@dataclass
class Chat:
    """A private chat or a group. `reply_keyboard`: what stands where the letters' keyboard would be. `topics` by their
    thread, None in a group without any; `manages_topics`: what the bot may do there."""

    id: int
    type: str = "private"
    language: str | None = "zh-hans"
    name: str = "小林"
    blocked: bool = False
    messages: dict[int, Shown] = field(default_factory=dict)
    reply_keyboard: dict[str, Any] | None = None
    typing: int = 0
    topics: dict[int, Topic] | None = None
    manages_topics: bool = True

    def by_bot(self) -> list[Shown]:
        """The bot's messages, in the order in which they arrived."""
        return [message for message in self.messages.values() if message.sender == "bot"]

    def texts(self) -> list[str]:
        return [message.text for message in self.by_bot()]

    def as_json(self) -> dict[str, Any]:
        if self.type == "private":
            return {"id": self.id, "type": "private", "first_name": self.name}
        forum = {"is_forum": True} if self.topics is not None else {}
        return {"id": self.id, "type": self.type, "title": "Group", **forum}

    def customer(self) -> dict[str, Any]:
        person: dict[str, Any] = {"id": abs(self.id), "is_bot": False, "first_name": self.name}
        return {**person, "language_code": self.language} if self.language else person


@dataclass(frozen=True)
class Call:
    """One call that was answered. `refused`: why, or "" for one that was done."""

    method: str
    parameters: dict[str, Any]
    refused: str = ""

    @property
    def chat(self) -> int | None:
        found = self.parameters.get("chat_id")
        return int(found) if found is not None else None


@dataclass
class Books:
    """Everything there is to look at afterwards."""

    bot: dict[str, Any]
    chats: dict[int, Chat] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    queries: dict[str, float] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    webhook: dict[str, Any] | None = None
    last_message: int = 0

    def next_message(self) -> int:
        self.last_message += 1
        return self.last_message

    def add(self, chat: Chat, sender: str, **fields: Any) -> Shown:
        shown = Shown(self.next_message(), sender, **fields)
        shown.keep_version()
        chat.messages[shown.id] = shown
        return shown

    def done(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of this method that were done."""
        return [
            call
            for call in self.calls
            if call.method == method.lower() and not call.refused and chat in (None, call.chat)
        ]

    def refusals(self) -> list[Call]:
        return [call for call in self.calls if call.refused]

    def as_json(self, chat: Chat, shown: Shown) -> dict[str, Any]:
        """The message as the Bot API shows it."""
        found: dict[str, Any] = {
            "message_id": shown.id,
            "date": int(time.time()),
            "chat": chat.as_json(),
            "from": self.bot if shown.sender == "bot" else chat.customer(),
        }
        if shown.thread is not None:
            found |= {"message_thread_id": shown.thread, "is_topic_message": True}
        if shown.text:
            found["text"] = shown.text
        if shown.file is not None:
            kind, name, data = shown.file
            found[kind] = (
                [{"file_id": f"sent{shown.id}", "file_unique_id": "u", "width": 1, "height": 1, "file_size": len(data)}]
                if kind == "photo"
                else {"file_id": f"sent{shown.id}", "file_unique_id": "u", "file_name": name, "file_size": len(data)}
            )
        if shown.markup and "inline_keyboard" in shown.markup:
            found["reply_markup"] = shown.markup
        return found
