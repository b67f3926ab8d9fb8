"""From an update to what a customer did. Pure; nothing is fetched, sent or kept here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatType
from telegram.ext.filters import StatusUpdate

from adapters.telegram.words import language_of
from bot.content import clean
from bot.messages import Address, Attachment, AttachmentKind, Incoming

NAME = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates that are asked for."""
_GONE = ("kicked", "left")
_PLAIN = {"message_id", "date", "chat", "from", "text", "entities"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is still at Telegram. `size`: bytes, 0 where Telegram does not say."""

    file_id: str
    name: str
    media_type: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A customer's message; `file` is to be fetched and put among its attachments. `album`: the album that it is one
    picture of, "" for none, and `number` Telegram's id of that message."""

    incoming: Incoming
    file: Wanted | None = None
    album: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button. `message`: the message it belongs to, None where Telegram no longer shows it."""

    incoming: Incoming
    query_id: str
    message: Message | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class InGroup:
    """Somebody spoke to the bot where others listen. `reply_to`: the message, None when the bot was added."""

    chat: int
    language: str | None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class InTopic:
    """Somebody wrote in a topic of a group. `thread`: the topic; `number`: the message; `edited`: it only got other
    words. `elsewhere`: what it is in any group but the staff's own."""

    chat: int
    thread: int
    sender: int
    number: int
    text: str
    language: str | None
    elsewhere: InGroup | Nothing
    file: Wanted | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """The customer blocked the bot, or let it in again."""

    address: Address
    reachable: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing for us; `kind` is safe to log."""

    kind: str


Found = Heard | Press | InGroup | InTopic | Reach | Nothing


def kind_of(data: Mapping[str, Any]) -> str:
    """The name of the update's kind, for the log: one that is known, else "unknown"."""
    return next((name for name in data if name in Update.ALL_TYPES), "unknown")


def read(data: Mapping[str, Any]) -> Found:
    """What the update means. Raises whatever the library raises for one that it cannot parse."""
    return plain(data) or read_any(data)


def read_any(data: Mapping[str, Any]) -> Found:
    """What any update means, by the library."""
    update = Update.de_json(dict(data), None)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _member(update.my_chat_member)
    message = update.message or update.edited_message
    if message is None:
        return Nothing(kind_of(data))
    if message.from_user is None or message.from_user.is_bot or _is_service(update, message):
        return Nothing("service message")
    if message.chat.type != ChatType.PRIVATE:
        return _in_topic(message) if message.is_topic_message else _in_group(message)
    return _edited(message) if update.edited_message else _said(message)


def salvage(data: Mapping[str, Any]) -> Heard | None:
    """What a private message that the library cannot parse says all the same: the server may be older or newer than the
    library. Its words, or "", so that nobody is left without an answer; None for everything else."""
    match data.get("message"):
        case {
            "message_id": int(number),
            "chat": {"id": int(chat), "type": ChatType.PRIVATE.value},
            "from": {"is_bot": False, **sender},
            **content,
        }:
            words, code = content.get("text") or content.get("caption") or "", sender.get("language_code")
            telling = words if isinstance(words, str) else ""
            return _heard(chat, number, telling, code if isinstance(code, str) else None)
    return None


def _is_service(update: Update, message: Message) -> bool:
    """Somebody pinned something, or the like. Looked at last: it asks some fifty questions."""
    return message.text is None and bool(StatusUpdate.ALL.check_update(update))


def message_id(number: int, words: str) -> str:
    """The same for a message delivered again and for an "edit" that changed no words; another for other words."""
    return f"m{number}.{blake2s(words.encode(), digest_size=4).hexdigest()}"


def plain(data: Mapping[str, Any]) -> Heard | None:
    """The same as `read` for nothing but words in a private chat, a tenth of its cost; None for everything else."""
    message = data.get("message")
    if len(data) != 2 or not isinstance(message, dict) or not message.keys() <= _PLAIN:
        return None
    match message:
        case {
            "message_id": int(number),
            "date": int(),
            "chat": {"id": int(chat), "type": ChatType.PRIVATE.value},
            "from": {"id": int(), "is_bot": False, "first_name": str(), **sender},
            "text": str(words),
        }:
            code = sender.get("language_code")
            return _heard(chat, number, words, code if isinstance(code, str) else None)
    return None


def _said(message: Message) -> Heard:
    code = message.from_user.language_code if message.from_user else None
    words = message.text or message.caption or ""
    heard = _heard(message.chat.id, message.message_id, words, code, _attachment(message), _file(message))
    album = message.media_group_id
    return replace(heard, album=album, number=message.message_id) if album else heard


def _heard(
    chat: int,
    number: int,
    text: str,
    code: str | None,
    attachment: Attachment | None = None,
    file: Wanted | None = None,
) -> Heard:
    words = clean(text)
    told, link = _command(words) if words.startswith("/") else (words, None)
    attachments = (attachment,) if attachment else ()
    incoming = Incoming(
        Address(NAME, str(chat)),
        message_id(number, words),
        "" if link else told,
        None,
        attachments,
        link,
        language_of(code),
    )
    return Heard(incoming, file)


def _edited(message: Message) -> Found:
    """New words count as said anew. A live location moves every few seconds, and a file stays the same."""
    words = clean(message.text or message.caption or "")
    if not words:
        return Nothing("edited_message")
    address = Address(NAME, str(message.chat.id))
    return Heard(Incoming(address, message_id(message.message_id, words), words, language=_language(message)))


def _command(words: str) -> tuple[str, str | None]:
    """The command without the bot's name, and the payload of a deep link."""
    name, _, rest = words.partition(" ")
    name = name.partition("@")[0]
    payload = rest.strip()
    return f"{name} {payload}".strip(), payload if name == "/start" and payload else None


def _pressed(query: CallbackQuery) -> Found:
    message = query.message
    if message is None or message.chat.type != ChatType.PRIVATE:
        return Nothing("callback_query")
    shown = message if isinstance(message, Message) else None
    token = clean(query.data or "")
    incoming = Incoming(
        Address(NAME, str(message.chat.id)),
        f"c{query.id}",
        pressed=token,
        language=language_of(query.from_user.language_code),
    )
    return Press(incoming, query.id, shown, _label(shown, token))


def _label(message: Message | None, token: str) -> str:
    rows = message.reply_markup.inline_keyboard if message and message.reply_markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == token), "")


def _member(change: ChatMemberUpdated) -> Found:
    gone = change.new_chat_member.status in _GONE
    if change.chat.type == ChatType.PRIVATE:
        return Reach(Address(NAME, str(change.chat.id)), reachable=not gone)
    if gone or change.old_chat_member.status not in _GONE or change.chat.type == ChatType.CHANNEL:
        return Nothing("my_chat_member")
    return InGroup(change.chat.id, language_of(change.from_user.language_code))


def _in_topic(message: Message) -> Found:
    """`message_thread_id` alone is no topic: replies in groups without topics have it, too."""
    sender, thread = message.from_user, message.message_thread_id
    if sender is None or thread is None:
        return Nothing("group message")
    return InTopic(
        message.chat.id,
        thread,
        sender.id,
        message.message_id,
        clean(message.text or message.caption or ""),
        _language(message),
        _in_group(message),
        _file(message),
        message.edit_date is not None,
    )


def _in_group(message: Message) -> InGroup | Nothing:
    """In a group the bot mostly gets what is meant for it: commands, replies and mentions."""
    if message.chat.type == ChatType.CHANNEL or message.edit_date is not None:
        return Nothing("group message")
    addressed = (message.text or "").startswith("/") or message.reply_to_message is not None or _mentions(message)
    return InGroup(message.chat.id, _language(message), message.message_id) if addressed else Nothing("group message")


def _mentions(message: Message) -> bool:
    return any(entity.type == "mention" for entity in message.entities)


def _language(message: Message) -> str | None:
    return language_of(message.from_user.language_code) if message.from_user else None


def _attachment(message: Message) -> Attachment | None:
    """What needs no fetching. `name` says it in words: a phone number, a place."""
    if message.sticker:
        return Attachment(AttachmentKind.STICKER, "", clean(message.sticker.emoji or ""))
    if message.contact:
        number = "".join(digit for digit in message.contact.phone_number if digit.isdigit())
        return Attachment(AttachmentKind.CONTACT, "", f"+{number}" if number else "")
    if message.venue:
        return Attachment(AttachmentKind.LOCATION, "", clean(f"{message.venue.address} {message.venue.title}".strip()))
    if message.location:
        return Attachment(AttachmentKind.LOCATION, "")
    return None


def _file(message: Message) -> Wanted | None:
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return Wanted(best.file_id, "photo.jpg", "image/jpeg", best.file_size or 0)
    if message.voice:
        return Wanted(message.voice.file_id, "voice.ogg", message.voice.mime_type or "", message.voice.file_size or 0)
    if message.video_note:
        return Wanted(message.video_note.file_id, "video.mp4", "video/mp4", message.video_note.file_size or 0)
    # An animation comes with a document of the same file.
    file = message.animation or message.document or message.audio or message.video
    if file is None:
        return None
    return Wanted(file.file_id, file.file_name or "file", file.mime_type or "", file.file_size or 0)
