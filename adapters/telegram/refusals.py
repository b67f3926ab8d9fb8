"""What Telegram's refusals mean for a message."""

from __future__ import annotations

import re
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.errors import DeliveryError, Later, Undeliverable, Unreachable

TOKEN_PAUSE = 30.0

_GONE = re.compile(r"chat not found|user not found|user is deactivated|peer_id_invalid|bot was (blocked|kicked)", re.I)
_QUOTES = re.compile(r"[\"'\u201c].*")


def delivery_error(error: TelegramError) -> DeliveryError:
    """The refusal in the runtime's terms. `BadRequest` is a `NetworkError` for the library, and yet final."""
    match error:
        case RetryAfter():
            return Later("Telegram asks for a pause", after=pause_of(error))
        case Forbidden() | ChatMigrated():
            return Unreachable("the customer blocked the bot or is gone")
        case BadRequest() if _GONE.search(error.message):
            return Unreachable("there is no such chat any more")
        case BadRequest():
            return Undeliverable(f"Telegram refuses it: {reason(error)}")
        case InvalidToken():
            return Later("Telegram does not know the bot's token", after=TOKEN_PAUSE, channel_wide=True)
    return Later(f"Telegram cannot be reached: {type(error).__name__}")


def reason(error: TelegramError) -> str:
    """Telegram's own words up to where they might quote the message."""
    return _QUOTES.sub("…", error.message)[:80]


def pause_of(error: RetryAfter) -> float:
    """Seconds that Telegram wants to be left alone for."""
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
