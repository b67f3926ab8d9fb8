from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from bot.errors import WrongRevision
from bot.orders.sql import tables as order_tables
from bot.store import migrations, schema
from bot.store.database import Database
from bot.store.migrate import check_revision, upgrade
from tests.postgres import Server

METADATA = [schema.metadata, order_tables.metadata]


def differences(connection: Connection) -> list[object]:
    opts = {"compare_type": True, "include_name": schema.is_compared}
    return list(compare_metadata(MigrationContext.configure(connection, opts=opts), METADATA))


def names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_a_migrated_database_has_exactly_the_tables_of_the_code(database: Database) -> None:
    assert await database.run(differences) == []
    assert {table.name for metadata in METADATA for table in metadata.tables.values()} < await database.run(names)


async def test_a_missing_column_would_be_seen(database: Database) -> None:
    await database.run(lambda c: c.execute(text("alter table dead drop column why")))
    assert await database.run(differences) != []


async def test_the_current_revision_passes(database: Database) -> None:
    await check_revision(database)


async def test_upgrading_again_changes_nothing(database: Database, database_url: str) -> None:
    await upgrade(database_url)
    await check_revision(database)


async def test_an_empty_database_is_named_with_the_cure(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(WrongRevision, match="tepai db upgrade"):
        await check_revision(database)
    await database.close()


async def test_a_database_of_a_newer_version_is_named(database: Database, database_url: str) -> None:
    await database.run(lambda c: c.execute(text("update alembic_version set version_num = 'future'")))
    with pytest.raises(WrongRevision, match="future"):
        await check_revision(database)
    with pytest.raises(WrongRevision, match="future"):
        await upgrade(database_url)


async def test_upgrade_makes_the_folder(tmp_path: Path) -> None:
    await upgrade(f"sqlite:///{tmp_path}/var/tepai.db")
    assert (tmp_path / "var" / "tepai.db").exists()


async def test_several_processes_may_upgrade_at_once(postgres: Server, tmp_path: Path) -> None:
    async with postgres.database() as url:
        for one in (url, f"sqlite:///{tmp_path}/tepai.db"):
            await asyncio.gather(*(upgrade(one) for _ in range(3)))
            database = Database(one)
            await check_revision(database)
            await database.close()


async def test_guards_of_an_older_revision_are_as_young_as_the_migration(postgres: Server, tmp_path: Path) -> None:
    async with postgres.database() as url:
        for one in (url, f"sqlite:///{tmp_path}/tepai.db"):
            database = Database(one)
            await database.run(migrate_to, "0003")
            await database.run(lambda c: c.execute(text("insert into contact_lock (contact_hash) values ('x')")))
            with pytest.raises(WrongRevision, match="at revision 0003"):
                await check_revision(database)
            await upgrade(one)
            age = text("select max(changed_at) from contact_lock")
            assert time.time() - await database.run(lambda c, age=age: c.scalar(age)) < 60
            assert await database.run(differences) == []
            await database.close()


def migrate_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
