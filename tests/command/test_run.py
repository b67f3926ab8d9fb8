"""`tepai run`: from an empty folder to a served chat, and a prompt end."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.command.serving import Serving
from tests.command.tepai import call, start
from tests.desk.office import Member
from tests.webchat.browser import Browser


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    process = start(tmp_path, "run", PORT="0")
    try:
        yield Serving(process)
    finally:
        process.kill()
        process.communicate()


async def test_it_prints_links_that_lead_into_a_chat(serving: Serving, tmp_path: Path) -> None:
    links = re.findall(r"(/chat)(\?lang=(?:zh|en)&link=\S+)", "".join(serving.lines))
    assert len(links) >= 4
    async with Browser(serving.url) as browser:
        await browser.open(links[0][1])
        async for entry in browser.by_socket():
            if entry and entry["sender"] == "bot":
                break
    assert (tmp_path / "var" / "tepai.db").exists()


async def test_each_start_prints_links_to_the_desk_that_work_once(tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(2):
        process = start(tmp_path, "run", PORT="0")
        try:
            serving = Serving(process)
            links = re.findall(r"/desk/link#(\S+)", "".join(serving.lines))
            assert len(links) == 2 and not set(links) & set(seen)
            async with Member(serving.url) as member:
                for earlier in seen:
                    assert (await member.post("/desk/link", {"token": earlier}))[0] == 401
                assert await member.post("/desk/link", {"token": links[0]}) == (303, "/desk")
                assert (await member.get("/desk"))[0] == 200
            async with Member(serving.url) as second:
                assert (await second.post("/desk/link", {"token": links[0]}))[0] == 401
            seen += links
            assert not any(token in serving.stop(signal.SIGTERM) for token in links[:1])
        finally:
            process.kill()
            process.communicate()


async def test_outside_the_demo_nobody_gets_a_link(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("demo: false\nsmtp: {host: 127.0.0.1}\n")
    process = start(tmp_path, "run", PORT="0", TEPAI_SECRET="a secret for these tests only")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "/desk" in line and "link" not in line
    finally:
        process.kill()
        process.communicate()
    assert call(tmp_path, "staff", "list", TEPAI_SECRET="a secret for these tests only").stdout == ""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_open_pages_do_not_hold_it_up(serving: Serving, sign: signal.Signals) -> None:
    async with Browser(serving.url) as browser:
        await browser.chat()
        by_socket, by_events = browser.by_socket(), browser.by_events()
        assert await anext(by_socket) is None
        assert await anext(by_events) is None
        err = serving.stop(sign)
        await by_socket.aclose()
        await by_events.aclose()
    assert serving.process.returncode == 0
    assert "Traceback" not in err


async def test_no_address_reaches_the_log(serving: Serving) -> None:
    async with Browser(serving.url) as browser:
        await browser.open("?link=forged-token-of-this-test")
        async with browser.http.get("/no/such/page?link=forged-token-of-this-test") as answer:
            assert answer.status == 404
    assert "forged-token" not in serving.stop(signal.SIGTERM)


def test_a_second_start_finds_what_the_first_made(tmp_path: Path) -> None:
    secrets = set()
    for _ in range(2):
        serving = Serving(start(tmp_path, "run", PORT="0"))
        serving.stop(signal.SIGTERM)
        assert serving.process.returncode == 0
        secrets.add((tmp_path / "var" / "secret").read_text())
    assert len(secrets) == 1, "links of the first start no longer hold"


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = call(tmp_path, "run", PORT=str(port))
    assert found.returncode == 2
    assert f"port {port} is in use" in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("file", "environ", "said"),
    [
        ("webb: {}", {}, "webb: no such setting"),
        (
            "",
            {"DATABASE_URL": "postgresql://tepai:hunter2@127.0.0.1:1/tepai"},
            "cannot be reached: no server listens there",
        ),
        ("", {"DATABASE_URL": "postgresql://tepai:hunter2@no-such-host.invalid/tepai"}, "nobody knows its host"),
        ("", {"DATABASE_URL": "postgresql://tepai:hunter2@127.0.0.1:port/tepai"}, "the database URL cannot be read"),
        ("", {"DATABASE_URL": "sqlite://"}, "must name a file"),
        ("", {"DATABASE_URL": "sqlite:////proc/none/tepai.db"}, "cannot be made"),
        ("", {"DATABASE_URL": "sqlite:////proc/tepai.db"}, "cannot be opened"),
        ("", {"DATABASE_URL": "hunter2"}, "the database URL cannot be read"),
        ("", {"PORT": "99999"}, "web.port"),
        ("demo: false", {}, "smtp.host"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: Path, file: str, environ: dict[str, str], said: str) -> None:
    (tmp_path / "config.yaml").write_text(file)
    found = call(tmp_path, "run", **{"PORT": "0", **environ})
    assert found.returncode == 2
    assert said in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert "hunter2" not in found.stderr


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    assert call(tmp_path, "db", "upgrade").returncode == 0
    rename_revision(tmp_path / "var" / "tepai.db")
    found = call(tmp_path, "run", PORT="0")
    assert found.returncode == 2
    assert "update Tepai" in found.stderr


def rename_revision(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update alembic_version set version_num = 'from_the_future'")
