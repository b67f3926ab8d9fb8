"""Files that WeChat cannot carry, behind signed links that soon end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.wechat.account import Account
from adapters.wechat.reading import NAME
from adapters.wechat.wording import Offer, named, words
from bot.channel import Service
from bot.content import served
from bot.messages import Address, Attachment

DAYS = 3
_EXPIRY, _MAC = 4, 16
_PATH = "/wechat/files/"


class Files:
    """Offers a file to the customer whose chat it belongs to. A link's token is base64url of 4 bytes expiry, 16 bytes
    HMAC-SHA256 over expiry, openid and file, and "openid/file". `clock`: seconds since 1970."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._url = account.url.rstrip("/")
        # A key of its own: nothing else that is signed with the secret can pass for a link.
        self._key = hmac.digest(account.signing.encode(), b"tepai wechat file 1", hashlib.sha256)
        self._clock = clock

    def offer(self, address: Address) -> Offer:
        """How files for this customer are told of."""

        def told(file: Attachment, language: str) -> str:
            name = named(file, language)
            if not self._url or not file.ref:
                return words(language, "no_link").format(file=name)
            url = f"{self._url}{_PATH}{self._token(address.chat, file.ref)}"
            return words(language, "link").format(file=name, url=url, days=DAYS)

        return told

    def routes(self, service: Service) -> list[BaseRoute]:
        """The address of the links; none where there are none."""

        async def give(request: Request) -> Response:
            found = self._holds(request.path_params["token"])
            kept = await service.attachment(*found) if found else None
            if kept is None:
                return Response("404", status_code=404, media_type="text/plain")
            file, data = kept
            media_type, headers = served(file)
            return Response(data, media_type=media_type, headers=headers)

        return [Route(f"{_PATH}{{token}}", give, methods=["GET"])] if self._url else []

    def _token(self, openid: str, ref: str) -> str:
        expiry = int(self._clock() + DAYS * 86_400).to_bytes(_EXPIRY, "big")
        whose = f"{openid}/{ref}".encode()
        return base64.urlsafe_b64encode(expiry + self._mac(expiry, whose) + whose).rstrip(b"=").decode()

    def _holds(self, token: str) -> tuple[Address, str] | None:
        """Whose file a token stands for, and which; None when it is forged, damaged or over."""
        try:
            found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        expiry, mac, whose = found[:_EXPIRY], found[_EXPIRY : _EXPIRY + _MAC], found[_EXPIRY + _MAC :]
        if not hmac.compare_digest(mac, self._mac(expiry, whose)):
            return None
        if self._clock() >= int.from_bytes(expiry, "big"):
            return None
        openid, _, ref = whose.decode().rpartition("/")
        return Address(NAME, openid), ref

    def _mac(self, expiry: bytes, whose: bytes) -> bytes:
        return hmac.digest(self._key, expiry + whose, hashlib.sha256)[:_MAC]
