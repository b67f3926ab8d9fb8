"""What the figures were measured on, without saying whose machine it is."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

GB = 1024**3


def described() -> list[str]:
    """One line each: processor, memory, Python, and how busy the machine was."""
    return [
        f"Processor: {_processor()}, {psutil.cpu_count()} cores",
        f"Memory: {psutil.virtual_memory().total / GB:.1f} GB",
        f"System: {platform.system()} {platform.machine()}",
        f"Python: {platform.python_implementation()} {platform.python_version()}",
        f"Others' load: {busy()}",
    ]


def busy() -> str:
    """How many processes wanted a core over the last minute."""
    return f"{os.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores in the minute before"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
