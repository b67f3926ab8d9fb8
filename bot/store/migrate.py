"""Brings a database to the revision that this version of Tepai needs, and says when it is not there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from bot.errors import StoreUnavailable, WrongRevision
from bot.store import fulltext
from bot.store.database import Database, sqlite_file

_ONE_AT_A_TIME = 7_305_481_122_901


async def upgrade(url: str) -> None:
    """Migrate to the newest revision; a no-op when it is there. Several processes may do it at once.

    Raises `StoreUnavailable`, or `WrongRevision` when a newer version has migrated it further.
    """
    if file := sqlite_file(url):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the database's folder cannot be made: {error.strerror}") from None
    database = Database(url)
    try:
        await database.run(_upgrade)
    finally:
        await database.close()


async def check_revision(database: Database) -> None:
    """Raise `WrongRevision` unless the database is where this version needs it, or `ConfigError` where it cannot be
    used at all."""
    await database.run(fulltext.require)
    found = await database.run(_revision)
    known = scripts()
    wanted = known.get_current_head()
    if found is None:
        raise WrongRevision("the database is empty: run `tepai db upgrade`")
    if found not in {script.revision for script in known.walk_revisions()}:
        raise _too_far(found)
    if found != wanted:
        raise WrongRevision(f"the database is at revision {found}, this version needs {wanted}: run `tepai db upgrade`")


def scripts() -> ScriptDirectory:
    """The revisions that this version knows."""
    return ScriptDirectory.from_config(_config())


def _upgrade(connection: Connection) -> None:
    fulltext.require(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _too_far(_revision(connection)) from error


def _too_far(found: str | None) -> WrongRevision:
    return WrongRevision(f"this version does not know the database's revision {found}: update Tepai")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
