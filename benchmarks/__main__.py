"""`make bench`: measure, print, write benchmarks/results.json; exit 1 when a limit is missed.

With `--docs` the table and the machine are also written to docs/benchmarks.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import durable_step, engine_step, machine, scripts, server
from benchmarks.figures import Figure, exit_code, table, write

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"

Measure = Callable[[], list[Figure]]
MEASURES: Sequence[Measure] = (engine_step.measure, server.measure, scripts.measure, durable_step.measure)


def main(arguments: Sequence[str]) -> int:
    """Measure everything; the exit code."""
    before = machine.described()
    figures = list(_measured(MEASURES))
    report = table(figures)
    print("\n".join(["", report, "", *before]))
    write(figures, RESULTS)
    if "--docs" in arguments:
        PAGE.write_text(_page(report, before), encoding="utf-8")
    return exit_code(figures)


def _measured(measures: Sequence[Measure]) -> Iterator[Figure]:
    for measure in measures:
        name = measure.__module__.rpartition(".")[2].replace("_", " ")
        print(f"measuring: {name} …", file=sys.stderr, flush=True)
        try:
            yield from measure()
        except Exception as error:  # one that cannot be measured must not hide the others
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            yield Figure(name, None, "")


def _page(report: str, before: Sequence[str]) -> str:
    date = datetime.now(UTC).date().isoformat()
    lines = [
        "# Benchmarks",
        f"The last recorded run of `make bench`, {date}. Each value is the median of several repetitions of one run;",
        "[benchmarks/README.md](../benchmarks/README.md) says how each is measured. "
        "`python -m benchmarks --docs` writes this page anew.",
        "",
        report,
        "",
        "Measured on:",
        "",
        *(f"- {line}" for line in before),
    ]
    return "\n".join([lines[0], "", *lines[1:]]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
