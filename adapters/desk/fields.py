"""The fields of the desk's forms as text. Whether it may be so is the core's to decide."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request

from adapters.web.problems import Problem
from adapters.web.reading import read_form
from bot.desk.people import Agent, Role

LONGEST = 256


class Fields:
    """A form that was sent."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    @classmethod
    async def of(cls, request: Request) -> Fields:
        """The form in a request. Raises `Problem`."""
        return cls(await read_form(request))

    def one(self, name: str, longest: int = LONGEST) -> str:
        """A field's value, "" for none. What is too long stays too long, but no longer than it takes to see that."""
        value = self._form.get(name, "")
        return value[: longest + 1] if isinstance(value, str) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """The values of the boxes that were ticked."""
        return tuple(value[:LONGEST] for value in self._form.getlist(name) if isinstance(value, str))

    def member(self, id: str) -> Agent:
        """A member of staff as the form describes them. Raises `Problem` for a role that there is not."""
        try:
            role = Role(self.one("role"))
        except ValueError:
            raise Problem(400, "bad_role", "There is no such role.") from None
        return Agent(
            id,
            self.one("name"),
            role,
            self.one("language"),
            self.all("languages"),
            self.all("teams"),
            email=self.one("email"),
        )
