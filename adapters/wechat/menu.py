"""The menu below the chat, from the settings' buttons to WeChat's own form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import ConfigError

MOST_BUTTONS, MOST_BELOW = 3, 5
NAME_BYTES, BELOW_BYTES, SAY_BYTES = 16, 60, 128


@dataclass(frozen=True, slots=True)
class Button:
    """Says `say` for the customer, opens `url`, or opens the buttons `below` it."""

    name: str
    say: str = ""
    url: str = ""
    below: Sequence[Button] = ()


def menu(buttons: Sequence[Button]) -> dict[str, Any]:
    """As WeChat wants it. What a button says is its key, so that an older menu, which phones show for a day, still
    works. Raises `ConfigError` for what WeChat would refuse."""
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise ConfigError(f"wechat.menu: WeChat shows 1 to {MOST_BUTTONS} buttons")
    return {"button": [_button(button) for button in buttons]}


def _button(button: Button) -> dict[str, Any]:
    if not button.below:
        return _leaf(button, NAME_BYTES)
    if len(button.below) > MOST_BELOW or button.say or button.url:
        raise _wrong(button, f"opens at most {MOST_BELOW} buttons, and then says and opens nothing else")
    _check_name(button, NAME_BYTES)
    return {"name": button.name, "sub_button": [_leaf(below, BELOW_BYTES) for below in button.below]}


def _leaf(button: Button, most: int) -> dict[str, Any]:
    _check_name(button, most)
    if bool(button.say) == bool(button.url) or button.below:
        raise _wrong(button, 'needs either "say" or "url"')
    if button.url:
        return {"type": "view", "name": button.name, "url": button.url}
    if len(button.say.encode()) > SAY_BYTES:
        raise _wrong(button, f"says more than {SAY_BYTES} bytes")
    return {"type": "click", "name": button.name, "key": button.say}


def _check_name(button: Button, most: int) -> None:
    if not 0 < len(button.name.encode()) <= most:
        raise _wrong(button, f"has a name of more than {most} bytes, or none")


def _wrong(button: Button, why: str) -> ConfigError:
    return ConfigError(f"wechat.menu: {button.name or 'a button'} {why}")
