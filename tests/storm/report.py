"""The storm as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.storm.audit import Breaking, doubled, read_late
from tests.storm.storm import Result

WIDTH = 58


def table(result: Result) -> str:
    """Everything that was counted, and every breach with its first example."""
    rows = [f"{name:<{WIDTH}}{value}" for name, value in _counts(result)]
    breaches = {breach.what: breach for breach in result.breaches}
    for what in Breaking:
        found = breaches.get(what)
        rows.append(f"{what:<{WIDTH}}{f'{found.count}, first: {found.example}' if found else 'never'}")
    verdict = "BREACHES" if breaches else "every promise was kept"
    return "\n".join([f"Storm on {result.database}, seed {result.plan.seed}", *rows, verdict])


def _counts(result: Result) -> Iterator[tuple[str, object]]:
    books = result.books
    raged, calmed = result.seconds
    yield "messages, of chats", f"{len(books.messages)}, {result.plan.chats}"
    yield "seconds with messages, then until at rest", f"{raged:.1f}, {calmed:.1f}"
    statuses = ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(books.webhooks.items()))
    yield "webhooks", f"{sum(books.webhooks.values())} ({statuses})"
    yield "  of them told to be duplicates", books.duplicates_told
    yield "processes, killed, database away", f"{result.plan.nodes}, {len(books.kills)}, {len(books.outages)}"
    yield "claims by staff, lines withheld for them", f"{len(books.claims)}, {len(books.withheld)}"
    yield (
        "lines the channel was asked to take, took",
        (f"{len(books.sendings)}, {sum(sending.taken for sending in books.sendings)}"),
    )
    for why, count in doubled(books).items():
        yield f"  again: {why or 'WITHOUT NEED'}", count
    yield "  given up before a claim, and read after it", read_late(books)
    yield "orders cancelled", len(books.bookings)
    for name, faults in result.faults.items():
        yield f"answers of the {name}", _listed(faults)
    yield "what the nodes warned of", _listed(result.warnings)


def _listed(counted: Mapping[Any, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counted.items())) or "nothing"
