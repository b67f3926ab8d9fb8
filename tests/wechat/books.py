"""What the strict WeChat server knows of a customer and of a token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

LONG = (48 * 3600.0, 5)
SHORT = (60.0, 3)
TOKEN_SECONDS = 7200.0
OVERLAP = 300.0
FORCED_A_DAY = 20
FORCED_PAUSE = 30.0


@dataclass
class Window:
    """Opened by the customer; `sent` counts against `most`."""

    until: float
    most: int
    sent: int = 0


@dataclass(frozen=True)
class Shown:
    """One thing on the customer's screen. `way`: "passive", "api", "template" or "fault"; `picture`: its bytes."""

    way: str
    text: str
    menu: tuple[tuple[str, str], ...] = ()
    picture: bytes | None = None


@dataclass
class Customer:
    """One openid."""

    openid: str
    language: str = "zh_CN"
    follows: bool = True
    shown: list[Shown] = field(default_factory=list)
    windows: dict[str, Window] = field(default_factory=dict)

    def open(self, kind: str, now: float) -> None:
        seconds, most = LONG if kind == "long" else SHORT
        self.windows[kind] = Window(now + seconds, most)

    def may_send(self, now: float) -> int:
        """0, or WeChat's error code. Every open window counts every message: nothing adds up."""
        active = [window for window in self.windows.values() if window.until > now]
        if not active:
            return 45015
        if all(window.sent >= window.most for window in active):
            return 45047
        for window in active:
            window.sent += 1
        return 0


@dataclass
class TokenBook:
    """Gives out tokens as stable_token does."""

    valid: dict[str, float] = field(default_factory=dict)
    newest: str = ""
    fetches: int = 0
    forced: list[float] = field(default_factory=list)

    def give(self, now: float, *, force: bool) -> dict[str, Any]:
        self.fetches += 1
        if force:
            today = [at for at in self.forced if at > now - 86_400]
            if len(today) >= FORCED_A_DAY or (today and now - today[-1] < FORCED_PAUSE):
                return {"errcode": 45011, "errmsg": "api minute-quota reach limit"}
            self.forced.append(now)
        if force or self.valid.get(self.newest, 0) - now <= OVERLAP:
            self.rotate(now)
        return {"access_token": self.newest, "expires_in": int(self.valid[self.newest] - now)}

    def rotate(self, now: float) -> None:
        """A new token; the old one holds for five more minutes at most."""
        if self.newest:
            self.valid[self.newest] = min(self.valid[self.newest], now + OVERLAP)
        self.newest = secrets.token_urlsafe(64)
        self.valid[self.newest] = now + TOKEN_SECONDS

    def revoke(self) -> None:
        """Nothing that was given out holds any more, and nobody said so."""
        self.valid.clear()
        self.newest = ""

    def check(self, token: str, now: float) -> int:
        if not token:
            return 41001
        if token not in self.valid:
            return 40001
        return 0 if self.valid[token] > now else 42001
