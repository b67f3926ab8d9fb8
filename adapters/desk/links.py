"""One-time links."""

from __future__ import annotations

LINK = "/desk/link"


def link(address: str, token: str) -> str:
    """A one-time link; `address` is where the server is reached. The token stands behind the #, which browsers keep to
    themselves, so that it reaches no server's log."""
    return f"{address}{LINK}#{token}"
