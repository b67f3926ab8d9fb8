"""What the forms of the ticket pages say, as the core wants it."""

from __future__ import annotations

from datetime import datetime

from starlette.datastructures import FormData, QueryParams

from adapters.desk.rendering import CHINA
from adapters.web.problems import Problem
from bot.desk.tickets import ABOUTS, TicketState

LONGEST_ID = 64
MOST_PAGES = 10_000


def one(form: FormData, name: str) -> str:
    """A field's value, "" for none."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def page_id(form: FormData) -> str:
    """The page's own id of an act. Raises `Problem`."""
    found = one(form, "id")
    if not found or len(found) > LONGEST_ID:
        raise Problem(400, "bad_id", 'The form must have an "id".')
    return found


def state(given: str) -> TicketState:
    """Raises `Problem` for a state that there is not."""
    try:
        return TicketState(given)
    except ValueError:
        raise Problem(400, "bad_state", "There is no such state.") from None


def moment(given: str) -> float:
    """Date and time as a browser's field gives them, in China's time. Raises `Problem`."""
    try:
        return datetime.fromisoformat(given).replace(tzinfo=CHINA).timestamp()
    except (ValueError, OverflowError):
        raise Problem(400, "bad_time", "This is no date and time.") from None


class Asked:
    """Which tickets a list's address asks for; what it does not know, it passes over."""

    def __init__(self, query: QueryParams) -> None:
        self.show = query.get("show", "")
        self.about = query.get("about", "") if query.get("about", "") in ABOUTS else ""
        page = query.get("page", "1")
        self.page = min(int(page), MOST_PAGES) if page.isascii() and page.isdecimal() and 0 < len(page) < 6 else 1
        self.page = max(self.page, 1)
        if self.show not in {"mine", "overdue", *TicketState}:
            self.show = ""

    @property
    def states(self) -> tuple[TicketState, ...]:
        """Only these; () for all that are not closed."""
        return (TicketState(self.show),) if self.show in set(TicketState) else ()

    def address(self, **other: str | int) -> str:
        """The list's query with something else."""
        wanted = {"show": self.show, "about": self.about, **other}
        pairs = [f"{name}={value}" for name, value in wanted.items() if value and (name, value) != ("page", 1)]
        return "?" + "&".join(pairs) if pairs else ""
