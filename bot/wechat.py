"""WeChat as the settings want it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.errors import ConfigError
from bot.sections import MenuButton
from bot.store.database import Database
from bot.store.wechat import WechatRecords

if TYPE_CHECKING:
    from adapters.wechat import Adapter, Button, Notice


def wechat(settings: Settings, database: Database, clock: Callable[[], float]) -> Adapter | None:
    """The adapter; None without an app id. Its library is only loaded where it is used: it costs half a second.

    Raises `ConfigError` for what is missing.
    """
    wanted = settings.wechat
    if not wanted.app_id:
        return None
    from adapters.wechat import Account, Adapter

    account = Account(
        wanted.app_id,
        secret=settings.wechat_secret.get_secret_value(),
        token=settings.wechat_token.get_secret_value(),
        aes_key=settings.wechat_aes_key.get_secret_value(),
        old_aes_key=settings.wechat_old_aes_key.get_secret_value(),
        name=wanted.account,
        verified=wanted.verified,
        allow_plain=wanted.allow_plain,
        api=wanted.base_url,
        ready_by=wanted.ready_by,
        notice=_notice(settings),
        url=wanted.url,
        signing=settings.secret.get_secret_value(),
    )
    return Adapter(account, WechatRecords(database), clock, settings.attachments.max_bytes)


async def push_menu(adapter: Adapter, settings: Settings) -> int:
    """Replace the account's menu by the settings'; how many buttons it has. Raises `ConfigError` or `DeliveryError`."""
    from adapters.wechat import menu

    if not settings.wechat.menu:
        raise ConfigError("wechat.menu: empty; there is nothing to push")
    wanted = menu(_buttons(settings.wechat.menu))
    await adapter.channel.api.set_menu(wanted)
    return len(wanted["button"])


def _notice(settings: Settings) -> Notice | None:
    from adapters.wechat import Notice

    wanted = settings.wechat.notice
    return Notice(wanted.template, wanted.kind, wanted.fields, wanted.url) if wanted.template else None


def _buttons(menu: Sequence[MenuButton]) -> list[Button]:
    from adapters.wechat import Button

    return [Button(button.name, button.say, button.url, _buttons(button.below)) for button in menu]
