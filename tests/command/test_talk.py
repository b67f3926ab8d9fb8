"""`tepai talk`: a whole conversation through a pipe, and at a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command.tepai import ROOT, call, start

STUCK = "TP10024817"
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_in_chinese_the_stuck_order_is_there_from_the_first_answer(tmp_path: Path) -> None:
    found = call(tmp_path, "talk", stdin="1\n")
    assert (found.returncode, found.stderr) == (0, "")
    assert not list(tmp_path.glob("**/*.db")), "the database was not thrown away"
    greeting, _, answer = found.stdout.partition("\n  4. ")
    assert STUCK in greeting
    assert "  1. " in greeting
    assert "  1. " in answer  # what can be done about it
    assert HAN.search(answer)


def test_in_english_not_a_word_of_chinese_but_names(tmp_path: Path) -> None:
    found = call(tmp_path, "talk", "--lang", "en", "--as", "amy", stdin="why is it still waiting?\n1\n")
    assert found.returncode == 0, found.stderr
    assert "Amy" in found.stdout
    assert "  1. " in found.stdout
    assert not HAN.search(found.stdout)


ODD = ["", "   ", "\x00\x1b[31m", "\N{GRINNING FACE}", "1" * 5000, "\u202eabc", "<b>1</b>", "TP" + "9" * 1000]


def test_whatever_is_piped_in_it_answers_and_ends_well(tmp_path: Path) -> None:
    found = call(tmp_path, "talk", stdin="\n".join(ODD))
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.count("  1. ") >= len(ODD)


def test_nothing_piped_in_is_a_greeting(tmp_path: Path) -> None:
    found = call(tmp_path, "talk")
    assert (found.returncode, found.stderr) == (0, "")
    assert STUCK in found.stdout


def test_bytes_that_are_no_text_end_well_too(tmp_path: Path) -> None:
    process = start(tmp_path, "talk")
    assert process.stdin is not None
    process.stdin.buffer.write(b"\xff\xfe\n")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert STUCK in out


def test_a_database_of_ones_own_is_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mine.db"
    for _ in range(2):
        found = call(tmp_path, "talk", "--database", url, stdin="1\n")
        assert found.returncode == 0, found.stderr
        assert STUCK in found.stdout
    assert (tmp_path / "mine.db").exists()


def test_an_unknown_customer_is_told_who_there_is(tmp_path: Path) -> None:
    found = call(tmp_path, "talk", "--as", "nobody")
    assert found.returncode == 2
    assert "lin" in found.stderr
    assert "Traceback" not in found.stderr


class AtTerminal:
    """`tepai talk` on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "talk"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._unread = b""

    def until(self, text: str) -> None:
        """Read on to the end of this text; what comes after it stays unread."""
        wanted = text.encode()
        while wanted not in self._unread:
            self._unread += os.read(self._ours, 65536)
        self._unread = self._unread.partition(wanted)[2]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def ends(self) -> int | None:
        """Ask for the end as a person would: again, when it was pressed while the prompt was not yet back."""
        for _ in range(20):
            self.type("\x04")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(1)
        return None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[AtTerminal]:
    opened = AtTerminal(tmp_path)
    yield opened
    opened.close()


def test_at_a_terminal_answers_come_above_the_prompt(terminal: AtTerminal) -> None:
    terminal.until(STUCK)
    terminal.type("1\r")
    terminal.until("  5. ")
    assert terminal.ends() == 0
