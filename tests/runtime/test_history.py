from __future__ import annotations

import asyncio

import pytest

from bot.errors import Later
from bot.messages import Address, AttachmentKind
from bot.runtime.service import Runtime
from tests.runtime.parts import ADDRESS, CHAT, World, said


async def texts(runtime: Runtime, after: int = 0, limit: int = 200) -> list[tuple[int, str]]:
    return [(entry.seq, entry.text) for entry in await runtime.history(CHAT, after, limit)]


async def test_an_unknown_conversation_has_none(runtime: Runtime) -> None:
    assert await runtime.history("phone:nobody") == []


async def test_both_sides_in_order(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("ask"))
    await runtime.settle()
    question, answer = await runtime.history(CHAT)
    assert (question.sender, question.text, question.message_id) == ("customer", "ask", "m1")
    assert (answer.sender, answer.text, answer.message_id) == ("bot", "Which?", None)
    assert [(c.token, c.label) for c in answer.choices] == [("1.0", "Yes, please"), ("1.1", "No")]
    assert answer.at >= question.at > 1_700_000_000


async def test_a_pressed_button_shows_its_label(runtime: Runtime) -> None:
    await runtime.receive(said("ask"))
    await runtime.receive(said("", "m2", pressed="1.0"))
    await runtime.receive(said("typed beside", "m3", pressed="forged"))
    await runtime.settle()
    pressed = [(entry.text, entry.pressed) for entry in await runtime.history(CHAT) if entry.sender == "customer"]
    assert pressed == [("ask", False), ("Yes, please", True), ("typed beside", True)]


async def test_never_past_a_message_still_to_be_delivered(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Later("busy", after=30)]
    await runtime.receive(said("hello"))
    await runtime.settle()
    await runtime.receive(said("hello?", "m2"))
    assert await texts(runtime) == [(1, "hello")]
    await world.passes(31)
    await runtime.settle()
    assert await texts(runtime, after=1) == [(2, "1: hello"), (3, "hello?"), (4, "2: hello?")]


async def test_acts_and_inner_events_are_not_part_of_it(runtime: Runtime) -> None:
    await runtime.receive(said("cancel"))
    await runtime.settle()
    assert [text for _, text in await texts(runtime)] == ["cancel", "1: will cancel", "2: act 1 cancelled"]


async def test_an_act_under_way_hides_nothing(world: World, runtime: Runtime) -> None:
    world.desk.down = 1
    await runtime.receive(said("cancel"))
    await runtime.settle()
    assert [text for _, text in await texts(runtime)] == ["cancel", "1: will cancel", "2: act 1 delayed"]


async def test_what_was_held_back_is_not_shown_and_hides_nothing(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await world.take_over("li")
    await runtime.receive(said("anybody?", "m2"))
    await runtime.settle()
    assert [text for _, text in await texts(runtime)] == ["hello", "anybody?"]


async def test_the_newest_first_and_then_on_from_a_cursor(runtime: Runtime) -> None:
    for n in range(5):
        await runtime.receive(said("burst", f"m{n}"))
    await runtime.settle()
    everything = await texts(runtime)
    assert len(everything) == 30
    assert await texts(runtime, limit=7) == everything[-7:]
    walked: list[tuple[int, str]] = await texts(runtime, after=0, limit=200)
    assert walked == everything
    page, seen = await texts(runtime, after=1, limit=4), everything[:1]
    while page:
        seen += page
        page = await texts(runtime, after=page[-1][0], limit=4)
    assert seen == everything


async def test_a_reader_misses_nothing_while_others_write(world: World, runtime: Runtime) -> None:
    seen: list[int] = []

    async def follow() -> None:
        with runtime.watch(CHAT) as wake:
            while len(seen) < 60:
                await wake.wait()
                while page := await runtime.history(CHAT, seen[-1] if seen else 0, 1_000):
                    seen.extend(entry.seq for entry in page)

    reader = asyncio.create_task(follow())
    await asyncio.sleep(0)
    for n in range(10):
        await runtime.receive(said("burst", f"m{n}"))
        if n % 3 == 0:
            await runtime.settle()
    await runtime.settle()
    async with asyncio.timeout(30):
        await reader
    assert seen == list(range(1, 61))


async def test_a_follower_is_woken_by_a_commit_and_by_a_delivery(world: World, runtime: Runtime) -> None:
    with runtime.watch(CHAT) as wake:
        await runtime.receive(said("hello"))
        assert await wake.wait(5)
        await runtime.settle()
        assert await wake.wait(5)
        assert not await wake.wait(0.001)
        await runtime.receive(said("hello"))  # a duplicate
        assert not await wake.wait(0.001)


async def test_attachments_are_kept_for_their_own_conversation(runtime: Runtime) -> None:
    kept = await runtime.keep_attachment(ADDRESS, "box.png", "image/png", b"\x89PNG")
    assert (kept.kind, kept.name, kept.size) == (AttachmentKind.IMAGE, "box.png", 4)
    assert await runtime.attachment(ADDRESS, kept.ref) == (kept, b"\x89PNG")
    assert await runtime.attachment(Address("phone", "8"), kept.ref) is None
    assert await runtime.attachment(ADDRESS, "nothing") is None
    await runtime.receive(said("look", attachments=(kept,)))
    await runtime.settle()
    mine, answer = await runtime.history(CHAT)
    assert mine.attachments == (kept,)
    assert answer.text == "1: look [box.png]"


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("audio/ogg", AttachmentKind.VOICE),
        ("video/mp4", AttachmentKind.VIDEO),
        ("application/pdf", AttachmentKind.FILE),
    ],
)
async def test_the_kind_follows_the_media_type(runtime: Runtime, media_type: str, kind: AttachmentKind) -> None:
    assert (await runtime.keep_attachment(ADDRESS, "a", media_type, b"x")).kind is kind


@pytest.mark.parametrize("size", [0, 5 * 1024 * 1024 + 1])
async def test_empty_and_too_large_files_are_refused(runtime: Runtime, size: int) -> None:
    with pytest.raises(ValueError, match="the file"):
        await runtime.keep_attachment(ADDRESS, "a.bin", "application/pdf", bytes(size))


async def test_the_largest_file_is_taken(runtime: Runtime) -> None:
    kept = await runtime.keep_attachment(ADDRESS, "a.bin", "application/pdf", bytes(5 * 1024 * 1024))
    found = await runtime.attachment(ADDRESS, kept.ref)
    assert found is not None and len(found[1]) == kept.size
