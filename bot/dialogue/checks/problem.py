"""What a check found."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One defect: in which flow, what is wrong, and where ("flow.py:40 ask_reason", "state asking", a file)."""

    flow: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.flow}: {self.what} ({self.where})"
