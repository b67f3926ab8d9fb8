"""Who sits at this machine, for the audit trail."""

from __future__ import annotations

import getpass


def operator() -> str:
    """The user's name after "operator:", or only "operator" where the system knows none."""
    try:
        return f"operator:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return "operator"
