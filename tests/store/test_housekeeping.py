"""Housekeeping: what is old goes, what is young or still needed stays, whatever the ages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, insert, select, update

from bot.desk.tickets import TicketState
from bot.dialogue.conversation import Conversation
from bot.errors import StoreUnavailable
from bot.runtime.ages import Ages
from bot.runtime.housekeeping import HOUSEKEEPING, Housekeeper
from bot.store import housekeeping as store
from bot.store import leases, staff_tables, support_tables, tables, telegram_tables
from bot.store.conversations import Source
from bot.store.database import Database
from bot.store.schema import metadata

AGES = Ages(
    conversations=1_000,
    files=500,
    bookkeeping=100,
    codes=200,
    mails=700,
    dead_letters=800,
    sign_ins=300,
    records=5_000,
)
EVERY = 3_600.0
CHATS = store.SLICE + 30
EDGE = 30
"""No random age is nearer than this to a limit, so that seconds that pass meanwhile change nothing."""

NEEDS = ("owner", "lane", "timer", "dead", "handover", "ticket", "wechat_push", "wechat_letter", "album_part")


@dataclass(frozen=True)
class Chat:
    """A conversation as it was made. `needs`: what makes it untouchable; `rows`: (table, key, age) of its rows."""

    id: str
    idle: float
    needs: str | None
    rows: tuple[tuple[str, str, float], ...]


def some_age(dice: random.Random, most: float = 7_000) -> float:
    limits = [getattr(AGES, name) for name in AGES.__slots__]
    while True:
        age = dice.uniform(0, most)
        if all(abs(age - limit) > EDGE for limit in limits):
            return age


def name_of(row: Mapping[str, Any]) -> str:
    """What tells a row from others of its conversation and table."""
    return str(row.get("number", row.get("seq", row.get("key", row.get("id", "")))))


def make_chat(connection: Connection, dice: random.Random, number: int, now: float) -> Chat:
    key, rows = f"webchat:{number:04}", []
    idle = some_age(dice)
    needs = dice.choice([None, None, *NEEDS])
    lane = {"last_seq": 20, "done_seq": 20, "next_at": now + 60 if needs == "lane" else None}
    state = {"language": "en", "acts": 3, "questions": 2, "misses": 1, "greeted": True}

    def put(table: Table, age: float, **values: Any) -> None:
        connection.execute(insert(table).values(conversation=key, **values))
        rows.append((table.name, name_of(values), age))

    chat = {"id": key, "channel": "webchat", "version": 5, "state": state, "customer": "lin"}
    owner = "li" if needs == "owner" else None
    connection.execute(
        insert(tables.conversation).values(**chat, owner=owner, created_at=now - 9_000, updated_at=now - idle)
    )
    connection.execute(insert(tables.lane).values(conversation=key, channel="webchat", **lane))
    for seq in range(1, 21):
        age = idle + some_age(dice, 2_000)
        put_line(put, seq, age, now)
    age = idle + some_age(dice, 700)
    put(tables.attachment, age, id="f", name="f", media_type="image/png", kind="image", size=1, data=b"x", at=now - age)
    put(support_tables.feedback, idle, key=f"{key}:1", about="order", score=5, words="good", at=now - idle)
    put(tables.watch, idle, order_number="TP1", customer="lin", since=now - idle)
    put(tables.channel_note, idle, value={})
    put(telegram_tables.staff_topic, idle, chat=-1, thread=number, seq=0)
    age = idle + some_age(dice, 200)
    put(telegram_tables.album_part, age, album="a", number=9, at=now - age)
    brief = {"key": f"{key}:2", "reason": "asked", "brief": {}, "language": "en", "opened_at": now - idle}
    put(support_tables.handover, idle, **brief, status="closed", closed_at=now - idle)
    put_staffs(put, dice, idle, now)
    put_need(put, needs, key, now, idle)
    return Chat(key, idle, needs, tuple(rows))


def put_staffs(put: Any, dice: random.Random, idle: float, now: float) -> None:
    """What staff keep beside a conversation."""
    age = idle + some_age(dice, 2_000)
    put(support_tables.note, age, key="n", author="mei", words="words", at=now - age)
    age = some_age(dice, 200)
    put(support_tables.draft, age, author="mei", words="wor", at=now - age)
    put(support_tables.writing, age, who="mei", at=now - age)
    put(support_tables.tag, idle, name="vip", author="mei", at=now - idle)


def put_line(put: Any, seq: int, age: float, now: float) -> None:
    """Every kind of line a log has."""
    payload = {"text": "words"}
    if seq % 2:
        source = Source.CUSTOMER if seq % 4 == 1 else Source.INNER
        put(tables.inbound, age, source=source.value, message_id=f"m{seq}", seq=seq, payload=payload, at=now - age)
    else:
        kind = "message" if seq % 4 else "act"
        put(tables.outbox, age, seq=seq, kind=kind, payload=payload, epoch=0, at=now - age)


def put_need(put: Any, needs: str | None, key: str, now: float, idle: float) -> None:
    opened = {"opened_at": now - idle}
    brief = {"key": f"{key}:3", "reason": "asked", "brief": {}, "language": "en"}
    words = {"about": "other", "words": "words", "attachments": []}
    match needs:
        case "timer":
            put(tables.timer, idle, name="remind:1", due_at=now + 60, kind="remind", payload={})
        case "dead":
            put(tables.dead, 0, seq=2, kind="message", payload={}, why="refused", at=now)
        case "handover":
            put(support_tables.handover, idle, **brief, **opened, status="waiting")
        case "ticket":
            put(support_tables.ticket, idle, **words, **opened, number=f"T{key}", key=f"{key}:4", state="open")
        case "wechat_push":
            put(tables.wechat_push, idle, id="1", attempt_at=now - idle, deadline=now, message={"text": "words"})
        case "album_part":
            put(telegram_tables.album_part, idle, album="a", number=1, message={"text": "words"}, at=now - idle)
        case "wechat_letter":
            letter = {"text": "words", "choices": [], "staff": False, "state": "waiting"}
            put(tables.wechat_letter, idle, seq=2, part=1, **letter, at=now - idle)


def all_rows(connection: Connection) -> dict[str, list[Any]]:
    """Every row of every table, in a fixed order."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table))))
        for table in metadata.sorted_tables
        if table is not tables.lease
    }


def chat_rows(connection: Connection, key: str) -> set[tuple[str, str]]:
    found = set()
    for table in metadata.sorted_tables:
        if "conversation" in table.c and table is not tables.lane:
            for row in connection.execute(select(table).where(table.c.conversation == key)).mappings():
                found.add((table.name, name_of(row)))
    return found


async def a_round(database: Database) -> int:
    """All steps of one; how many they were."""
    keeper, steps = Housekeeper(database, AGES, EVERY), 0
    while await keeper.tidy():
        steps += 1
    return steps


async def due_again(database: Database) -> None:
    await database.run(lambda c: c.execute(update(tables.lease).values(value=None)))


def keeps(chat: Chat, table: str, key: str, age: float) -> bool:
    """The rules as config.yaml tells them."""
    if chat.needs is not None:
        return True
    if chat.idle > AGES.conversations:
        return False
    if table in ("inbound", "outbox"):
        inner = int(key) % 4 in (0, 3)
        return age < (AGES.bookkeeping if inner else AGES.conversations)
    lasts = {"attachment": AGES.files, "note": AGES.conversations}
    lasts |= dict.fromkeys(("draft", "writing", "album_part"), AGES.bookkeeping)
    return age < lasts.get(table, age + 1)


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_old_goes_and_what_is_young_or_needed_stays(database: Database, seed: int) -> None:
    dice, now = random.Random(seed), await database.run(store.now)
    chats = await database.run(lambda c: [make_chat(c, dice, number, now) for number in range(CHATS)])
    assert await a_round(database) >= 2, "more than one slice"
    for chat in chats:
        expected = {(table, key) for table, key, age in chat.rows if keeps(chat, table, key, age)}
        assert await database.run(chat_rows, chat.id) == expected, chat
    after = await database.run(all_rows)
    await due_again(database)
    await a_round(database)
    assert await database.run(all_rows) == after, "a second round finds nothing"


async def test_a_conversation_that_ended_keeps_its_numbers_until_the_records_run_out(database: Database) -> None:
    now = await database.run(store.now)
    for number, idle in enumerate((900, 1_100, 5_100)):
        await database.run(make_idle, f"webchat:{number}", now - idle)
    await a_round(database)
    found = await database.run(lambda c: c.execute(select(tables.conversation).order_by("id")).mappings().all())
    assert [(row["id"], row["customer"], row["version"]) for row in found] == [
        ("webchat:0", "lin", 5),
        ("webchat:1", None, 6),
    ]
    forgotten = Conversation.from_json(found[1]["state"])
    assert forgotten == Conversation(language="en", acts=3, questions=2)
    lanes = await database.run(lambda c: c.execute(select(tables.lane.c.conversation, tables.lane.c.last_seq)).all())
    assert sorted(map(tuple, lanes)) == [("webchat:0", 20), ("webchat:1", 20)]


def make_idle(connection: Connection, key: str, since: float, **more: Any) -> None:
    state = {"language": "en", "acts": 3, "questions": 2, "misses": 1}
    chat = {"id": key, "channel": "webchat", "version": 5, "state": state, "customer": "lin", "created_at": 0.0}
    connection.execute(insert(tables.conversation).values(**chat, updated_at=since, **more))
    connection.execute(insert(tables.lane).values(conversation=key, channel="webchat", last_seq=20, done_seq=20))


@pytest.mark.parametrize(
    ("state", "closed", "kept"),
    [(state.value, None, 1) for state in TicketState if state is not TicketState.CLOSED]
    + [("closed", 8_000, 0), ("closed", 4_000, 1)],
)
async def test_a_conversation_stays_as_long_as_its_ticket(
    database: Database, state: str, closed: float | None, kept: int
) -> None:
    now = await database.run(store.now)
    await database.run(make_idle, "webchat:1", now - 9_000)
    words = {"about": "other", "words": "words", "attachments": [], "opened_at": now - 9_000}
    row = {"number": "T1", "key": "webchat:1:1", "conversation": "webchat:1", "state": state}
    when = None if closed is None else now - closed
    await database.run(lambda c: c.execute(insert(support_tables.ticket).values(**row, **words, closed_at=when)))
    happened = {"actor": "mei", "kind": "state", "value": state, "words": ""}
    for number in ("T1", "T2"):  # T2 is another conversation's
        event = {"number": number, "place": 1, "key": number, "at": now - 9_000, **happened}
        await database.run(lambda c, event=event: c.execute(insert(support_tables.ticket_event).values(**event)))
    for _ in range(2):
        await a_round(database)
        await due_again(database)
    rests = (support_tables.ticket, support_tables.ticket_event, tables.conversation)
    found = await database.run(lambda c: [len(c.execute(select(t)).all()) for t in rests])
    assert found == [kept, kept + 1, kept]


async def test_a_message_that_comes_at_that_moment_wins(database: Database) -> None:
    now = await database.run(store.now)
    await database.run(make_idle, "webchat:1", now - 2_000)

    def overtaken(connection: Connection) -> Counter[str]:
        row = connection.execute(store._VISIT).one()
        connection.execute(update(tables.conversation).values(version=6))
        removed: Counter[str] = Counter()
        store._forget(connection, row, removed)
        store._purge(connection, row, removed)
        return +removed

    assert await database.run(overtaken) == Counter()
    assert await database.run(lambda c: c.scalar(select(tables.conversation.c.customer))) == "lin"


async def test_mails_dead_letters_guards_and_the_audit_trail(database: Database) -> None:
    now = await database.run(store.now)
    await database.run(put_the_rest, now)
    await a_round(database)
    left = await database.run(
        lambda c: {
            "mail": sorted(c.scalars(select(support_tables.mail.c.reference))),
            "dead": sorted(c.scalars(select(tables.dead.c.why))),
            "contact_lock": sorted(c.scalars(select(tables.contact_lock.c.contact_hash))),
            "audit": sorted(c.scalars(select(tables.audit.c.action))),
            "verification": sorted(c.scalars(select(tables.verification.c.conversation))),
        }
    )
    assert left == {
        "mail": ["still to be sent", "young"],
        "dead": ["young"],
        "contact_lock": ["paused", "young"],
        "audit": ["young"],
        "verification": ["webchat:paused", "webchat:young"],
    }


def put_the_rest(connection: Connection, now: float) -> None:
    for what, at, next_at in (("old", 800, None), ("still to be sent", 800, now), ("young", 600, None)):
        mail = {"reference": what, "to_address": "a@b", "reply_to": "", "subject": "", "body": "", "at": now - at}
        connection.execute(insert(support_tables.mail).values(**mail, next_at=next_at))
    for seq, (why, at) in enumerate((("old", 900), ("young", 700))):
        letter = {"conversation": "webchat:1", "seq": seq, "kind": "message", "payload": {}, "why": why}
        connection.execute(insert(tables.dead).values(**letter, at=now - at))
    for who, at, until in (
        ("old", 300, None),
        ("paused", 300, now + 60),
        ("young", 100, None),
        ("freed", 300, now - 9),
    ):
        guard = {"contact_hash": who, "locked_until": until}
        connection.execute(insert(tables.contact_lock).values(**guard, changed_at=now - at))
        if who != "freed":
            make_idle(connection, f"webchat:{who}", now)
            code = {"conversation": f"webchat:{who}", "code_hash": "", "salt": "", "send_key": "", **guard}
            connection.execute(insert(tables.verification).values(**code, expires_at=now - at))
    for action, at in (("old", 6_000), ("young", 4_000)):
        connection.execute(insert(tables.audit).values(at=now - at, actor="bot", action=action))


async def test_sign_ins_that_are_over_and_guards_that_are_calm(database: Database) -> None:
    now = await database.run(store.now)
    await database.run(put_sign_ins, now)
    await a_round(database)
    left = await database.run(
        lambda c: {
            table.name: sorted(c.scalars(select(table.primary_key.columns[0])))
            for table in (staff_tables.staff_session, staff_tables.staff_link, staff_tables.sign_in_guard)
        }
    )
    assert left == {
        "staff_session": ["over since today", "runs"],
        "staff_link": ["over since today", "runs"],
        "sign_in_guard": ["locked", "young"],
    }


def put_sign_ins(connection: Connection, now: float) -> None:
    for what, until in (("over for long", now - 400), ("over since today", now - 200), ("runs", now + 60)):
        same = {"token_hash": what, "staff": "mei", "until": until}
        connection.execute(
            insert(staff_tables.staff_session).values(**same, device="", created_at=now - 9_000, seen_at=until)
        )
        connection.execute(insert(staff_tables.staff_link).values(**same, purpose="sign_in"))
    guards = (("old", 400, None), ("freed", 400, now - 9), ("locked", 400, now + 60), ("young", 200, None))
    for name, at, until in guards:
        guard = {"name_hash": name, "locked_until": until, "changed_at": now - at}
        connection.execute(insert(staff_tables.sign_in_guard).values(**guard))


async def test_many_old_rows_take_several_steps(database: Database) -> None:
    now = await database.run(store.now)
    guards = [{"contact_hash": f"{n}", "changed_at": now - 300} for n in range(2 * store.BATCH + 1)]
    await database.run(lambda c: c.execute(insert(tables.contact_lock), guards))
    assert await a_round(database) == 4
    assert await database.run(lambda c: c.execute(select(tables.contact_lock)).all()) == []


async def test_one_process_at_a_time_and_the_next_goes_on_where_it_was(database: Database) -> None:
    now = await database.run(store.now)
    for number in range(CHATS):
        await database.run(make_idle, f"webchat:{number:04}", now - 2_000)
    first, second = (Housekeeper(database, AGES, EVERY) for _ in range(2))
    assert (await database.run(leases.take, HOUSEKEEPING, "another's", 60))[0]
    assert not await first.tidy()
    await database.run(leases.leave, HOUSEKEEPING, "another's", None)
    assert await first.tidy()
    assert await database.run(leases.value, HOUSEKEEPING) == {"after": f"webchat:{store.SLICE - 1:04}"}
    assert await second.tidy()
    left = await database.run(lambda c: c.scalars(select(tables.conversation.c.customer)).all())
    assert left == [None] * CHATS
    assert not await first.tidy(), "the next round is not due yet"


async def test_a_step_that_fails_leaves_the_round_where_it_was(database: Database) -> None:
    class Failing(Housekeeper):
        async def _step(self, after: str) -> dict[str, Any]:
            raise StoreUnavailable("the database is locked")

    with pytest.raises(StoreUnavailable):
        await Failing(database, AGES, EVERY).tidy()
    assert await Housekeeper(database, AGES, EVERY).tidy(), "the lease was given back"


async def test_no_table_is_scanned(database: Database) -> None:
    """What the database itself says it would do."""
    plans = await database.run(plans_of_a_step)
    assert len(plans) > 10
    for statement, plan in plans:
        # The audit trail's oldest rows are the first by its key: as many as the limit says are looked at.
        assert "SCAN" not in plan.replace("'SCAN audit')", ""), (statement, plan)
        assert "Seq Scan" not in plan, (statement, plan)


def plans_of_a_step(connection: Connection) -> list[tuple[str, str]]:
    seen: list[tuple[str, Any]] = []

    def listen(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        seen.append((statement, values))

    now = store.now(connection)
    make_idle(connection, "webchat:1", now - 100)
    event.listen(connection, "before_cursor_execute", listen)
    store.visit_conversations(connection, AGES, "")
    store.remove_rest(connection, AGES)
    event.remove(connection, "before_cursor_execute", listen)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set local enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return [
        (statement, "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, values)))
        for statement, values in seen
        if "FROM" in statement
    ]
