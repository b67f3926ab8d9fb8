"""Tables as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

MARK = "\ufeff"
"""Without it, Excel takes UTF-8 for something else."""
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | float | None


def sheet(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table with its heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe(cell) for cell in heading])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def _safe(cell: Cell) -> Cell:
    """A spreadsheet would calculate a text that begins like a formula."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_ACTIVE):
        return "'" + cell
    return round(cell, 3) if isinstance(cell, float) else cell
