"""`tepai staff`, as an operator at a shell uses it."""

from __future__ import annotations

import getpass
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import Database
from bot.store.tables import audit
from tests.command.tepai import call
from tests.support.staffing import Team


def tepai(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(folder, "staff", *arguments, DATABASE_URL=url)


def done(folder: Path, url: str, *arguments: str) -> Any:
    found = tepai(folder, url, *arguments, "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def refused(folder: Path, url: str, *arguments: str) -> str:
    found = tepai(folder, url, *arguments)
    assert found.returncode == 1 and "Traceback" not in found.stderr
    return found.stderr


def test_the_first_admin_comes_before_the_first_start(tmp_path: Path) -> None:
    found = call(tmp_path, "staff", "add", "Boss", "--name", "老板", "--role", "admin", PORT="9000")
    assert found.returncode == 0, found.stderr
    told, link = found.stdout.splitlines()
    assert told == "老板 (boss, admin) signs in by this link, which works once:"
    assert link.startswith("http://127.0.0.1:9000/desk/link#")
    listed = call(tmp_path, "staff", "list")
    assert listed.stdout == "boss  老板  admin  all teams  zh,en  not here\n"


async def test_somebody_is_added_changed_and_let_go(tmp_path: Path, database: Database, database_url: str) -> None:
    (tmp_path / "config.yaml").write_text(
        "support: {teams: {care: [complaint]}}\nweb: {origins: ['https://chat.tepai.example/']}\n"
    )
    said = ("--name", "小王", "--languages", "en", "--teams", "care", "--email", "wang@tepai.example")
    added = done(tmp_path, database_url, "add", "wang", *said)
    assert (added["name"], added["role"], added["languages"], added["teams"]) == ("小王", "agent", ["en"], ["care"])
    address, _, token = added["link"].partition("#")
    assert address == "https://chat.tepai.example/desk/link"
    team = Team(database)
    begun = await team.staff.sign_in_by_link(token, "Firefox · Linux")

    changed = done(tmp_path, database_url, "edit", "WANG", "--role", "lead", "--teams", "")
    assert (changed["role"], changed["teams"], changed["name"], changed["here"]) == ("lead", [], "小王", True)
    (session,) = done(tmp_path, database_url, "sessions", "wang")
    assert session["device"] == "Firefox · Linux"
    assert "1 ended" in tepai(tmp_path, database_url, "revoke", "wang", session["id"][:8]).stdout
    assert await team.staff.session(begun.token) is None

    token = done(tmp_path, database_url, "link", "wang")["link"].partition("#")[2]
    begun = await team.staff.sign_in_by_link(token, "")
    assert done(tmp_path, database_url, "deactivate", "wang")["active"] is False
    assert await team.staff.session(begun.token) is None
    actors = {row["actor"] for row in await team.rows(audit)} - {"wang"}
    assert actors == {f"operator:{getpass.getuser()}"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "li"), "somebody of that name already"),
        (("add", "operator"), "sign-in name"),
        (("add", "wang", "--teams", "nowhere"), "support.teams"),
        (("add", "wang", "--languages", "fr"), "zh,en"),
        (("add", "wang", "--email", "none"), "e-mail"),
        (("edit", "nobody", "--name", "x"), "nobody of that name"),
        (("link", "nobody"), "nobody of that name"),
        (("edit", "boss", "--role", "agent"), "at least one admin"),
        (("deactivate", "boss"), "at least one admin"),
        (("revoke", "li", "abc"), "no such session"),
    ],
)
async def test_what_cannot_be_is_told_in_one_line(
    tmp_path: Path, sqlite_url: str, arguments: tuple[str, ...], why: str
) -> None:
    database = Database(sqlite_url)
    team = Team(database)
    await team.link("li")
    await team.link("boss", role=team.by.role)
    assert why in refused(tmp_path, sqlite_url, *arguments)
    await database.close()
