"""The sections of config.yaml as types. Every default here stands in config.yaml too, with its reason."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.dialogue.ladder import Patience
from bot.identity.guard import Limits
from bot.orders.policy import Policy
from bot.runtime.ages import Ages
from bot.support.hours import OpeningHours

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Duration = Annotated[float, Field(ge=0)]
Fen = Annotated[int, Field(ge=0)]
Hour = Annotated[int, Field(ge=0, le=24)]

_LAW = ("01-01", "05-01", "05-02", "10-01", "10-02", "10-03")
_MOON_2027 = ("02-05", "02-06", "02-07", "02-08", "04-05", "06-09", "09-15")
_HOURS = OpeningHours.model_validate({"holiday_dates": [*_LAW, *(f"2027-{day}" for day in _MOON_2027)]})


class Section(BaseModel):
    """A part of config.yaml; a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Name(Section):
    """The company's name in each language."""

    zh: str = "特派"
    en: str = "Tepai"


class Company(Section):
    """Who customers are talking to, and how else it can be reached."""

    name: Name = Name()
    hotline: str = "400-000-0000"
    hotline_hours: OpeningHours = _HOURS
    email: str = "support@tepai.example"
    weibo: str = "@特派客服"
    wechat: str = "特派客服"


class Web(Section):
    """Where the server listens, and which other sites may take part.

    `embedders`: origins whose pages may show the chat in a frame. `origins`: further origins under which the
    chat itself is reached, where a proxy hides the public host name.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    embedders: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class DatabaseSection(Section):
    """Which database; the address may hold a password and is therefore never shown."""

    url: Annotated[str, Field(min_length=1, repr=False)] = "sqlite:///var/tepai.db"
    connections: Annotated[int, Field(ge=6, le=500)] = 12

    @field_validator("url")
    @classmethod
    def _with_its_driver(cls, url: str) -> str:
        """Hosting companies hand out postgres:// or postgresql://, which mean the same."""
        return re.sub(r"^postgres(ql)?://", "postgresql+asyncpg://", url)


class Language(Section):
    """Which language to begin with."""

    default: Literal["zh", "en"] = "zh"


class DialogueSection(Section):
    """The ladder for words that are not understood, counted in misses in a row; seconds until a question is idle."""

    choices_after: Positive = 2
    human_after: Positive = 3
    idle_after: Seconds = 1800

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        if self.human_after < self.choices_after:
            raise ValueError("human_after must not come before choices_after")
        return self

    def patience(self) -> Patience:
        """The same as the engine uses it."""
        return Patience(**self.model_dump())


class Orders(Section):
    """What counts as late and what cancelling costs (see `Policy`), and how long the order service may take."""

    timeout: Seconds = 3
    sync_stale_after: Seconds = 600
    stale_limit: Seconds = 1800
    peak_hours: tuple[tuple[Hour, Hour], ...] = ((11, 13), (17, 20))
    free_window: Duration = 60
    fee_window: Duration = 900
    cancel_fee: Fen = 200
    refund_days: Positive = 3
    tip_limits: tuple[Fen, Fen] = (100, 5000)
    reschedule_limits: tuple[Seconds, Seconds] = (1800, 604800)

    @model_validator(mode="after")
    def _grows(self) -> Self:
        pairs = {
            "sync_stale_after … stale_limit": (self.sync_stale_after, self.stale_limit),
            "free_window … fee_window": (self.free_window, self.fee_window),
            "tip_limits": self.tip_limits,
            "reschedule_limits": self.reschedule_limits,
        }
        for name, (low, high) in [*pairs.items(), *(("peak_hours", hours) for hours in self.peak_hours)]:
            if low > high:
                raise ValueError(f"{name}: the first must not be above the second")
        return self

    def policy(self) -> Policy:
        """The rules as the diagnosis and the embedded order service use them."""
        return Policy(**self.model_dump(exclude={"timeout"}))


class Identity(Section):
    """How long proofs of identity hold, and what guessing costs; hours and minutes."""

    link_hours: Positive = 72
    code_minutes: Positive = 10
    code_tries: Positive = 5
    pauses: Annotated[tuple[Positive, ...], Field(min_length=1)] = (5, 15, 60, 240, 1440)

    def limits(self) -> Limits:
        """What one-time codes are checked against."""
        return Limits(self.code_minutes * 60, self.code_tries, tuple(pause * 60 for pause in self.pauses))


class Smtp(Section):
    """The mail server; an empty host means the demo outbox."""

    host: str = ""
    port: Annotated[int, Field(gt=0, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = ""
    timeout: Seconds = 10


class Telegram(Section):
    """How updates come: `mode` polling asks for them, webhook has them sent to `url`. Without a token it is off.

    `staff_group`: the chat in which staff have a topic for each conversation; `staff_teams`: whose it shows, () for
    all.
    """

    mode: Literal["polling", "webhook"] = "polling"
    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    base_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.telegram.org"
    connections: Annotated[int, Field(ge=1, le=100)] = 40
    messages_per_second: Annotated[float, Field(gt=0)] = 30
    staff_group: Annotated[int, Field(lt=0)] | None = None
    staff_teams: tuple[str, ...] = ()


class MenuButton(Section):
    """One button of WeChat's menu: says `say` for the customer, opens `url`, or the buttons `below`."""

    name: str
    say: str = ""
    url: str = ""
    below: tuple[MenuButton, ...] = ()


class WechatNotice(Section):
    """What calls a customer back to whom nothing may be sent; off without a template."""

    kind: Literal["template", "subscription"] = "template"
    template: str = ""
    fields: dict[str, str] = {}
    url: str = ""


class Wechat(Section):
    """One official account; without an `app_id` it is off. `account`: its original id, gh_…; `ready_by`: seconds until
    WeChat is answered, which waits for five; `url`: our public address."""

    app_id: str = ""
    account: str = ""
    verified: bool = True
    allow_plain: bool = False
    base_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.weixin.qq.com"
    ready_by: Annotated[float, Field(ge=0.1, le=4.8)] = 4.5
    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    menu: tuple[MenuButton, ...] = ()
    notice: WechatNotice = WechatNotice()


class Support(Section):
    """The staff desk; times in seconds. `teams`: the reasons that each takes; what none takes is anybody's."""

    teams: dict[str, tuple[str, ...]] = {}
    claim_within: Seconds = 600
    answer_within: Seconds = 300
    away_for: Seconds = 120
    idle_for: Seconds = 3600
    ticket_within: Seconds = 172_800
    lost_parcel_within: Seconds = 86_400
    lead_email: Annotated[str, Field(pattern=r"^([^\s@]+@[^\s@]+)?$")] = ""

    @field_validator("teams")
    @classmethod
    def _once(cls, teams: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        reasons = [reason for taken in teams.values() for reason in taken]
        if len(set(reasons)) < len(reasons):
            raise ValueError("a reason must not stand in two teams")
        return teams

    def team_for(self, reason: str) -> str:
        """Whose a handover is: "" for anybody's."""
        return next((team for team, reasons in self.teams.items() if reason in reasons), "")

    def due_within(self, about: str) -> float:
        """In how many seconds the company does the next step of a ticket."""
        return self.lost_parcel_within if about == "lost_parcel" else self.ticket_within


class Attachments(Section):
    """What customers may send besides words."""

    max_megabytes: Positive = 10

    @property
    def max_bytes(self) -> int:
        """The largest picture or file, in bytes."""
        return self.max_megabytes * 1024 * 1024


class DeskSection(Section):
    """How members of staff sign in, in the units that the names say. `pauses`: minutes in which a name is not let in
    after the first, second, … time its tries are used up."""

    session_days: Positive = 14
    idle_hours: Positive = 12
    link_hours: Positive = 24
    password_length: Annotated[int, Field(ge=8, le=64)] = 10
    tries: Positive = 5
    pauses: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1, 5, 15, 60)

    def limits(self) -> Limits:
        """What wrong passwords are checked against."""
        return Limits(0, self.tries, tuple(pause * 60 for pause in self.pauses))


class Housekeeping(Section):
    """How long things are kept, in days, and how often what is older is removed, in hours."""

    every_hours: Positive = 24
    conversations: Positive = 184
    files: Positive = 92
    bookkeeping: Positive = 30
    codes: Positive = 30
    mails: Positive = 184
    dead_letters: Positive = 184
    sign_ins: Positive = 30
    records: Positive = 1096

    @model_validator(mode="after")
    def _records_last(self) -> Self:
        if self.records < self.conversations:
            raise ValueError("records must not be kept shorter than conversations")
        return self

    def ages(self) -> Ages:
        """The same in seconds."""
        return Ages(**{name: days * 86_400.0 for name, days in self.model_dump(exclude={"every_hours"}).items()})

    @property
    def every(self) -> float:
        """Seconds from one round to the next."""
        return self.every_hours * 3600.0
