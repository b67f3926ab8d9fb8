"""What the workspace page sends, checked field by field."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from adapters.web.problems import Problem
from adapters.web.reading import read_json
from bot.content import clean
from bot.desk.work import Ending, Resume

MAX_TEXT = 20_000
# Every character may come as a six-character escape, those beyond the first plane as two.
MAX_JSON = MAX_TEXT * 12 + 4096
MAX_FILES = 10

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$")]
Words = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(clean)]
Short = Annotated[str, Field(max_length=200), AfterValidator(clean)]
Fen = Annotated[int, Field(ge=0, le=100_000_00)]


class Body(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ReplyBody(Body):
    """Words for the customer. `files`: refs of stored attachments of this conversation."""

    id: Id
    text: Words = ""
    files: Annotated[list[Short], Field(max_length=MAX_FILES)] = []
    seen: Annotated[int, Field(ge=0)] | None = None


class NoteBody(Body):
    """Words for colleagues."""

    id: Id
    words: Annotated[Words, Field(min_length=1)]


class TagBody(Body):
    """A tag to put on, or to take off."""

    name: Short
    off: bool = False


class DraftBody(Body):
    """What is being written."""

    words: Words


class TransferBody(Body):
    """Pass it on to a colleague, or to a team."""

    to: Short = ""
    team: Short = ""
    words: Words = ""


class HandBackBody(Body):
    """Give it back to the bot."""

    resume: Annotated[Resume, Field(strict=False)]


class CloseBody(Body):
    """How it ended."""

    ending: Annotated[Ending, Field(strict=False)]


class AgainBody(Body):
    """Which line to send again."""

    seq: Annotated[int, Field(ge=0)]


class ActBody(Body):
    """Something done to an order."""

    id: Id
    tell: bool = False


class CancelBody(ActBody):
    """At no more than this fee."""

    fee: Fen
    reason: Short


class CorrectBody(ActBody):
    """One field of where it goes."""

    field: Short
    value: Short


class TipBody(ActBody):
    """More for couriers."""

    amount: Annotated[Fen, Field(gt=0)]


class RescheduleBody(ActBody):
    """Another time, in seconds since 1970."""

    at: Annotated[float, Field(gt=0, strict=False)]


Kind = TypeVar("Kind", bound=Body)


async def body_of(request: Request, kind: type[Kind]) -> Kind:
    """The request's body. Raises `Problem` for anything else than such an object."""
    data = await read_json(request, MAX_JSON)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, wrong["loc"])) or "body" for wrong in error.errors()}))
        raise Problem(400, "bad_message", f"These are not as they should be: {fields}.") from None
