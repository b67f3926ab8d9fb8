"""Nothing of a customer's own reaches a log, by whichever way it came."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.errors import StoreUnavailable
from bot.identity.links import Links
from bot.messages import Address, Incoming

PHONE = "13812345678"
WORDS = "我的包裹呢?"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers, root.level
    written = io.StringIO()
    logs.configure("json", written)
    yield written
    root.handlers, root.level = before
    structlog.reset_defaults()


def only_line(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_who_still_waits_for_the_same_says_so_seldom() -> None:
    now = 100.0
    seldom = logs.Seldom(lambda: now)

    def told(event: str, level: str = "warning", **more: str) -> dict[str, Any] | None:
        try:
            return dict(seldom(None, level, {"event": event, "level": level, **more}))
        except structlog.DropEvent:
            return None

    assert told("lanes_wait", why="the database is locked")
    assert told("lanes_wait", why="the database is locked") is None
    assert told("lanes_wait", why="the database is full"), "another reason is news"
    assert told("clockwork_waits", why="the database is locked"), "and so is another loop"
    for level, event in (("error", "lanes_wait"), ("warning", "lane_left"), ("warning", "act_delayed")):
        assert told(event, level)
        assert told(event, level)
    now += 29
    assert told("lanes_wait", why="the database is locked") is None
    now += 2
    again = told("lanes_wait", why="the database is locked")
    assert again is not None
    assert again["times"] == 3
    assert told("lanes_wait", why="the database is locked") is None


def test_ids_are_kept(stream: io.StringIO) -> None:
    structlog.get_logger("bot.x").info("sent", conversation="web:abc", seq=7, order="TP2026112400123")
    line = only_line(stream)
    assert (line["event"], line["conversation"], line["seq"], line["order"]) == (
        "sent",
        "web:abc",
        7,
        "TP2026112400123",
    )
    assert (line["level"], line["logger"]) == ("info", "bot.x")


@pytest.mark.parametrize("key", ["text", "words", "phone", "contact", "token", "link", "code", "values", "payload"])
def test_what_holds_words_is_withheld_by_its_key(stream: io.StringIO, key: str) -> None:
    structlog.get_logger("bot.test").info("sent", **{key: WORDS}, nested={"inner": [{key: WORDS}]})
    assert WORDS not in stream.getvalue()
    assert only_line(stream)[key] == logs.WITHHELD


@pytest.mark.parametrize(
    "number", [PHONE, "+86 138 1234 5678", "138-1234-5678", "8613812345678", "+1 415 555 2671", "lin@example.com"]
)
def test_contacts_are_struck_wherever_they_stand(stream: io.StringIO, number: str) -> None:
    structlog.get_logger("bot.test").info(f"called {number}.", why=f"no answer from {number}", tries=[f"x{number}"])
    assert number not in stream.getvalue()
    assert only_line(stream)["why"].startswith("no answer from ")


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text("包裹 ,.:;()", max_size=5))
def test_any_mainland_mobile_number_is_struck(number: str, around: str) -> None:
    event = logs.withhold(None, "info", {"event": f"{around}{number}{around}"})
    assert number not in event["event"]


def test_an_object_is_named_and_not_shown(stream: io.StringIO) -> None:
    structlog.get_logger("bot.test").info("got", incoming=Incoming(Address("web", "a"), "1", text=WORDS))
    assert only_line(stream)["incoming"] == "<Incoming>"


def test_an_exception_is_told_by_type_and_place(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot read {WORDS}")
    except ValueError:
        structlog.get_logger("bot.test").exception("failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    assert WORDS not in stream.getvalue()
    for line in (ours, theirs):
        assert line["error"] == "ValueError"
        assert "test_logs.py" in line["at"][-1]


def test_our_own_errors_say_why(stream: io.StringIO) -> None:
    structlog.get_logger("bot.test").error("stopped", exc_info=StoreUnavailable("the database is locked"))
    assert only_line(stream)["why"] == "the database is locked"


def test_the_standard_library_goes_the_same_way(stream: io.StringIO) -> None:
    token = Links("a secret of the tests", hours=1).make("lin")
    logging.getLogger("uvicorn.error").warning('%s - "WebSocket %s" [accepted]', "127.0.0.1", f"/chat?link={token}")
    logging.getLogger("some.library").warning("bad link %s from %s", token, PHONE)
    assert token not in stream.getvalue()
    assert PHONE not in stream.getvalue()
    assert "WebSocket /chat?[withheld]" in stream.getvalue()


def test_people_get_lines_and_machines_get_json() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    before = root.handlers, root.level
    terminal, pipe = Terminal(), io.StringIO()
    try:
        for stream in (terminal, pipe):
            logs.configure(stream=stream)
            structlog.get_logger("bot.test").info("started")
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()
    assert "started" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert json.loads(pipe.getvalue())["event"] == "started"
