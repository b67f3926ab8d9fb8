"""The database's own clock, so that a process with a wrong clock changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class dbnow(FunctionElement[float]):  # noqa: N801 -- it reads as the SQL function it is
    """Seconds since 1970 as an SQL expression."""

    type = Double()
    inherit_cache = True


@compiles(dbnow, "postgresql")
def _on_postgresql(_: dbnow, __: SQLCompiler, **___: Any) -> str:
    return "(extract(epoch from statement_timestamp())::float8)"


@compiles(dbnow, "sqlite")
def _on_sqlite(_: dbnow, __: SQLCompiler, **___: Any) -> str:
    return "tepai_now()"
