"""What WeChat pushed, what is to be said there, and what may be.

Whoever decides what becomes of an answer holds the customer's row (`customer.lock`) in that transaction, so there is
never more than one decision.
"""

from bot.store.wechat.records import WechatRecords

__all__ = ["WechatRecords"]
