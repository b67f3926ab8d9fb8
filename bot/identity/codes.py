"""One-time codes to the phone or e-mail on file, and taking back what they proved.

Nothing that comes back tells whether a contact is known: an unknown one is counted, stored, locked and answered
in the same way, only that its code reaches nobody. Codes and contacts are stored as keyed hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from bot.dialogue.effects import CheckCode, Outcome, SendCode, Unlink
from bot.errors import NotAllowed
from bot.identity.guard import Limits
from bot.orders.checks import normal_phone, tidy
from bot.orders.gateway import Gateway
from bot.performer import Performers, Scope
from bot.store import identity as store
from bot.store.audit import audit
from bot.store.database import Database

DIGITS = 6


def performers(database: Database, gateway: Gateway, secret: str, limits: Limits) -> Performers:
    """Who sends and checks codes, and unlinks."""
    codes = Codes(database, gateway, secret, limits)
    return {SendCode: codes.send, CheckCode: codes.check, Unlink: codes.unlink}


class Codes:
    """Performs `SendCode`, `CheckCode` and `Unlink`; each may raise `OrderServiceDown` and is repeatable by its key."""

    def __init__(self, database: Database, gateway: Gateway, secret: str, limits: Limits) -> None:
        self._database = database
        self._gateway = gateway
        self._key = hmac.digest(secret.encode(), b"tepai one-time codes 1", hashlib.sha256)
        self._limits = limits

    async def send(self, effect: SendCode, scope: Scope) -> Outcome:
        """Send a code if the contact is on file; in any case answer that it was sent, or that there is a pause."""
        contact = normal_contact(effect.contact)
        customer = await self._gateway.customer_by_contact(contact)
        salt = secrets.token_hex(16)
        new = store.NewCode(
            conversation=scope.conversation,
            key=scope.key,
            contact_hash=self._hash("contact", contact),
            customer=customer.id if customer else None,
            salt=salt,
            code_hash=self._code_hash(salt, self._code(salt, scope.key)),
        )
        opened = await self._database.run(store.open_code, new, self._limits)
        if opened.seconds_locked:
            return Outcome("code_locked", {"seconds": opened.seconds_locked})
        await self._deliver(new.customer, contact, self._code(opened.salt, scope.key), scope.key)
        return Outcome("code_sent")

    async def check(self, effect: CheckCode, scope: Scope) -> Outcome:
        """Compare a code; the right one links the chat to its customer."""
        code = "".join(tidy(effect.code).split())
        found = await self._database.run(
            store.check_code, scope.conversation, scope.key, lambda salt: self._code_hash(salt, code), self._limits
        )
        match found:
            case store.Checked("code_right", customer=str(linked)):
                customer = await self._gateway.customer(linked)
                return Outcome("code_right", {"name": customer.name if customer else ""}, links=linked)
            case store.Checked("code_wrong"):
                return Outcome("code_wrong", {"left": found.left})
            case store.Checked("code_locked"):
                return Outcome("code_locked", {"seconds": found.seconds})
        return Outcome("code_expired")

    async def unlink(self, effect: Unlink, scope: Scope) -> Outcome:  # noqa: ARG002 -- says nothing more
        """Let the chat belong to nobody again."""
        await self._database.run(
            audit, "unlinked", conversation=scope.conversation, subject=scope.customer, key=scope.key
        )
        return Outcome("unlinked", unlinks=True)

    async def _deliver(self, customer: str | None, contact: str, code: str, key: str) -> None:
        if customer is None:
            # One more question, so that an unknown contact takes about as long, and fails as a known one would.
            await self._gateway.customer_by_contact(contact)
            return
        try:
            await self._gateway.send_code(customer, contact, code, key=key)
        except NotAllowed:
            return  # the contact was taken off the file just now: unknown, and so not told

    def _code(self, salt: str, key: str) -> str:
        """The same digits for the same act, so that doing it again after a crash sends the same code again."""
        drawn = hmac.digest(self._key, f"draw:{salt}:{key}".encode(), hashlib.sha256)
        return f"{int.from_bytes(drawn, 'big') % 10**DIGITS:0{DIGITS}}"

    def _code_hash(self, salt: str, code: str) -> str:
        return self._hash(f"code:{salt}", code)

    def _hash(self, purpose: str, value: str) -> str:
        return hmac.digest(self._key, f"{purpose}:{value}".encode(), hashlib.sha256).hex()


def normal_contact(text: str) -> str:
    """A phone number in E.164 (mainland numbers need no prefix) or an e-mail address in lower case."""
    contact = tidy(text)
    return contact.lower() if "@" in contact else normal_phone(contact)
