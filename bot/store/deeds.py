"""What is kept beside the log when a member of staff does something: the queue, notes, and the audit trail.

Each function runs inside the transaction of `bot.store.attending`, after the conversation's row is locked. Whoever may
not see the conversation is refused there, too: it may have gone to another team since somebody looked.
"""

from __future__ import annotations

from sqlalchemy import Connection

from bot.desk.people import Agent
from bot.desk.work import Reply
from bot.errors import HeldByOther, NewerWords, NoSuchThing, NotTaken
from bot.store import beside, callbacks, handovers, presence, writing
from bot.store.audit import audit
from bot.store.callbacks import Wait
from bot.store.conversations import Loaded
from bot.store.seeing import must_see


def take(agent: Agent, key: str, loaded: Loaded, fresh: str, connection: Connection) -> None:
    """It is the agent's."""
    must_see(connection, agent, key)
    language = str(loaded.state.get("language", "zh"))
    handovers.take(connection, key, agent.id, id=f"{key}:staff:{fresh}", language=language)
    audit(connection, "claimed", conversation=key, actor=agent.id)


def reply(agent: Agent, key: str, said: Reply, taken_from: Loaded | None, fresh: str, connection: Connection) -> None:
    """The agent speaks; `taken_from`: while the bot had it. Raises `NewerWords`; `NoSuchThing` for a strange file."""
    must_see(connection, agent, key)
    newest = handovers.newest_customer_seq(connection, key)
    if said.seen is not None and newest > said.seen:
        raise NewerWords(newest)
    if not beside.are_files_of(connection, key, [attachment.ref for attachment in said.attachments]):
        raise NoSuchThing(key)
    if taken_from is not None:
        take(agent, key, taken_from, fresh, connection)
    if handovers.answered(connection, key):
        callbacks.settle(connection, key, callbacks.KEPT, agent.id)
    presence.seen(connection, agent.id)
    beside.drop_draft(connection, key, agent.id)
    writing.stops(connection, key, agent.id)
    audit(connection, "replied", conversation=key, actor=agent.id)


def pass_on(agent: Agent, key: str, to: Agent, words: str, loaded: Loaded, fresh: str, connection: Connection) -> None:
    """It is a colleague's. Raises `NotTaken` for one who would not see it."""
    must_see(connection, agent, key)
    team = handovers.team_of(connection, key) or ""
    if not to.is_of(team):
        raise NotTaken("not_of_team")
    language = str(loaded.state.get("language", "zh"))
    handovers.take(connection, key, to.id, id=f"{key}:staff:{fresh}", language=language)
    _keep_words(connection, agent, key, words, fresh)
    audit(connection, "passed_on", conversation=key, actor=agent.id, detail={"to": to.id})


def to_team(agent: Agent, key: str, team: str, words: str, wait: Wait, fresh: str, connection: Connection) -> None:
    """It waits for a team. Raises `HeldByOther` where nobody asked for a person."""
    must_see(connection, agent, key)
    if not handovers.requeue(connection, key, wait.due_at, team=team):
        raise HeldByOther("")
    wait.promise(connection, key, f"{key}:passed:{fresh}")
    _keep_words(connection, agent, key, words, fresh)
    audit(connection, "passed_on", conversation=key, actor=agent.id, detail={"team": team})


def _keep_words(connection: Connection, agent: Agent, key: str, words: str, fresh: str) -> None:
    if words.strip():
        beside.add_note(connection, key, f"pass:{fresh}", agent.id, words.strip())


def end(agent: Agent, key: str, action: str, outcome: str, connection: Connection) -> None:
    """The bot has it again."""
    must_see(connection, agent, key)
    handovers.close(connection, key, outcome if action == "closed" else action)
    if action == "closed":
        callbacks.settle(connection, key, callbacks.NOT_WANTED, agent.id)
    beside.drop_draft(connection, key, agent.id)
    writing.stops(connection, key, agent.id)
    audit(connection, action, conversation=key, actor=agent.id, detail={"how": outcome})
