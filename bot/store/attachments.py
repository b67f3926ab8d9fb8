"""Pictures and files that customers sent."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from bot.messages import Attachment, AttachmentKind
from bot.store.clock import dbnow
from bot.store.tables import attachment


def add(connection: Connection, conversation: str, file: Attachment, data: bytes) -> None:
    """Keep a file under the id in `file.ref`."""
    connection.execute(
        insert(attachment).values(
            conversation=conversation,
            id=file.ref,
            name=file.name,
            media_type=file.media_type,
            kind=file.kind.value,
            size=file.size,
            data=data,
            at=dbnow(),
        )
    )


def find(connection: Connection, conversation: str, ref: str) -> tuple[Attachment, bytes] | None:
    """The file with this id, only for the conversation it belongs to."""
    row = connection.execute(
        select(attachment).where(attachment.c.conversation == conversation, attachment.c.id == ref)
    ).one_or_none()
    if row is None:
        return None
    return Attachment(AttachmentKind(row.kind), row.id, row.name, row.media_type, row.size), row.data
