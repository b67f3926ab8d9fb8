"""Signed, expiring deep links: who holds one is taken for the customer it names.

A token has at most 64 characters of [A-Za-z0-9_-], all that Telegram lets through behind /start, for customer
ids of up to 28 bytes (longer ids work wherever longer links do). It is base64url without padding of

    4 bytes   expiry, seconds since 1970, big-endian
    16 bytes  HMAC-SHA256 over expiry and customer, cut to 128 bits
    n bytes   the customer's id, UTF-8
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable

from bot.errors import LinkError

_EXPIRY = 4
_MAC = 16
_MAX_TOKEN = 512


class Links:
    """Makes and verifies deep links. `hours`: how long one holds; `clock`: seconds since 1970."""

    def __init__(self, secret: str, hours: float, clock: Callable[[], float] = time.time) -> None:
        # A key of its own: nothing else that is signed with the secret can pass for a link.
        self._key = hmac.digest(secret.encode(), b"tepai deep link 1", hashlib.sha256)
        self._seconds = hours * 3600
        self._clock = clock

    def make(self, customer: str) -> str:
        """A token that stands for the customer from now on, until it expires."""
        expiry = int(self._clock() + self._seconds).to_bytes(_EXPIRY, "big")
        return _encode(expiry + self._mac(expiry, customer.encode()) + customer.encode())

    def verify(self, token: str) -> str:
        """The customer's id. Raises `LinkError` for a token that is forged, damaged or expired."""
        found = _decode(token)
        expiry, mac, customer = found[:_EXPIRY], found[_EXPIRY : _EXPIRY + _MAC], found[_EXPIRY + _MAC :]
        if not hmac.compare_digest(mac, self._mac(expiry, customer)):
            raise LinkError("the link is not one of ours")
        if self._clock() >= int.from_bytes(expiry, "big"):
            raise LinkError("the link has expired")
        return customer.decode()

    def _mac(self, expiry: bytes, customer: bytes) -> bytes:
        return hmac.digest(self._key, expiry + customer, hashlib.sha256)[:_MAC]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    """The token's bytes; exactly one spelling of each token is taken."""
    if len(token) > _MAX_TOKEN:
        raise LinkError("the link is damaged")
    try:
        found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise LinkError("the link is damaged") from None
    if _encode(found) != token or len(found) <= _EXPIRY + _MAC:
        raise LinkError("the link is damaged")
    return found
