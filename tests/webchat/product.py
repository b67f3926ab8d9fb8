"""The whole product as its own process: `python -m bot run` on a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Product:
    """Started on a free port, and after a `kill` (as by kill -9) on the same one again.

    `links`: by the name of each of the demo's members of staff, what signs them in once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = "0"
        self.links: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{self._folder / 'tepai.db'}",
            "PORT": self._port,
            "TEPAI_SECRET": "a secret for these tests only",
            "PYTHONUNBUFFERED": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(self._folder / "errors").open("a"),
            text=True,
        )
        assert self._process.stdout is not None
        said = "".join(iter(self._process.stdout.readline, "Ctrl+C stops it.\n"))
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert found is not None, (self._folder / "errors").read_text()
        self._port = found[1]
        self.links = dict(re.findall(r"(\S+) \(\w+\)\n  (http\S+/desk/link#\S+)", said))

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()
