"""WeChat official accounts."""

from adapters.wechat.account import Account, Notice
from adapters.wechat.adapter import Adapter

__all__ = ["Account", "Adapter", "Notice"]
