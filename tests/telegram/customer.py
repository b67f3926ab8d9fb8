"""A customer with a Telegram client: everything they do becomes an update as Telegram writes it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from tests.telegram.books import Chat, Shown
from tests.telegram.server import BotApi

PHONE = "8619900000101"
_NUMBERS = itertools.count(10**17)


class Customer:
    """One customer in their private chat, or somebody in a group."""

    def __init__(self, api: BotApi, chat: Chat) -> None:
        self.api = api
        self.chat = chat

    def says(self, text: str, **more: Any) -> Shown:
        """A text as it was typed; commands are marked as such."""
        if text.startswith("/"):
            more["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return self._message(text=text, **more)

    def starts(self, payload: str = "") -> Shown:
        """By the start button, or by a deep link."""
        self.chat.blocked = False
        return self.says(f"/start {payload}".strip())

    def presses(self, token: str, message: Shown | None = None) -> str:
        """A button: of this message, else of the newest that has had it. Returns the query's id."""
        found = message or next(
            (m for m in reversed(self.chat.by_bot()) if any(token in labels for _, labels in m.versions)),
            self.chat.by_bot()[-1],
        )
        query = str(next(_NUMBERS))
        self.api.books.queries[query] = time.monotonic()
        self.put(
            {
                "callback_query": {
                    "id": query,
                    "from": self.chat.customer(),
                    "chat_instance": "1",
                    "data": token,
                    "message": self.api.books.as_json(self.chat, found),
                }
            }
        )
        return query

    def edits(self, message: Shown, text: str) -> None:
        message.text = text
        edited = {**self.api.books.as_json(self.chat, message), "edit_date": int(time.time())}
        self.put({"edited_message": edited})

    def sends_album(self, pictures: Sequence[bytes], caption: str = "", album: str = "a1") -> list[Shown]:
        """Several pictures at once, as a client does by itself; the caption stands under the first."""
        return [
            self.sends_photo(data, caption if place == 0 else "", media_group_id=album)
            for place, data in enumerate(pictures)
        ]

    def sends_photo(self, data: bytes, caption: str = "", **more: Any) -> Shown:
        sizes = [
            {
                "file_id": self._file(data[:9], "s.jpg"),
                "file_unique_id": "s",
                "width": 90,
                "height": 90,
                "file_size": 9,
            },
            {"file_id": self._file(data, "b.jpg"), "file_unique_id": "b", "width": 900, "height": 900},
        ]
        return self._message(photo=sizes, **({"caption": caption} if caption else {}), **more)

    def sends_file(self, kind: str, data: bytes, name: str = "", mime_type: str = "", **more: Any) -> Shown:
        """A document, voice, video or the like."""
        file: dict[str, Any] = {"file_id": self._file(data, name), "file_unique_id": "u", "file_size": len(data)}
        file |= {"file_name": name} if name and kind != "voice" else {}
        file |= {"mime_type": mime_type} if mime_type else {}
        file |= {"duration": 3} if kind in ("voice", "video", "audio", "video_note") else {}
        file |= {"width": 9, "height": 9} if kind == "video" else {}
        file |= {"length": 9} if kind == "video_note" else {}
        return self._message(**{kind: file}, **more)

    def sends_sticker(self, emoji: str = "😊") -> Shown:
        sticker = {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9}
        return self._message(sticker={**sticker, "is_animated": False, "is_video": False, "emoji": emoji})

    def sends_location(self, address: str = "") -> Shown:
        place = {"latitude": 31.2304, "longitude": 121.4737}
        venue = {"location": place, "title": "创新大厦", "address": address}
        return self._message(location=place, **({"venue": venue} if address else {}))

    def shares_contact(self, phone: str = PHONE, *, own: bool = True) -> Shown:
        contact = {"phone_number": phone, "first_name": "小林"}
        return self._message(contact={**contact, "user_id": self.chat.id} if own else contact)

    def redelivers(self, shown: Shown, photo: bytes, **more: Any) -> None:
        """The same message once more, as when nobody said 200 to it."""
        size = {"file_id": self._file(photo, "b.jpg"), "file_unique_id": "b", "width": 9, "height": 9}
        self.put({"message": {**self.api.books.as_json(self.chat, shown), "photo": [size], **more}})

    def blocks(self) -> None:
        self.chat.blocked = True
        self._member("member", "kicked")

    def unblocks(self) -> None:
        self.chat.blocked = False
        self._member("kicked", "member")

    def put(self, update: dict[str, Any]) -> int:
        return self.api.updates.put(update, self.chat.id)

    def _message(self, **content: Any) -> Shown:
        shown = self.api.books.add(self.chat, "customer", text=content.pop("text", ""))
        message = {**self.api.books.as_json(self.chat, shown), "text": shown.text, **content}
        if not shown.text and content:
            del message["text"]
        self.put({"message": message})
        return shown

    def _member(self, old: str, new: str) -> None:
        bot = self.api.books.bot
        until = {"until_date": 0}
        self.put(
            {
                "my_chat_member": {
                    "chat": self.chat.as_json(),
                    "from": self.chat.customer(),
                    "date": int(time.time()),
                    "old_chat_member": {"user": bot, "status": old, **(until if old == "kicked" else {})},
                    "new_chat_member": {"user": bot, "status": new, **(until if new == "kicked" else {})},
                }
            }
        )

    def _file(self, data: bytes, name: str) -> str:
        id = f"files/{uuid4().hex}"
        self.api.books.files[id] = (name, data)
        return id


class Colleague(Customer):
    """A member of staff, who writes in a topic of the group."""

    def __init__(self, api: BotApi, group: Chat, user: int) -> None:
        super().__init__(api, group)
        self._user = user

    def writes(self, thread: int | None, text: str = "", **more: Any) -> dict[str, Any]:
        shown = self.api.books.add(self.chat, "staff", text=text, thread=thread)
        message = {**self.api.books.as_json(self.chat, shown), **more}
        message["from"] = {"id": self._user, "is_bot": False, "first_name": "Li", "language_code": "zh"}
        self.put({"message": message})
        return message
