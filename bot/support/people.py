"""Members of staff: signing in, sessions, and who is there. Implements `bot.desk.people.People`."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.content import clean
from bot.desk.people import Agent, Availability, Role, SessionInfo, SignedIn
from bot.desk.work import QUEUE
from bot.errors import NoSuchThing, NotTaken, SignInRefused
from bot.identity.guard import Limits
from bot.store import people as store
from bot.store import sessions
from bot.store.database import Database
from bot.store.sessions import Lifetime, NewSession
from bot.support.describing import checked, checked_language, checked_languages, checked_name, normal_id
from bot.support.passwords import Passwords

LONGEST_DEVICE = 80
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Rules:
    """`limits`: of wrong passwords; `link`: seconds in which a link works; `teams`: those there are.
    `ask_password`: whether who came by a link is asked to set a password."""

    limits: Limits
    lifetime: Lifetime
    link: float
    teams: frozenset[str] = frozenset()
    ask_password: bool = True


class Staff:
    """`tell` wakes those who watch the queue: whoever comes or goes matters to what waits there."""

    def __init__(
        self,
        database: Database,
        secret: str,
        passwords: Passwords,
        rules: Rules,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._key = hmac.digest(secret.encode(), b"tepai staff names 1", hashlib.sha256)
        self._passwords = passwords
        self._rules = rules
        self._tell = tell

    async def sign_in(self, name: str, password: str, device: str) -> SignedIn:
        """See `People.sign_in`."""
        id = normal_id(name)[:LONGEST_ID]
        member = await self._try(id, password)
        token, new = _new_session(device)
        kept = member.password_hash or ""
        if not await self._database.run(sessions.begin, id, new, self._rules.lifetime, kept):
            raise SignInRefused
        return await self._signed_in(token)

    async def sign_in_by_link(self, token: str, device: str) -> SignedIn:
        """See `People.sign_in_by_link`."""
        session, new = _new_session(device)
        if await self._database.run(sessions.begin_by_link, _hash(token), new, self._rules.lifetime) is None:
            raise SignInRefused
        return await self._signed_in(session, wants_password=self._rules.ask_password)

    async def session(self, token: str) -> Agent | None:
        """See `People.session`."""
        return await store.by_session(self._database, _hash(token), self._rules.lifetime)

    async def sign_out(self, token: str) -> None:
        """See `People.sign_out`."""
        if await self._database.run(sessions.sign_out, _hash(token)):
            self._tell(QUEUE)

    async def sessions(self, agent: Agent, token: str) -> Sequence[SessionInfo]:
        """See `People.sessions`."""
        return await self._database.run(sessions.sessions, agent.id, self._rules.lifetime, _hash(token))

    async def revoke(self, agent: Agent, session: str) -> None:
        """See `People.revoke`."""
        only_of = None if agent.role.covers(Role.ADMIN) else agent.id
        if await self._database.run(sessions.revoke, agent.id, clean(session), only_of=only_of):
            self._tell(QUEUE)

    async def has_password(self, agent: Agent) -> bool:
        """See `People.has_password`."""
        member = await self._member(agent.id)
        return member is not None and member.password_hash is not None

    async def change_password(self, agent: Agent, old: str, new: str, token: str) -> None:
        """See `People.change_password`."""
        self._passwords.check(new, agent.id)
        before = None
        if await self.has_password(agent):
            try:
                before = (await self._try(agent.id, old)).password_hash
            except SignInRefused as refused:
                raise NotTaken("locked" if refused.seconds else "wrong_password") from None
        after = await self._passwords.hash(new)
        await self._database.run(store.set_password, agent.id, before, after, _hash(token))

    async def describe(self, agent: Agent, *, name: str, language: str, languages: Sequence[str]) -> None:
        """See `People.describe`."""
        said = (checked_name(name), checked_language(language), checked_languages(languages))
        await self._database.run(store.describe, agent.id, *said)

    async def be(self, agent: Agent, availability: Availability) -> None:
        """See `People.be`."""
        if await self._database.run(store.be, agent.id, availability):
            self._tell(QUEUE)

    async def alive(self, agent: Agent) -> None:
        """See `People.alive`."""
        await self._database.run(store.alive, agent.id)

    async def colleagues(self) -> Sequence[Agent]:
        """See `People.colleagues`."""
        return await self._database.run(store.everybody, active=True)

    async def everybody(self, by: Agent) -> Sequence[Agent]:
        """See `People.everybody`."""
        _require_admin(by)
        return await self._database.run(store.everybody, active=False)

    async def add(self, by: Agent, who: Agent) -> str:
        """See `People.add`."""
        _require_admin(by)
        token = _token()
        await self._database.run(store.add, by.id, checked(who, self._rules.teams), _hash(token), self._rules.link)
        return token

    async def edit(self, by: Agent, who: Agent) -> None:
        """See `People.edit`."""
        _require_admin(by)
        await self._database.run(store.edit, by.id, checked(who, self._rules.teams))
        self._tell(QUEUE)

    async def new_link(self, by: Agent, staff: str) -> str:
        """See `People.new_link`."""
        _require_admin(by)
        token = _token()
        await self._database.run(sessions.new_link, by.id, normal_id(staff), _hash(token), self._rules.link)
        return token

    async def _try(self, id: str, password: str) -> store.Member:
        """Who has this name and password. Raises `SignInRefused`."""
        name_hash = hmac.new(self._key, id.encode(), hashlib.sha256).hexdigest()
        seconds = await self._database.run(sessions.count_try, name_hash, self._rules.limits)
        if seconds:
            raise SignInRefused(seconds)
        member = await self._member(id)
        usable = member if member and member.agent.active else None
        kept = usable.password_hash if usable else None
        compared = await self._passwords.compare(password, kept)
        if usable is None or kept is None or not compared.right:
            await self._database.run(sessions.refuse, member.agent.id if member else None)
            raise SignInRefused
        await self._database.run(sessions.forgive, name_hash)
        if compared.rehashed is None:
            return usable
        await self._database.run(store.rehashed, id, kept, compared.rehashed)
        return store.Member(usable.agent, compared.rehashed)

    async def _member(self, id: str) -> store.Member | None:
        return await self._database.run(store.member, id)

    async def _signed_in(self, token: str, *, wants_password: bool = False) -> SignedIn:
        agent = await self.session(token)
        if agent is None:  # deactivated in the same moment
            raise SignInRefused
        self._tell(QUEUE)
        return SignedIn(token, agent, wants_password)


def _new_session(device: str) -> tuple[str, NewSession]:
    token = _token()
    return token, NewSession(_hash(token), device[:LONGEST_DEVICE])


def _token() -> str:
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    """A token is random enough that a plain hash of it tells nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _require_admin(by: Agent) -> None:
    if not by.role.covers(Role.ADMIN):
        raise NoSuchThing
