"""What stands around a push: signatures, encryption and XML. Nothing is parsed before its signature is checked."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException
from wechatpy.parser import parse_message
from wechatpy.replies import TextReply

from adapters.wechat.account import Account

LARGEST = 64 * 1024
FRESH_SECONDS = 15 * 60.0
"""WeChat signs each attempt anew, so an older signature is somebody's copy."""

_ENCRYPTED = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?\s*([A-Za-z0-9+/=]+)\s*(?:\]\]>)?\s*</Encrypt>")
_DECLARES = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# WeChat really sends them, and no XML parser takes them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_OPENID = re.compile(r"[\w-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,12}")
_SIMPLE = (
    *("MsgId", "FromUserName", "ToUserName", "CreateTime", "MsgType", "Event", "EventKey", "Content", "MediaId"),
    *("bizmsgmenuid", "Recognition", "Title", "Url", "Label", "Location_X", "Location_Y", "FileName"),
)
"""Whatever is read of a push: a repeated element would be a list, one with others in it a mapping."""


class Rejected(Exception):
    """Not from WeChat, or not for this account. The text is the reason, for the counter."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A push as wechatpy understands it. `crypto`: with whose key it came; None in plain mode."""

    message: Any
    nonce: str
    crypto: WeChatCrypto | None


def clean(text: str) -> str:
    """The text without what neither XML nor a database takes."""
    return _CONTROL.sub("", text)


class Envelope:
    """Opens pushes and seals answers. `clock`: seconds since 1970."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._account = account
        self._clock = clock
        keys = [key for key in (account.aes_key, account.old_aes_key) if key]
        self._cryptos = [WeChatCrypto(account.token, key, account.app_id) for key in keys]

    def echo(self, query: Mapping[str, str]) -> str:
        """What to answer when WeChat tries the address. Raises `Rejected`."""
        self._check_sender(query)
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes) -> Opened:
        """Raises `Rejected`."""
        self._check_sender(query)
        if query.get("encrypt_type") != "aes":
            if not self._account.allow_plain:
                raise Rejected("plain")
            return Opened(self._parse(body.decode("utf-8", "replace")), "", None)
        found = _ENCRYPTED.findall(body)
        if len(found) != 1:
            raise Rejected("envelope")
        encrypted = found[0].decode("ascii")
        signed = query.get("msg_signature", "")
        if not _same(signed, self._signature(query["timestamp"], query["nonce"], encrypted)):
            raise Rejected("signature")
        text, crypto = self._decrypt(encrypted, signed, query)
        return Opened(self._parse(text), query["nonce"], crypto)

    def seal(self, opened: Opened, text: str) -> str:
        """A text as the answer to a push."""
        # The reply class puts it into a CDATA section, which must not end early.
        content = clean(text).replace("]]>", "]]]]><![CDATA[>")
        now = int(self._clock())
        reply: str = TextReply(message=opened.message, content=content, time=now).render()
        if opened.crypto is None:
            return reply
        sealed: str = opened.crypto.encrypt_message(reply, opened.nonce, str(now))
        return sealed

    def _check_sender(self, query: Mapping[str, str]) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not _NUMBER.fullmatch(timestamp) or not 0 < len(nonce) <= 128:
            raise Rejected("query")
        if not _same(query.get("signature", ""), self._signature(timestamp, nonce)):
            raise Rejected("signature")
        if abs(self._clock() - int(timestamp)) > FRESH_SECONDS:
            raise Rejected("age")

    def _signature(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted([self._account.token, *parts])).encode(), usedforsecurity=False).hexdigest()

    def _decrypt(self, encrypted: str, signed: str, query: Mapping[str, str]) -> tuple[str, WeChatCrypto]:
        reason = "decrypt"
        for crypto in self._cryptos:
            try:
                text = crypto.decrypt_message({"Encrypt": encrypted}, signed, query["timestamp"], query["nonce"])
            except InvalidAppIdException:
                reason = "app_id"
            except Exception:  # noqa: S112 -- about ten kinds, all of which mean the same
                continue
            else:
                return text, crypto
        raise Rejected(reason)

    def _parse(self, text: str) -> Any:
        if _DECLARES.search(text):
            raise Rejected("xml")
        try:
            message = parse_message(clean(text))
        except Exception:  # whatever it was, it is no push
            raise Rejected("xml") from None
        data = message._data if message is not None else {}
        if not all(isinstance(data.get(name), str | None) for name in _SIMPLE):
            raise Rejected("fields")
        if not _OPENID.fullmatch(data.get("FromUserName") or "") or not _NUMBER.fullmatch(data.get("CreateTime") or ""):
            raise Rejected("fields")
        if self._account.name and data.get("ToUserName") != self._account.name:
            raise Rejected("account")
        return message


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
