"""What one `Outgoing` is in Telegram: texts of a fit length, files, and the keyboards under them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from telegram import Message

from adapters.telegram.calls import Markup
from adapters.telegram.wording import MAX_BUTTON, MAX_TEXT, html, length, split
from adapters.telegram.words import words
from bot.errors import Undeliverable
from bot.messages import Attachment, Choice, Outgoing

ROW_UNITS = 26
"""So many units of labels, Chinese characters counted twice, are read well beside each other on a phone."""
MOST_IN_ROW = 3
STAFF = "👤 "

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Habits:
    """What Telegram shows in its own way. `asks_contact`: the message wants a phone number, which Telegram can share
    at a touch. `card`: the thing whose state the message shows, None for none."""

    asks_contact: Callable[[Outgoing], bool] = lambda _: False
    card: Callable[[Outgoing], str | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Piece:
    """One call: a text or a file, and what stands under it."""

    text: str = ""
    file: Attachment | None = None
    markup: Markup | None = None

    @property
    def has_buttons(self) -> bool:
        """Whether the message's choices stand here."""
        return self.markup is not None and "inline_keyboard" in self.markup

    @property
    def asks_contact(self) -> bool:
        """Whether this brings the keyboard that shares the phone number."""
        return self.markup is not None and "keyboard" in self.markup

    @property
    def takes_contact_away(self) -> bool:
        """Whether this takes that keyboard away."""
        return self.markup is not None and "remove_keyboard" in self.markup


def pieces(message: Outgoing, habits: Habits, *, contact_is_up: bool) -> list[Piece]:
    """The calls in their order; always the same for the same message. Raises `Undeliverable` for an empty one."""
    text = STAFF + message.text if message.sender == "staff" and message.text else message.text
    found = [Piece(text=part) for part in split(text)]
    last = len(found) - 1
    found += [Piece(file=file) for file in message.attachments]
    if not found:
        raise Undeliverable("the message is empty")
    markup, more = _markup(message, habits.asks_contact(message), contact_is_up)
    found[last] = replace(found[last], markup=markup)
    return found + more


def chosen(message: Message, label: str) -> str | None:
    """The message's text with the choice below it, in HTML; None where there is no text, or no room for it."""
    shown = f"\n\n› {label}"
    if not label or not message.text or length(message.text + shown) > MAX_TEXT:
        return None
    return f"{html(message.text)}\n\n› <b>{html(label)}</b>"


def keyboard(choices: Sequence[Choice]) -> Markup:
    """The choices as buttons, short ones side by side. Raises `Undeliverable` for a token that no button holds."""
    rows: list[list[dict[str, str]]] = []
    room = 0
    for choice in choices:
        if not 0 < len(choice.token.encode()) <= MAX_BUTTON:
            raise Undeliverable("a button's token is too long")
        wide = _width(choice.label) + 4
        if wide > room or len(rows[-1]) == MOST_IN_ROW:
            rows.append([])
            room = ROW_UNITS
        rows[-1].append({"text": choice.label, "callback_data": choice.token})
        room -= wide
    return {"inline_keyboard": rows}


def _markup(message: Outgoing, asks_contact: bool, contact_is_up: bool) -> tuple[Markup | None, list[Piece]]:
    """What stands under the message. A message has one keyboard: beside buttons the other one takes a line more."""
    if message.choices:
        more = [_contact_line(message)] if asks_contact and not contact_is_up else []
        return keyboard(message.choices), more
    if asks_contact:
        return _contact_keyboard(message), []
    return ({"remove_keyboard": True}, []) if contact_is_up else (None, [])


def _contact_line(message: Outgoing) -> Piece:
    return Piece(text=_words(message)["share_contact"], markup=_contact_keyboard(message))


def _contact_keyboard(message: Outgoing) -> Markup:
    said = _words(message)
    button = {"text": said["share_contact_button"], "request_contact": True}
    looks = {"resize_keyboard": True, "one_time_keyboard": True, "input_field_placeholder": said["type_here"]}
    return {"keyboard": [[button]], **looks}


def _words(message: Outgoing) -> dict[str, str]:
    return dict(words("zh" if _HAN.search(message.text) else "en"))


def _width(label: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in label)
