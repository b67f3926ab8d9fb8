"""`tepai outbox`, as an operator at a shell uses it."""

from __future__ import annotations

import getpass
import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from bot.messages import Outgoing, outgoing_to_json
from bot.store import lanes
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.tables import audit, conversation, dead, outbox
from tests.command.tepai import call

WORDS = "您的订单由王师傅配送"
CHAT = "webchat:abc"


@pytest.fixture
async def url(database: Database, database_url: str) -> str:
    await database.run(_two_letters)
    return database_url


def _two_letters(connection: Connection) -> None:
    row = {"id": CHAT, "channel": "webchat", "version": 1, "state": {}, "created_at": dbnow(), "updated_at": dbnow()}
    connection.execute(insert(conversation).values(**row))
    lanes.extend(connection, CHAT, "webchat", 2, due=False)
    for seq, why in enumerate(("too long for this channel", "refused for too long"), 1):
        letter = {"conversation": CHAT, "seq": seq, "kind": "message", "payload": outgoing_to_json(Outgoing(WORDS))}
        connection.execute(insert(outbox).values(**letter, epoch=0, fate="dead", at=dbnow()))
        connection.execute(insert(dead).values(**letter, why=why, at=dbnow() + seq))


def tepai(tmp_path: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(tmp_path, "outbox", *arguments, DATABASE_URL=url)


async def test_list_names_them_without_a_word_of_theirs(tmp_path: Path, url: str) -> None:
    found = tepai(tmp_path, url, "list")
    assert found.returncode == 0
    second, first = found.stdout.splitlines()
    assert first.startswith(f"{CHAT}#1  20") and first.endswith("message  too long for this channel")
    assert second.startswith(f"{CHAT}#2  20")
    listed = tepai(tmp_path, url, "list", "--json", "--limit", "1")
    (one,) = json.loads(listed.stdout)
    assert (one["id"], one["kind"], one["why"]) == (f"{CHAT}#2", "message", "refused for too long")
    assert WORDS not in found.stdout + listed.stdout


async def test_show_tells_the_words_as_well(tmp_path: Path, url: str) -> None:
    assert WORDS in tepai(tmp_path, url, "show", f"{CHAT}#1").stdout
    shown: dict[str, Any] = json.loads(tepai(tmp_path, url, "show", f"{CHAT}#1", "--json").stdout)
    assert shown["payload"]["text"] == WORDS


async def test_retry_and_drop(tmp_path: Path, url: str, database: Database) -> None:
    retried = tepai(tmp_path, url, "retry", f"{CHAT}#1", "--json")
    assert retried.returncode == 0
    assert json.loads(retried.stdout) == [{"id": f"{CHAT}#1", "done": True, "seq": 3, "why_not": None}]
    dropped = tepai(tmp_path, url, "drop", f"{CHAT}#2", f"{CHAT}#1")
    assert dropped.returncode == 1
    assert dropped.stdout == f"{CHAT}#2: done\n"
    assert dropped.stderr == f"tepai: {CHAT}#1: there is no such dead letter (any more)\n"
    noted = await database.run(lambda c: c.execute(select(audit.c.actor, audit.c.action).order_by(audit.c.id)).all())
    who = f"operator:{getpass.getuser()}"
    assert [tuple(row) for row in noted] == [(who, "dead_letter_retried"), (who, "dead_letter_dropped")]
    assert tepai(tmp_path, url, "list").stdout == ""


@pytest.mark.parametrize(
    "id", ["webchat:abc", "#1", "webchat:abc#", "webchat:abc#x", "webchat:abc#-1", "a#" + "9" * 30]
)
def test_what_is_no_id_is_refused(tmp_path: Path, id: str) -> None:
    found = tepai(tmp_path, f"sqlite:///{tmp_path}/tepai.db", "show", id)
    assert found.returncode == 2
    assert "tepai outbox list" in found.stderr


def test_an_unknown_letter_and_a_database_that_is_not_there(tmp_path: Path, sqlite_url: str) -> None:
    assert tepai(tmp_path, sqlite_url, "show", f"{CHAT}#9").returncode == 1
    found = tepai(tmp_path, f"sqlite:///{tmp_path}/nowhere/tepai.db", "list")
    assert (found.returncode, found.stderr) == (2, "tepai: the database cannot be opened\n")
    with closing(sqlite3.connect(tmp_path / "empty.db")):
        pass
    assert "tepai db upgrade" in tepai(tmp_path, f"sqlite:///{tmp_path}/empty.db", "list").stderr
