"""Tickets, the mails that go with them, and feedback."""

import asyncio
import contextlib
import re

import pytest
from sqlalchemy import insert, update

from bot.config import Settings
from bot.dialogue.effects import FindTickets, KeepFeedback, OpenTicket
from bot.store import support as store
from bot.store.support_tables import feedback, mail, ticket
from bot.support import performers
from bot.support.mail import SmtpMailer
from bot.support.postman import Postman
from bot.support.tickets import numbers
from tests.support.conftest import TUESDAY_NOON, Office

REQUEST = OpenTicket("written_request", "请帮我取消", "TP100", ["a1"], "wang@mail.example")
COMPLAINT = OpenTicket("complaint", "态度不好", None, [])


async def test_a_ticket_has_a_number_and_can_be_found(office):
    number = (await office.perform(COMPLAINT)).values["number"]
    assert re.fullmatch(r"T\d{6}-[0-9A-HJKMNP-TV-Z]{4}", number)
    outcome = await office.perform(FindTickets())
    (found,) = outcome.values["tickets"]
    assert outcome.trigger == "tickets_found"
    assert (found["number"], found["about"], found["state"], found["order"]) == (number, "complaint", "open", None)


async def test_no_tickets(office):
    assert (await office.perform(FindTickets())).trigger == "no_tickets"


async def test_the_same_act_again_opens_and_mails_nothing_more(office):
    first = await office.perform(REQUEST)
    assert [await office.perform(REQUEST) for _ in range(3)] == [first] * 3
    assert len(await office.table(ticket)) == len(await office.table(mail)) == 1


async def test_the_same_act_at_once_opens_one(office):
    found = await asyncio.gather(*(office.perform(REQUEST) for _ in range(6)))
    assert len({outcome.values["number"] for outcome in found}) == 1
    assert len(await office.table(ticket)) == len(await office.table(mail)) == 1


async def test_a_number_that_is_taken_is_not_given_twice(office):
    new = store.NewTicket("web:a", "1", None, "complaint", None, "", [], None)
    again = store.NewTicket("web:a", "2", None, "complaint", None, "", [], None)

    def no_mail(number: str, at: float) -> None:
        return None

    first = await office.database.run(store.open_ticket, new, lambda _: ["T1"], no_mail, posted=False)
    second = await office.database.run(store.open_ticket, again, lambda _: ["T1", "T2"], no_mail, posted=False)
    assert (first, second) == ("T1", "T2")


def test_a_number_has_the_day_in_china():
    assert next(iter(numbers(TUESDAY_NOON))).startswith("T261124-")
    assert next(iter(numbers(TUESDAY_NOON + 12 * 3600))).startswith("T261125-")


async def test_tickets_follow_the_customer_and_stay_hidden_from_others(office):
    for key, chat, customer in (("1", "web:a", "lin"), ("2", "web:b", None), ("3", "web:b", "chen")):
        await office.perform(COMPLAINT, key=key, chat=chat, customer=customer)
    keys = {row["number"]: row["key"] for row in await office.table(ticket)}

    async def visible(chat: str, customer: str | None) -> set[str]:
        found = await office.perform(FindTickets(), chat=chat, customer=customer)
        return {keys[each["number"]] for each in found.values.get("tickets", [])}

    assert await visible("telegram:9", "lin") == {"1"}
    assert await visible("web:a", None) == set()
    assert await visible("web:b", None) == {"2"}
    assert await visible("web:b", "lin") == {"1", "2"}
    assert await visible("web:b", "chen") == {"2", "3"}


@pytest.mark.parametrize("words", ["\x00\x07null", "\ud800half", "<b>html</b>", "🐟" * 5000, "", "a\nb"])
async def test_any_words_are_kept(office, words):
    await office.perform(OpenTicket("written_request", words, None, []))
    await office.perform(KeepFeedback("help", 5, words))
    (opened,) = await office.table(ticket)
    (kept,) = await office.table(feedback)
    expected = words.translate({0: None, 7: None, 0xD800: None})
    assert (opened["words"], kept["words"]) == (expected, expected)


async def test_without_a_mail_server_mails_wait_in_the_outbox(office):
    number = (await office.perform(REQUEST, customer="lin")).values["number"]
    (letter,) = await office.database.run(store.mails)
    assert (letter.reference, letter.to, letter.reply_to) == (number, "support@tepai.example", "wang@mail.example")
    assert {"TP100", "lin", "请帮我取消", "wang@mail.example"} <= set(re.split(r"[:\s]+", letter.body))
    assert await office.database.run(store.hold_due_mail) is None


@pytest.mark.parametrize("address", ["13800138000", "a@b.example\r\nBcc: x@y.example", "a@b", "甲@乙.example", None])
async def test_only_a_plain_address_becomes_the_reply_address(office, address):
    await office.perform(OpenTicket("written_request", "w", None, [], address))
    (letter,) = await office.database.run(store.mails)
    assert letter.reply_to == ""


async def test_feedback_is_kept_once(office):
    for _ in range(2):
        await office.perform(KeepFeedback("pending_order", 4, "很快"))
    (kept,) = await office.table(feedback)
    assert (kept["about"], kept["score"], kept["words"]) == ("pending_order", 4, "很快")


@pytest.fixture
def postman(database, mail_server):
    return Postman(database, SmtpMailer("127.0.0.1", mail_server.port, "bot@tepai.example", security="none"), sweep=60)


@pytest.fixture
def posting(database, postman):
    return Office(database, postman.wake)


@contextlib.asynccontextmanager
async def running(postman):
    task = asyncio.create_task(postman.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_written_request_arrives(posting, postman, mail_server):
    async with running(postman):
        number = (await posting.perform(REQUEST)).values["number"]
        await asyncio.wait_for(mail_server.arrived.wait(), 10)
    (found,) = mail_server.mails
    assert found["Message-ID"] == f"<{number}@tepai.example>"
    assert (found["To"], found["Reply-To"]) == ("support@tepai.example", "wang@mail.example")
    assert "请帮我取消" in found.get_content()


async def test_a_complaint_is_not_mailed(posting, postman):
    await posting.perform(COMPLAINT)
    assert await postman.deliver_next() is False


async def come_due(office) -> None:
    await office.database.run(lambda connection: connection.execute(update(mail).values(next_at=0.0)))


async def test_while_the_mail_server_is_down_the_ticket_is_answered_and_the_mail_waits(posting, postman, mail_server):
    await mail_server.stop()
    assert (await posting.perform(REQUEST)).trigger == "ticket_opened"
    assert await postman.deliver_next() is True
    assert await postman.deliver_next() is False
    (row,) = await posting.table(mail)
    assert row["trouble"] == "the mail server does not answer"
    assert 25 < row["next_at"] - row["at"] < 35
    await mail_server.start()
    await come_due(posting)
    await postman.deliver_next()
    (row,) = await posting.table(mail)
    assert len(mail_server.mails) == 1
    assert (row["next_at"], row["trouble"], row["tries"]) == (None, None, 2)
    assert row["sent_at"] >= row["at"]


async def test_the_pause_grows_up_to_an_hour(posting, postman, mail_server):
    mail_server.refusal = "451 later"
    await posting.perform(REQUEST)
    pauses = []
    for _ in range(9):
        await come_due(posting)
        await postman.deliver_next()
        (row,) = await posting.table(mail)
        pauses.append(round((row["next_at"] - row["at"]) / 30))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 120, 120]


async def test_a_mail_refused_for_good_stays_with_its_reason(posting, postman, mail_server):
    mail_server.refusal = "554 never"
    await posting.perform(REQUEST)
    await postman.deliver_next()
    (row,) = await posting.table(mail)
    assert (row["next_at"], row["sent_at"], row["trouble"]) == (None, None, "the mail server refuses it: 554")


async def test_postmen_share_the_mails(posting, postman, mail_server):
    for number in range(6):
        await posting.perform(REQUEST, key=str(number))
    while any(await asyncio.gather(*(postman.deliver_next() for _ in range(3)))):
        pass
    assert len({found["Message-ID"] for found in mail_server.mails}) == len(mail_server.mails) == 6


async def test_a_mail_whose_postman_died_comes_due_again(posting, postman, mail_server):
    await posting.perform(REQUEST)
    died_with = await posting.database.run(store.hold_due_mail)
    assert await posting.database.run(store.hold_due_mail) is None
    await come_due(posting)
    await postman.deliver_next()
    await posting.database.run(store.retry_mail, died_with, "woke up late")
    (row,) = await posting.table(mail)
    assert (row["next_at"], row["trouble"]) == (None, None)
    assert len(mail_server.mails) == 1


async def test_a_strange_mail_does_not_stop_the_others(posting, postman, mail_server):
    strange = {"reference": "T0", "to_address": "not an address\n", "reply_to": "", "subject": "s", "body": "b"}
    await posting.database.run(
        lambda connection: connection.execute(insert(mail).values(**strange, at=0.0, next_at=0.0))
    )
    await posting.perform(REQUEST)
    async with running(postman):
        await asyncio.wait_for(mail_server.arrived.wait(), 10)
    assert len(mail_server.mails) == 1


async def test_the_postman_of_the_settings(office, mail_server):
    assert performers.postman(office.database, Settings()) is None
    smtp = {"host": "127.0.0.1", "port": mail_server.port, "security": "none", "sender": "bot@courier.example"}
    found = performers.postman(office.database, Settings(smtp=smtp))
    await Office(office.database, found.wake).perform(REQUEST)
    await found.deliver_next()
    assert mail_server.mails[0]["From"] == "bot@courier.example"
