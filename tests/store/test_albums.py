"""Pictures of albums, on both databases: kept once, due when nothing more has come, gone when taken."""

from __future__ import annotations

from bot.messages import Address, Attachment, AttachmentKind, Incoming
from bot.store.albums import StoredAlbums
from bot.store.database import Database

CHAT = "telegram:7"


def picture(number: int, chat: str = "7") -> Incoming:
    file = Attachment(AttachmentKind.IMAGE, f"f{number}", "photo.jpg", "image/jpeg", 9)
    return Incoming(Address("telegram", chat), f"m{number}", attachments=(file,))


async def test_an_album_from_its_first_picture_to_its_end(database: Database) -> None:
    albums = StoredAlbums(database)
    for number in (12, 11, 12):
        await albums.add(picture(number), "a", number)
    await albums.add(picture(13), "b", 13)
    await albums.add(picture(14, "8"), "a", 14)
    assert sorted(await albums.due(0)) == [(CHAT, "a"), (CHAT, "b"), ("telegram:8", "a")]
    assert await albums.due(60) == []
    assert await albums.waiting(CHAT, "a") == [(11, picture(11)), (12, picture(12))]
    await albums.taken(CHAT, "a", [11])
    assert await albums.waiting(CHAT, "a") == [(12, picture(12))]
    await albums.taken(CHAT, "a", [12])
    await albums.add(picture(12), "a", 12)
    assert await albums.waiting(CHAT, "a") == []
    assert sorted(await albums.due(0)) == [(CHAT, "b"), ("telegram:8", "a")]
