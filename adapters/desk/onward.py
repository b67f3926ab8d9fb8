"""Where a page leads on to, as its address or form asks: only ever to a page of the desk."""

from __future__ import annotations

import re

from adapters.desk.navigation import HOME

MAX_PATH = 512
# No backslash, no second slash at the front, nothing a browser would drop: "/desk/\t/elsewhere" has led astray others.
_OURS = re.compile(r"/desk(?:/[A-Za-z0-9._~:@%+-]+)*(?:\?[A-Za-z0-9._~:@%+=&/-]*)?")


def onward(asked: str | None, otherwise: str = HOME) -> str:
    """The page asked for, or `otherwise` for what is no page of the desk."""
    return asked if asked and len(asked) <= MAX_PATH and _OURS.fullmatch(asked) else otherwise
