"""Tickets as staff work on them, and what their customers hear: on both databases, with every flow."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from bot.desk.talk import Delivery
from bot.desk.tickets import A_PAGE, Ticket, TicketState
from bot.desk.work import Resume
from bot.dialogue.events import Woke
from bot.errors import NoSuchThing, NotTaken, Unreachable
from bot.messages import Address, Attachment, AttachmentKind, Incoming
from bot.store import handovers, ticket_lists
from bot.store.support_tables import ticket
from bot.store.tables import attachment, audit, conversation
from tests.support.floor import LEAD, LI, MEI, Floor, of_team

CHAT = "phone:a"
OPEN, IN_PROGRESS, PROPOSED = TicketState.OPEN, TicketState.IN_PROGRESS, TicketState.PROPOSED
ACCEPTED, OBJECTED, ANSWERED, CLOSED = (
    TicketState.ACCEPTED,
    TicketState.OBJECTED,
    TicketState.ANSWERED,
    TicketState.CLOSED,
)


async def complains(floor: Floor, chat: str = "a", customer: str | None = "lin", language: str = "zh") -> str:
    """A customer's complaint; returns its number."""
    if customer is not None:
        await floor.comes(customer, chat)
    words = {
        "zh": ["我要投诉", *([] if customer else ["不留联系方式"]), "骑手把箱子摔坏了", "确认提交"],
        "en": ["I want to complain", *([] if customer else ["no contact"]), "the courier dropped my box", "submit"],
    }[language]
    for said in words:
        await floor.says(said, chat)
    rows = [row for row in await floor.table(ticket) if row["conversation"] == f"phone:{chat}"]
    number: str = rows[-1]["number"]
    floor.phone.arrived.clear()
    return number


async def move(floor: Floor, number: str, state: TicketState, words: str = "", *, id: str = "", agent=MEI) -> None:
    floor.ids += 1
    await floor.app.workbench.tickets.move(agent, id or f"id{floor.ids}", number, state, words)
    await floor.settle()


async def seen(floor: Floor, number: str, agent=MEI) -> Ticket:
    return await floor.app.workbench.tickets.ticket(agent, number)


async def presses(floor: Floor, place: int, chat: str = "a") -> None:
    """A button of the newest message that has some."""
    shown = [said for where, said in floor.phone.arrived if where == f"phone:{chat}" and said.choices]
    await floor.says("", chat, pressed=shown[-1].choices[place].token)


@pytest.fixture
async def seeded(floor: Floor) -> Floor:
    await floor.seed()
    await floor.hires(MEI, LI, LEAD)
    return floor


# --- from complaint to satisfaction ---------------------------------------------------------------------------------


async def test_a_complaint_from_its_opening_to_the_question_how_it_was(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, IN_PROGRESS)
    await move(seeded, number, PROPOSED, "退您 20 元，并向您道歉。")
    assert seeded.heard() == ["ticket_news.news.in_progress", "ticket_news.proposed"]
    assert "退您 20 元" in seeded.phone.arrived[-1][1].text
    await presses(seeded, 0)
    assert seeded.heard()[2:] == ["ticket_news.accepted"]
    assert (await seen(seeded, number)).line.state is ACCEPTED
    await move(seeded, number, CLOSED, "20 元已经退回。")
    assert seeded.heard()[3:] == ["ticket_news.with_words.closed", "feedback.satisfied_with_ticket"]
    assert number in seeded.phone.arrived[-1][1].text
    await seeded.says("满意")
    assert seeded.heard()[5] == "feedback.thanks"
    events = [(event.actor, event.kind, event.value) for event in (await seen(seeded, number)).events]
    assert events == [
        ("mei", "state", "in_progress"),
        ("mei", "owner", "mei"),
        ("mei", "state", "proposed"),
        ("customer", "state", "accepted"),
        ("mei", "state", "closed"),
    ]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("同意", ACCEPTED),
        ("好的", ACCEPTED),
        ("不行", OBJECTED),
        ("我不接受", OBJECTED),
        ("再想想", PROPOSED),
        ("1", ACCEPTED),
    ],
)
async def test_a_typed_answer_is_understood(seeded: Floor, said: str, state: TicketState) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 20 元。")
    await seeded.says(said)
    assert (await seen(seeded, number)).line.state is state


@pytest.mark.parametrize(
    ("said", "state"),
    [("yes, I accept", ACCEPTED), ("no", OBJECTED), ("I don't accept it", OBJECTED), ("let me think", PROPOSED)],
)
async def test_and_so_it_is_in_english(seeded: Floor, said: str, state: TicketState) -> None:
    number = await complains(seeded, language="en")
    await move(seeded, number, PROPOSED, "We refund 20 yuan.")
    assert seeded.phone.arrived[-1][1].text.startswith("On your ticket")
    await seeded.says(said)
    assert (await seen(seeded, number)).line.state is state


async def test_an_objection_with_its_reason_goes_back_to_staff_with_time_anew(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 2 元。")
    assert (await seen(seeded, number)).line.due_at is None, "it is the customer's turn"
    await seeded.says("不接受")
    await seeded.says("箱子值 200 元")
    found = await seen(seeded, number)
    assert (found.line.state, found.events[-1].kind, found.events[-1].words) == (OBJECTED, "words", "箱子值 200 元")
    assert seeded.heard()[1:] == ["ticket_news.ask_why", "ticket_news.noted"]
    assert found.line.due_at == pytest.approx(await seeded.now() + seeded.support.ticket_within, abs=60)


async def test_one_can_object_later_and_even_after_accepting(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 2 元。")
    await seeded.says("再想想")
    await seeded.says("处理进度")
    assert seeded.heard()[-2:] == ["ticket.found", "ticket.what_next"]
    await presses(seeded, 0)
    assert seeded.heard()[-1] == "ticket_news.proposed"
    await seeded.says("接受")
    await seeded.says("处理进度")
    await presses(seeded, 0)
    assert seeded.heard()[-1] == "ticket_news.again.accepted"
    await presses(seeded, 0)
    assert seeded.heard()[-1] == "ticket_news.ask_why"
    assert (await seen(seeded, number)).line.state is OBJECTED


async def test_a_proposal_can_be_answered_after_days(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 2 元。")
    await seeded.passes(3 * 86_400)
    await presses(seeded, 0)
    assert (await seen(seeded, number)).line.state is ACCEPTED


async def test_a_new_proposal_makes_the_question_about_the_last_one_void(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 2 元。")
    (_, first) = seeded.phone.arrived[-1]
    await move(seeded, number, PROPOSED, "退您 20 元。")
    await seeded.says("", pressed=first.choices[0].token)
    assert (await seen(seeded, number)).line.state is PROPOSED
    assert seeded.heard()[2:] == ["common.stale_choice", "ticket_news.proposed"]
    assert "20 元" in seeded.phone.arrived[-1][1].text


async def test_an_answer_that_crosses_the_next_state_changes_nothing(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 2 元。")
    choice = seeded.phone.arrived[-1][1].choices[0]
    other = seeded.another()  # which does not begin with what it has taken
    await other.runtime.receive(Incoming(Address.of(CHAT), "press", pressed=choice.token))
    await other.workbench.tickets.move(MEI, "x", number, IN_PROGRESS, "")
    await seeded.settle()
    assert (await seen(seeded, number)).line.state is IN_PROGRESS
    assert sorted(seeded.heard()[1:]) == ["ticket_news.late", "ticket_news.news.in_progress"]


async def test_news_come_in_the_middle_of_something_else(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.says("我要投诉")
    open_question = seeded.heard()[-1]
    await move(seeded, number, IN_PROGRESS)
    assert seeded.heard()[-2:] == ["ticket_news.news.in_progress", open_question]


# --- exactly once, in order, whoever has the conversation -----------------------------------------------------------


async def test_the_same_id_again_changes_and_tells_nothing(seeded: Floor) -> None:
    number = await complains(seeded)
    for _ in range(3):
        await move(seeded, number, PROPOSED, "退您 2 元。", id="once")
    assert seeded.heard() == ["ticket_news.proposed"]
    assert [event.value for event in (await seen(seeded, number)).events] == ["proposed", "mei"]


async def test_the_same_press_of_two_processes_at_once_is_told_once(seeded: Floor) -> None:
    number = await complains(seeded)
    offices = [seeded.app.workbench.tickets, seeded.another().workbench.tickets]
    await asyncio.gather(*(office.move(MEI, "once", number, PROPOSED, "退您 2 元。") for office in offices * 3))
    await seeded.settle()
    assert seeded.heard() == ["ticket_news.proposed"]


async def test_of_two_who_move_it_at_once_the_second_sees_what_the_first_did(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, IN_PROGRESS)
    mine, other = seeded.app.workbench.tickets, seeded.another().workbench.tickets
    moves = (mine.move(MEI, "a", number, CLOSED, ""), other.move(LI, "b", number, CLOSED, ""))
    done = await asyncio.gather(*moves, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "NotTaken"]
    await seeded.settle()
    assert seeded.heard().count("ticket_news.news.closed") == 1


async def test_while_a_person_has_the_conversation_it_is_the_companys_word(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.says("转人工")
    await seeded.app.workbench.work.claim(LI, CHAT)
    await seeded.settle()
    seeded.phone.arrived.clear()
    await move(seeded, number, PROPOSED, "退您 20 元。")
    assert [(said.key, said.sender) for _, said in seeded.phone.arrived] == [("ticket_news.proposed", "staff")]
    assert await told(seeded, number) == [Delivery.SENT]
    await seeded.says("好的")
    assert (await seen(seeded, number)).line.state is PROPOSED, "words go to the person"
    await presses(seeded, 0)
    assert (await seen(seeded, number)).line.state is ACCEPTED, "the company's own button counts"
    assert [(said.key, said.sender) for _, said in seeded.phone.arrived][1:] == [("ticket_news.accepted", "staff")]


async def test_what_else_the_bot_would_say_is_held_while_a_person_has_it(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.says("我要投诉")
    await seeded.app.workbench.work.claim(LI, CHAT)
    await seeded.settle()
    seeded.phone.arrived.clear()
    await move(seeded, number, CLOSED)
    assert seeded.heard() == ["ticket_news.news.closed"]


async def test_news_kept_before_a_takeover_still_arrive(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.app.workbench.tickets.move(MEI, "x", number, PROPOSED, "退您 20 元。")
    await seeded.app.workbench.work.claim(LI, CHAT)
    await seeded.settle()
    assert "ticket_news.proposed" in seeded.heard()


async def test_after_the_person_the_proposal_is_asked_again(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.app.workbench.work.claim(LI, CHAT)
    await move(seeded, number, PROPOSED, "退您 20 元。")
    await seeded.app.workbench.work.hand_back(LI, CHAT, Resume.CONTINUE)
    await seeded.settle()
    assert seeded.heard()[-1] == "ticket_news.proposed"
    await seeded.says("接受")
    assert (await seen(seeded, number)).line.state is ACCEPTED


async def told(floor: Floor, number: str) -> list[Delivery | None]:
    events = (await seen(floor, number)).events
    return [event.delivery for event in events if event.kind == "state"]


async def test_the_ticket_says_what_became_of_each_message(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.app.workbench.tickets.move(MEI, "x", number, IN_PROGRESS, "")
    assert await told(seeded, number) == [Delivery.QUEUED]
    await seeded.settle()
    assert await told(seeded, number) == [Delivery.SENT]
    seeded.phone.refusals = [Unreachable("blocked")]
    await move(seeded, number, ANSWERED, "已经查清。")
    assert await told(seeded, number) == [Delivery.SENT, Delivery.FAILED]
    assert not (await seen(seeded, number)).reachable


async def test_a_chat_that_is_somebody_elses_now_is_told_nothing(seeded: Floor) -> None:
    number = await complains(seeded)
    await seeded.says("解除关联")
    await seeded.says("确认")
    seeded.phone.arrived.clear()
    assert (await seeded.table(conversation))[0]["customer"] is None
    await move(seeded, number, PROPOSED, "退您 20 元。")
    found = await seen(seeded, number)
    assert seeded.heard() == []
    assert (found.theirs, found.line.state) == (False, PROPOSED)
    assert [(event.kind, event.value) for event in found.events][-1] == ("untold", "not_theirs")


async def test_a_customer_learns_nothing_of_another_ones_ticket(seeded: Floor) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 20 元。")
    await seeded.comes("chen", "b")
    await seeded.app.runtime.happen("phone:b", Woke("ticket_news", {"number": number}), "forged")
    await seeded.settle()
    assert seeded.heard("b")[-1] == "ticket_news.missing"


# --- staff's own side -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [ACCEPTED, OBJECTED, OPEN])
async def test_staff_cannot_speak_for_the_customer(seeded: Floor, state: TicketState) -> None:
    number = await complains(seeded)
    await move(seeded, number, PROPOSED, "退您 20 元。")
    with pytest.raises(NotTaken, match="not_now"):
        await move(seeded, number, state)
    assert (await seen(seeded, number)).line.state is PROPOSED
    assert seeded.heard() == ["ticket_news.proposed"]


@pytest.mark.parametrize(
    ("words", "key"), [("", "words_missing"), (" \n\u0000", "words_missing"), ("长" * 1501, "words_too_long")]
)
async def test_a_proposal_needs_words_that_fit(seeded: Floor, words: str, key: str) -> None:
    number = await complains(seeded)
    with pytest.raises(NotTaken, match=key):
        await move(seeded, number, PROPOSED, words)
    assert seeded.heard() == []


async def test_owner_due_time_and_notes_are_kept_once_and_told_to_nobody(seeded: Floor) -> None:
    number, office = await complains(seeded), seeded.app.workbench.tickets
    due = await seeded.now() + 3_600
    for _ in range(2):
        await office.give(MEI, "g", number, "li")
        await office.due(MEI, "d", number, due)
        await office.note(MEI, "n", number, "骑手说没有这回事")
    await seeded.settle()
    found = await seen(seeded, number)
    assert (found.line.owner, found.line.due_at) == ("li", pytest.approx(due))
    assert [event.kind for event in found.events] == ["owner", "due", "note"]
    assert seeded.heard() == []
    with pytest.raises(NotTaken, match="no_such_colleague"):
        await office.give(MEI, "g2", number, "nobody")
    with pytest.raises(NotTaken, match="due_past"):
        await office.due(MEI, "d2", number, await seeded.now() - 1)
    with pytest.raises(NotTaken, match="words_missing"):
        await office.note(MEI, "n2", number, "  ")


async def test_every_change_stands_in_the_audit_trail_without_words(seeded: Floor) -> None:
    number, office = await complains(seeded), seeded.app.workbench.tickets
    await move(seeded, number, PROPOSED, "退您 20 元。")
    await office.give(LI, "g", number, "li")
    await seeded.says("接受")
    trail = [row for row in await seeded.table(audit) if row["subject"] == number]
    assert [(row["actor"], row["action"]) for row in trail] == [
        ("customer", "ticket_opened"),
        ("mei", "ticket_moved"),
        ("li", "ticket_given"),
        ("customer", "ticket_moved"),
    ]
    assert "20" not in str([row["detail"] for row in trail])


async def test_staff_open_a_ticket_and_the_customer_gets_its_number(seeded: Floor) -> None:
    await seeded.comes("lin")
    seeded.phone.arrived.clear()
    office = seeded.app.workbench.tickets
    numbers = [await office.open(MEI, "o", CHAT, "lost_parcel", "箱子不见了", "TP10024817") for _ in range(2)]
    await seeded.settle()
    assert len(set(numbers)) == 1
    assert seeded.heard() == ["ticket_news.news.open"]
    assert numbers[0] in seeded.phone.arrived[-1][1].text
    found = await seen(seeded, numbers[0])
    assert (found.line.owner, found.line.customer, found.line.order) == ("mei", "林悦", "TP10024817")
    assert found.line.due_at == pytest.approx(await seeded.now() + seeded.support.lost_parcel_within, abs=60)
    await seeded.says("处理进度")
    assert seeded.heard()[1] == "ticket.found"


@pytest.mark.parametrize(("about", "words", "key"), [("love", "w", "no_such_about"), ("other", " ", "words_missing")])
async def test_what_no_ticket_can_be_is_not_opened(seeded: Floor, about: str, words: str, key: str) -> None:
    await seeded.comes("lin")
    with pytest.raises(NotTaken, match=key):
        await seeded.app.workbench.tickets.open(MEI, "o", CHAT, about, words, "")
    assert await seeded.table(ticket) == []


async def test_another_teams_ticket_looks_like_none(seeded: Floor) -> None:
    number, office = await complains(seeded), seeded.app.workbench.tickets
    await seeded.says("转人工")
    await seeded.database.run(_give_to, "care")
    stranger, colleague = of_team(LI, "orders"), of_team(LI, "care")
    refused = [
        office.ticket(stranger, number),
        office.attachment(stranger, number, "x"),
        office.move(stranger, "1", number, CLOSED, ""),
        office.give(stranger, "2", number, "li"),
        office.due(stranger, "3", number, 9e9),
        office.note(stranger, "4", number, "w"),
        office.open(stranger, "5", CHAT, "other", "w", ""),
        office.ticket(MEI, "T000000-0000"),
    ]
    for one in await asyncio.gather(*refused, return_exceptions=True):
        assert isinstance(one, NoSuchThing)
    assert await office.tickets(stranger) == ([], 0)
    assert (await office.counts(stranger)).all_open == 0
    assert (await office.ticket(colleague, number)).line.number == number
    assert (await office.tickets(colleague))[1] == (await office.counts(colleague)).all_open == 1
    assert (await office.tickets(replace(stranger, role=LEAD.role)))[1] == 1


def _give_to(connection: Connection, team: str) -> None:
    assert handovers.requeue(connection, CHAT, 0.0, team=team)


async def test_only_the_tickets_own_files_are_handed_out(seeded: Floor) -> None:
    await seeded.comes("lin")
    files = [await keep(seeded, name) for name in ("of the ticket", "another")]
    await seeded.says("我要投诉")
    await seeded.says("看照片", attachments=(files[0],))
    await seeded.says("确认提交")
    (row,) = await seeded.table(ticket)
    office = seeded.app.workbench.tickets
    assert [file.name for file in (await seen(seeded, row["number"])).attachments] == ["of the ticket"]
    found = await office.attachment(MEI, row["number"], files[0].ref)
    assert found is not None
    assert found[1] == b"data"
    assert await office.attachment(MEI, row["number"], files[1].ref) is None
    await seeded.database.run(lambda c: c.execute(_no_files()))
    assert (await seen(seeded, row["number"])).missing == 1


async def keep(floor: Floor, name: str) -> Attachment:
    kept = await floor.app.runtime.keep_attachment(Address("phone", "a"), name, "image/png", b"data")
    assert kept.kind is AttachmentKind.IMAGE
    return kept


def _no_files() -> Any:
    return attachment.delete()


# --- lists ----------------------------------------------------------------------------------------------------------


async def fill(floor: Floor, *rows: dict[str, Any]) -> None:
    now = await floor.now()
    chats = [{"id": f"phone:{number}", "channel": "phone", "version": 1, "state": {}} for number in range(len(rows))]
    times = {"created_at": now, "updated_at": now}
    same = {"about": "complaint", "words": "w", "attachments": [], "opened_at": now, "state": "open"}
    whole = [
        {"number": f"T{n:03}", "key": f"k{n}", "conversation": f"phone:{n}", "owner": None, "due_at": None}
        | {"closed_at": None, **same, **row}
        for n, row in enumerate(rows)
    ]
    await floor.database.run(lambda c: c.execute(insert(conversation), [chat | times for chat in chats]))
    await floor.database.run(lambda c: c.execute(insert(ticket), whole))


async def test_the_most_urgent_first_and_filters(floor: Floor) -> None:
    now = await floor.now()
    await fill(
        floor,
        {"due_at": now + 900},
        {"due_at": now - 900, "owner": "mei", "about": "fee_dispute"},
        {"state": "proposed", "opened_at": now - 5},
        {"state": "closed", "closed_at": now - 1},
        {"state": "answered", "opened_at": now - 9},
        {"due_at": now - 10, "state": "in_progress"},
        {"state": "closed", "closed_at": now},
    )
    office = floor.app.workbench.tickets

    async def listed(**wanted: Any) -> list[int]:
        found, total = await office.tickets(MEI, **wanted)
        assert total == len(found)
        return [int(line.number[1:]) for line in found]

    assert await listed() == [1, 5, 0, 4, 2]
    assert await listed(overdue=True) == [1, 5]
    assert await listed(owner="mei") == [1]
    assert await listed(about="fee_dispute") == [1]
    assert await listed(states=[PROPOSED, ANSWERED]) == [4, 2]
    assert await listed(states=[CLOSED]) == [6, 3]
    counts = await office.counts(MEI)
    assert counts.states == {OPEN: 2, PROPOSED: 1, ANSWERED: 1, IN_PROGRESS: 1}
    assert (counts.mine, counts.overdue, counts.all_open) == (1, 2, 5)
    (first, *_), _ = await office.tickets(MEI)
    assert first.overdue


async def test_pages_of_fifty(floor: Floor) -> None:
    await fill(floor, *[{} for _ in range(A_PAGE + 7)])
    office = floor.app.workbench.tickets
    pages = [await office.tickets(MEI, page=page) for page in (1, 2, 3)]
    assert [len(lines) for lines, _ in pages] == [A_PAGE, 7, 0]
    assert {total for _, total in pages} == {A_PAGE + 7}
    assert len({line.number for lines, _ in pages for line in lines}) == A_PAGE + 7


async def test_a_list_ends_where_nobody_counts_on(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_lists, "MOST_COUNTED", 2 * A_PAGE)
    now = await floor.now()
    await fill(floor, *[{"due_at": now + number} for number in range(2 * A_PAGE + 3)], {}, {})
    office = floor.app.workbench.tickets
    pages = [await office.tickets(MEI, page=page) for page in (1, 2, 3)]
    assert [(len(lines), total) for lines, total in pages] == [(A_PAGE, 2 * A_PAGE)] * 2 + [(0, 2 * A_PAGE)]
    assert (await office.counts(MEI)).all_open == 2 * A_PAGE + 5
