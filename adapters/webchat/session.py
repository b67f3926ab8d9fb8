"""Whose chat a browser holds: a signed cookie, and nothing on the server.

The chat's id is random and only ever leaves the server inside the signed cookie's owner's own page, so a chat is
shown to nobody but the browser that holds the cookie.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from adapters.web.words import Language
from adapters.webchat.channel import NAME
from bot.messages import Address

COOKIE = "tepai_chat"
MAX_AGE = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `customer`: whom the chat was linked to by a deep link, `None` when by none."""

    visitor: str
    chat: str
    customer: str | None = None
    language: Language | None = None

    @classmethod
    def new(cls) -> Session:
        """A browser never seen before."""
        return cls(visitor=_random(), chat=_random())

    @property
    def address(self) -> Address:
        """Where the chat is, for the core."""
        return Address(NAME, self.chat)

    def with_new_chat(self, customer: str | None = None) -> Session:
        """The same browser with an empty chat."""
        return replace(self, chat=_random(), customer=customer)


class Sessions:
    """Reads and writes the cookie.

    `embedded`: the page may stand in a frame of another site. A browser then sends the cookie only when it is
    marked `SameSite=None; Secure; Partitioned`; requests forged by other sites are refused by their origin.
    """

    def __init__(self, secret: str, *, embedded: bool = False) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="tepai web chat session 1")
        self._embedded = embedded

    def read(self, connection: HTTPConnection) -> Session | None:
        """The browser's session; `None` without a cookie, or with one that is forged or too old."""
        try:
            visitor, chat, customer, language = self._signer.loads(connection.cookies.get(COOKIE, ""), max_age=MAX_AGE)
        except (BadData, TypeError, ValueError):
            return None
        return Session(visitor, chat, customer, language)

    def write(self, response: Response, session: Session, *, secure: bool) -> None:
        """Set the cookie. `secure`: the page came by HTTPS."""
        value = self._signer.dumps([session.visitor, session.chat, session.customer, session.language])
        rules = ["HttpOnly", "Path=/", f"Max-Age={MAX_AGE}"]
        if self._embedded:
            rules += ["SameSite=None", "Secure", "Partitioned"]
        else:
            rules += ["SameSite=Lax", *(["Secure"] if secure else [])]
        # By hand, because the standard library knows "Partitioned" only from Python 3.14 on.
        response.headers.append("set-cookie", "; ".join([f"{COOKIE}={value}", *rules]))


def _random() -> str:
    return secrets.token_urlsafe(18)
