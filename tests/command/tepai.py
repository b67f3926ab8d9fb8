"""The `tepai` command as a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SETTINGS = ("DATABASE_URL", "PORT", "TEPAI_SECRET", "TEPAI_SMTP_PASSWORD", "TEPAI_TELEGRAM_TOKEN")


def start(folder: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def call(folder: Path, *arguments: str, stdin: str = "", **environ: Any) -> subprocess.CompletedProcess[str]:
    process = start(folder, *arguments, **environ)
    out, err = process.communicate(stdin, timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
