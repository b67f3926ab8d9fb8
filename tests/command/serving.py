"""`tepai run` as a process, and what it printed until it was ready."""

from __future__ import annotations

import re
import signal
import subprocess

from bot.commands.run import STOP_SECONDS

MARGIN = 3
"""Seconds that a busy machine may need on top."""


class Serving:
    """A server of the demo that is ready. `lines`: what it printed; `url`: where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line)
            if "Ctrl+C" in line:
                break
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(self.lines))
        assert found, process.communicate(timeout=10)
        self.url = found[0]

    def stop(self, sign: signal.Signals) -> str:
        self.process.send_signal(sign)
        _, err = self.process.communicate(timeout=STOP_SECONDS + MARGIN)
        return err
