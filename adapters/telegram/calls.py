"""The calls that most messages need, without building the library's objects for what is only passed on: a message
with a keyboard costs less than half of the processor time then. Errors are the library's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import InputFile
from telegram.ext import ExtBot

from adapters.telegram.request import READ_SECONDS
from bot.content import SAFE_IMAGES, file_name
from bot.messages import Attachment

Bot = ExtBot[None]
Markup = Mapping[str, Any]

MOST_PHOTO = 10 * 1024 * 1024
LOOK_SECONDS = 1.0


class Calls:
    """Every method raises `telegram.error.TelegramError`. Texts are in Telegram's HTML."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send_text(self, chat: int, text: str, markup: Markup | None, thread: int | None = None) -> int:
        """The new message's id. `thread`: the topic, in a group with topics."""
        return await self._sent("SendMessage", chat, {"text": text, "parse_mode": "HTML"}, markup, thread)

    async def send_file(
        self, chat: int, file: Attachment, data: bytes, markup: Markup | None, thread: int | None = None
    ) -> int:
        """As a picture, where Telegram shows it as one. The new message's id."""
        is_photo = file.media_type in SAFE_IMAGES and file.media_type != "image/gif" and len(data) <= MOST_PHOTO
        content = InputFile(data, filename=file_name(file.name))
        if is_photo:
            return await self._sent("SendPhoto", chat, {"photo": content}, markup, thread)
        return await self._sent("SendDocument", chat, {"document": content}, markup, thread)

    async def edit_text(self, chat: int, message: int, text: str) -> None:
        """Another text, and no buttons."""
        await self._do("EditMessageText", chat, {"message_id": message, "text": text, "parse_mode": "HTML"})

    async def take_buttons(self, chat: int, message: int) -> None:
        """The same text, and no buttons."""
        await self._do("EditMessageReplyMarkup", chat, {"message_id": message})

    async def type(self, chat: int) -> None:
        """Show "typing…" for about five seconds or until the next message."""
        await self._do("SendChatAction", chat, {"action": "typing"})

    async def look(self, chat: int) -> None:
        """Whether Telegram answers. It may be done any number of times, and is given no more than a second."""
        await self._do("SendChatAction", chat, {"action": "typing"}, LOOK_SECONDS)

    async def answer_press(self, query: str) -> None:
        """Stop the button's clock."""
        await self._bot.answer_callback_query(query)

    async def create_topic(self, chat: int, name: str) -> int:
        """The new topic's thread."""
        return int((await self._do("CreateForumTopic", chat, {"name": name}))["message_thread_id"])

    async def close_topic(self, chat: int, thread: int) -> None:
        """Only administrators write there from now on."""
        await self._do("CloseForumTopic", chat, {"message_thread_id": thread})

    async def reopen_topic(self, chat: int, thread: int) -> None:
        """The reverse of `close_topic`."""
        await self._do("ReopenForumTopic", chat, {"message_thread_id": thread})

    async def _sent(
        self, method: str, chat: int, content: Mapping[str, Any], markup: Markup | None, thread: int | None
    ) -> int:
        more = {"reply_markup": markup, "message_thread_id": thread}
        sent = await self._do(method, chat, {**content, **{name: value for name, value in more.items() if value}})
        return int(sent["message_id"])

    async def _do(self, method: str, chat: int, content: Mapping[str, Any], seconds: float = READ_SECONDS) -> Any:
        # Spelt with a capital, which Telegram takes as well: for its own methods the library wants its own wrappers.
        return await self._bot.do_api_request(method, {"chat_id": chat, **content}, read_timeout=seconds)
