"""WeChat official accounts."""

from adapters.wechat.account import Account, Notice
from adapters.wechat.channel import WeChat
from adapters.wechat.reception import Reception
from adapters.wechat.routes import Door

__all__ = ["Account", "Door", "Notice", "Reception", "WeChat"]
