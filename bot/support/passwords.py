"""Passwords: what is one, and how it is hashed and compared."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.content import clean
from bot.errors import NotTaken

LONGEST = 256
FEWEST_KINDS = 5
"""Different characters that a password must have: "1111111111" is none."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a password was right; `rehashed` is its hash under the present parameters when they have changed."""

    right: bool
    rehashed: str | None = None


class Passwords:
    """Argon2id in a thread. `memory` in KiB: each comparison takes that much, and `at_once` of them run at a time, so
    that a flood of sign-ins costs a small machine neither its memory nor its processor."""

    def __init__(self, rounds: int = 3, memory: int = 19 * 1024, at_once: int = 2, shortest: int = 10) -> None:
        self._hasher = _hasher(rounds, memory)
        self._room = asyncio.Semaphore(at_once)
        self._shortest = shortest
        self._nobodys = _nobodys(rounds, memory)

    def check(self, password: str, name: str) -> None:
        """Raises `NotTaken` for one that is too easily guessed."""
        normal = _normal(password)
        if len(normal) < self._shortest:
            raise NotTaken("password_short")
        if len(normal) > LONGEST:
            raise NotTaken("password_long")
        if len(set(normal)) < FEWEST_KINDS or name.casefold() in normal.casefold():
            raise NotTaken("password_simple")

    async def hash(self, password: str) -> str:
        """To be kept."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def compare(self, password: str, kept: str | None) -> Compared:
        """Takes the same time whether there is a hash or not."""
        async with self._room:
            return await asyncio.to_thread(self._compare, _normal(password)[:LONGEST], kept)

    def _compare(self, password: str, kept: str | None) -> Compared:
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Compared(False)
        if kept is None:
            return Compared(False)
        return Compared(True, self._hasher.hash(password) if self._hasher.check_needs_rehash(kept) else None)


def _hasher(rounds: int, memory: int) -> PasswordHasher:
    return PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)


@cache
def _nobodys(rounds: int, memory: int) -> str:
    """Compared where there is no such member of staff, which then takes as long as a wrong password does."""
    return _hasher(rounds, memory).hash("nobody's")


def _normal(password: str) -> str:
    """The same password typed on two keyboards is the same characters."""
    return clean(unicodedata.normalize("NFKC", password))
