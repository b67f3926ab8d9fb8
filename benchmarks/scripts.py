"""How long all conversation scripts take together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, median

ROOT = Path(__file__).parent.parent
NAME = "all conversation scripts together"
LIMIT = 10
REPETITIONS = 3

_DURATION = re.compile(r"\bin ([\d.]+)s\b")


def measure() -> list[Figure]:
    """Run the scripts as `make test` does; seconds as the run itself counts them."""
    durations = []
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(REPETITIONS):
            run = _run(compiled)
            found = _DURATION.findall(run.stdout)
            if run.returncode or not found:
                print("\n".join(run.stdout.splitlines()[-10:]), file=sys.stderr)
                return [Figure(NAME, float(found[-1]) if found else None, "s", LIMIT, sound=False)]
            durations.append(float(found[-1]))
    return [median(NAME, durations, "s", LIMIT)]


def _run(compiled: str) -> subprocess.CompletedProcess[str]:
    # Only the first run compiles, as everywhere: some machines forbid Python to keep what it compiled.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/conversations"],
        cwd=ROOT,
        env={**environ, "PYTHONPYCACHEPREFIX": compiled},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
