"""`make bench`: measure, print, write benchmarks/results.json; exit 1 when a limit is missed.

`python -m benchmarks NAME …` measures and prints only these parts, and with `--record` puts their figures among the
others in results.json; `--docs` writes docs/benchmarks.md too.
`python -m benchmarks throughput --quick` compares Tepai with the floor in seconds; `--profile` shows where time goes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    desk,
    endurance,
    engine_step,
    growth,
    lookup,
    machine,
    quick,
    recovery,
    scaling,
    scripts,
    server,
    takeover,
    telegram,
    throughput,
    wechat,
)
from benchmarks.figures import Figure, Report, exit_code, record, table, write

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
DATABASES = {"sqlite": ["SQLite"], "postgresql": ["PostgreSQL"], "both": ["SQLite", "PostgreSQL"]}

Measure = Callable[[], Report | list[Figure]]
MEASURES: Mapping[str, Measure] = {
    "engine": engine_step.measure,
    "server": server.measure,
    "scripts": scripts.measure,
    "throughput": throughput.measure,
    "scaling": scaling.measure,
    "growth": growth.measure,
    "lookup": lookup.measure,
    "endurance": endurance.measure,
    "recovery": recovery.measure,
    "telegram": telegram.measure,
    "wechat": wechat.measure,
    "desk": desk.measure,
    "takeover": takeover.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Measure what is named, or everything; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.docs and options.names:
        parser.error("--docs is for all parts together")
    if (options.quick or options.profile) and options.names not in ([], ["throughput"]):
        parser.error("--quick and --profile are for throughput")
    if options.quick or options.profile:
        return _quick(options)
    described = machine.described()
    found = list(_measured({name: MEASURES[name] for name in options.names or MEASURES}))
    figures = [figure for report in found for figure in report.figures]
    grids = [grid for report in found for grid in report.grids]
    described += [note for report in found for note in report.notes]
    tables = [table(figures), *(grid.table() for grid in grids)]
    print("\n\n".join(["", *tables, "\n".join(described)]))
    every = [*figures, *(figure for grid in grids for figure in grid.figures())]
    if not options.names:
        write(every, RESULTS)
    elif options.record:
        record(every, RESULTS)
    if options.docs:
        PAGE.write_text(_page(tables, described), encoding="utf-8")
    return exit_code(figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MEASURES], help=", ".join(MEASURES))
    parser.add_argument("--record", action="store_true", help="with names: keep their figures in results.json")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="only Tepai and the floor, in seconds")
    parser.add_argument("--profile", action="store_true", help="only where Tepai's server spends its time")
    parser.add_argument("--on", choices=DATABASES, default="sqlite", help="with --quick and --profile: the database")
    parser.add_argument("--parallel", type=int, default=16, help="with --quick and --profile: how many customers")
    return parser


def _quick(options: argparse.Namespace) -> int:
    if options.quick:
        print(quick.compare(DATABASES[options.on], options.parallel))
    if options.profile:
        quick.profile(DATABASES[options.on], options.parallel)
    return 0


def _measured(measures: Mapping[str, Measure]) -> Iterator[Report]:
    for name, measure in measures.items():
        begun = time.monotonic()
        print(f"measuring: {name} …", file=sys.stderr, flush=True)
        try:
            found = measure()
            yield found if isinstance(found, Report) else Report(found)
        except Exception as error:  # one that cannot be measured must not hide the others
            print(f"{name}: {causes(error)}", file=sys.stderr)
            yield Report([Figure(name, None, "")])
        print(f"measured: {name}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def causes(error: BaseException) -> str:
    """What went wrong; of several things at once, each."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(sorted({causes(inner) for inner in error.exceptions}))
    return f"{type(error).__name__}: {error}"


def _page(tables: Sequence[str], described: Sequence[str]) -> str:
    date = datetime.now(UTC).date().isoformat()
    lines = [
        "# Benchmarks",
        f"The last recorded run of `make bench`, {date}. Each value is the median of several repetitions of one run;",
        "[benchmarks/README.md](../benchmarks/README.md) says how each is measured. "
        "`python -m benchmarks --docs` writes this page anew.",
        "",
        "\n\n".join(tables),
        "",
        "Measured on:",
        "",
        *(f"- {line}" for line in described),
    ]
    return "\n".join([lines[0], "", *lines[1:]]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
