"""WeChat official accounts."""

from adapters.wechat.account import Account, Notice
from adapters.wechat.adapter import Adapter
from adapters.wechat.menu import Button, menu

__all__ = ["Account", "Adapter", "Button", "Notice", "menu"]
