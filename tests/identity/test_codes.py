"""One-time codes: who gets one, who may guess how often, and that nobody learns which contacts are known."""

import asyncio
import json

import pytest

from bot.dialogue.effects import Unlink
from bot.errors import OrderServiceDown
from bot.identity.codes import normal_contact
from bot.orders.sql.tables import contacts
from bot.store.tables import audit, contact_lock, verification
from tests.identity.conftest import LIN, NOBODY


async def triggers(calls) -> list[str]:
    return [outcome.trigger for outcome in await asyncio.gather(*calls)]


async def test_the_code_that_was_sent_links_the_chat(desk):
    assert (await desk.send()).trigger == "code_sent"
    (code,) = await desk.codes()
    outcome = await desk.check(code)
    assert (outcome.trigger, outcome.links, outcome.values) == ("code_right", "lin", {"name": "林悦"})


@pytest.mark.parametrize(
    "typed",
    [
        "+86 199 0000 0101",
        "19900000101",
        "199-0000-0101",
        "+8619900000101",
        " Lin.Yue@Example.COM ",
        "lin.yue@example.com",
    ],
)
async def test_a_contact_may_be_written_in_many_ways(desk, typed):
    await desk.send(typed)
    assert (await desk.check((await desk.codes())[0])).links == "lin"


async def test_a_code_typed_with_blanks_or_wide_digits_is_the_same(desk):
    await desk.send()
    (code,) = await desk.codes()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert (await desk.check(f" {wide[:3]} {wide[3:]} ")).trigger == "code_right"


async def test_a_code_works_once(desk):
    await desk.send()
    (code,) = await desk.codes()
    await desk.check(code)
    assert (await desk.check(code)).trigger == "code_expired"


async def test_only_the_newest_code_counts(desk):
    await desk.send()
    await desk.send()
    newest, oldest = await desk.codes()
    assert (await desk.check(oldest)).trigger == "code_wrong"
    assert (await desk.check(newest)).trigger == "code_right"


async def test_a_code_is_worth_nothing_in_another_chat(desk):
    await desk.send(chat="web:a")
    (code,) = await desk.codes()
    assert (await desk.check(code, chat="web:b")).trigger == "code_expired"
    await desk.send(NOBODY, chat="web:b")
    assert (await desk.check(code, chat="web:b")).trigger == "code_wrong"


async def test_a_code_without_having_asked(desk):
    assert (await desk.check("123456")).trigger == "code_expired"


async def test_a_code_expires_after_ten_minutes(timed, clock):
    await timed.send()
    (code,) = await timed.codes()
    clock.forward(601)
    assert (await timed.check(code)).trigger == "code_expired"


async def test_a_code_holds_for_ten_minutes(timed, clock):
    await timed.send()
    (code,) = await timed.codes()
    clock.forward(599)
    assert (await timed.check(code)).trigger == "code_right"


async def test_five_wrong_codes_lock_even_the_right_one(desk):
    await desk.send()
    (code,) = await desk.codes()
    wrong = await desk.wrong_code()
    outcomes = [await desk.check(wrong) for _ in range(5)]
    assert [(o.trigger, o.values.get("left")) for o in outcomes[:4]] == [("code_wrong", left) for left in (4, 3, 2, 1)]
    assert outcomes[4].trigger == "code_locked"
    assert 295 <= outcomes[4].values["seconds"] <= 300
    assert (await desk.check(code)).trigger == "code_locked"
    assert (await desk.send()).trigger == "code_locked"


async def locked_again(timed, contact: str = LIN) -> int:
    assert (await timed.send(contact)).trigger == "code_sent"
    wrong = await timed.wrong_code()
    return [await timed.check(wrong) for _ in range(5)][-1].values["seconds"]


async def test_the_pause_grows_to_a_day_and_stays_there(timed, clock):
    for pause in (300, 900, 3600, 14400, 86400, 86400):
        assert await locked_again(timed) == pause
        clock.forward(pause - 1)
        assert (await timed.send()).trigger == "code_locked"
        clock.forward(1)


async def test_the_code_of_before_the_pause_is_void_after_it(timed, clock):
    await timed.send()
    (code,) = await timed.codes()
    for _ in range(5):
        await timed.check(await timed.wrong_code())
    clock.forward(300)
    assert (await timed.check(code)).trigger == "code_expired"


async def test_a_day_of_quiet_makes_the_next_pause_short_again(timed, clock):
    assert [await locked_again(timed), clock.forward(300), await locked_again(timed)] == [300, None, 900]
    clock.forward(900 + 24 * 3600 + 1)
    assert await locked_again(timed) == 300


async def test_the_right_code_forgives_what_was_typed_before(timed, clock):
    assert await locked_again(timed) == 300
    clock.forward(300)
    await timed.send()
    await timed.check((await timed.codes())[0])
    assert await locked_again(timed) == 300


async def test_asking_again_and_again_pauses_too_and_gives_no_new_tries(desk):
    wrong = "000000"
    assert [(await desk.send()).trigger for _ in range(3)] == ["code_sent"] * 3
    assert (await desk.check(wrong)).values == {"left": 4}
    assert [(await desk.send()).trigger for _ in range(2)] == ["code_sent"] * 2
    assert (await desk.check(wrong)).values == {"left": 3}
    assert (await desk.send()).trigger == "code_locked"
    assert len(await desk.codes()) == 5


async def test_guesses_at_once_are_all_counted_and_at_most_five_compared(desk):
    await desk.send()
    wrong = await desk.wrong_code()
    found = await triggers(desk.check(wrong) for _ in range(10))
    assert sorted(found) == ["code_locked"] * 6 + ["code_wrong"] * 4
    entries = [entry["action"] for entry in await desk.table(audit)]
    assert sorted(entries) == ["code_locked"] * 6 + ["code_sent"] + ["code_wrong"] * 4
    (lock,) = await desk.table(contact_lock)
    assert (lock["locks"], lock["tries"]) == (1, 0)


async def test_of_many_right_codes_at_once_one_links(desk):
    await desk.send()
    (code,) = await desk.codes()
    assert sorted(await triggers(desk.check(code) for _ in range(5))) == ["code_expired"] * 4 + ["code_right"]


async def test_chats_that_guess_one_contact_share_its_tries(desk):
    chats = [f"web:{number}" for number in range(4)]
    for chat in chats:
        await desk.send(chat=chat)
    wrong = await desk.wrong_code()
    found = await triggers(desk.check(wrong, chat=chat) for chat in chats * 2)
    assert sorted(found) == ["code_locked"] * 4 + ["code_wrong"] * 4
    assert (await desk.send(chat="web:fresh")).trigger == "code_locked"
    assert (await desk.send("chen.hao@example.com", chat="web:fresh")).trigger == "code_sent"


async def test_one_chat_that_guesses_many_contacts_is_locked(desk):
    for number in range(5):
        await desk.send(f"+861380000000{number}")
        outcome = await desk.check("000000")
    assert outcome.trigger == "code_locked"


def seen(outcomes) -> list:
    return [(outcome.trigger, dict(outcome.values), outcome.links, outcome.unlinks) for outcome in outcomes]


async def test_an_unknown_contact_looks_the_same(timed):
    async def tried(contact: str, chat: str) -> list:
        outcomes = [await timed.send(contact, chat=chat)]
        wrong = await timed.wrong_code()
        return seen(
            outcomes + [await timed.check(wrong, chat=chat) for _ in range(6)] + [await timed.send(contact, chat=chat)]
        )

    assert await tried(LIN, "web:known") == await tried(NOBODY, "web:unknown")


async def test_an_unknown_contact_leaves_the_same_rows(timed):
    for contact, chat in ((LIN, "web:known"), (NOBODY, "web:unknown")):
        await timed.send(contact, chat=chat)
        await timed.check("000000", chat=chat)
    differing = {"conversation", "contact_hash", "code_hash", "salt", "customer", "send_key", "check_key"}
    for table in (verification, contact_lock):
        known, unknown = await timed.table(table)
        assert {k: v for k, v in known.items() if k not in differing} == {
            k: v for k, v in unknown.items() if k not in differing
        }
        assert {k for k, v in known.items() if v is None} ^ {k for k, v in unknown.items() if v is None} <= {"customer"}
    assert [entry["action"] for entry in await timed.table(audit)] == ["code_sent", "code_wrong"] * 2


async def test_nobody_can_be_linked_by_an_unknown_contacts_code(desk, monkeypatch):
    monkeypatch.setattr("bot.identity.codes.DIGITS", 0)  # every code is "0", so this guess is lucky
    await desk.send(NOBODY)
    assert (await desk.check("0")).trigger == "code_wrong"
    await desk.send(LIN)
    assert (await desk.check("0")).trigger == "code_right"


async def test_the_same_act_again_sends_the_same_code_and_answers_the_same(desk):
    assert await desk.send(key="k1") == await desk.send(key="k1")
    (code,) = await desk.codes()
    first = await desk.check("000000" if code != "000000" else "111111", key="k2")
    assert first == await desk.check(code, key="k2")
    right = await desk.check(code, key="k3")
    assert right.trigger == "code_right"
    assert right == await desk.check(code, key="k3")
    entries = await desk.table(audit)
    assert [entry["action"] for entry in entries] == ["code_sent", "code_wrong", "code_right"]
    (lock,) = await desk.table(contact_lock)
    assert lock["sends"] == 0


async def test_a_code_that_could_not_be_sent_is_sent_when_the_act_is_done_again(desk):
    async def gone():
        raise OrderServiceDown("gone")

    answering, desk.gateway.meanwhile = desk.gateway.meanwhile, gone
    with pytest.raises(OrderServiceDown):
        await desk.send(key="k")
    desk.gateway.meanwhile = answering
    assert (await desk.send(key="k")).trigger == "code_sent"
    (code,) = await desk.codes()
    assert (await desk.check(code)).trigger == "code_right"


async def test_a_contact_taken_off_the_file_meanwhile_is_answered_like_any_other(desk):
    async def taken_off():
        await desk.database.run(
            lambda connection: connection.execute(contacts.delete().where(contacts.c.contact == LIN))
        )

    desk.gateway.meanwhile = taken_off
    assert (await desk.send()).trigger == "code_sent"
    assert await desk.codes() == []


async def test_codes_and_contacts_are_kept_only_as_hashes(desk):
    await desk.send()
    (code,) = await desk.codes()
    await desk.check(code)
    for table in (verification, contact_lock, audit):
        kept = json.dumps(await desk.table(table))
        assert "19900000101" not in kept
        assert f'"{code}"' not in kept


async def test_unlinking(desk):
    outcome = await desk.perform(Unlink(), key="u")
    assert (outcome.trigger, outcome.unlinks, outcome.links) == ("unlinked", True, None)
    assert outcome == await desk.perform(Unlink(), key="u")
    (entry,) = await desk.table(audit)
    assert (entry["action"], entry["conversation"], entry["subject"]) == ("unlinked", "web:a", "lin")


@pytest.mark.parametrize("nonsense", ["", "\x00", "\ud800", "@", "🐟" * 50, "1" * 10_000, "+", "\u200f\u0661\u0662"])
async def test_nonsense_is_answered_like_an_unknown_contact(desk, nonsense):
    assert (await desk.send(nonsense)).trigger == "code_sent"
    assert (await desk.check(nonsense)).trigger == "code_wrong"


def test_normal_contacts():
    assert normal_contact("138 0013 8000") == "+8613800138000"
    assert normal_contact("+44 20 7946 0018") == "+442079460018"
    assert normal_contact("A@B.Example") == "a@b.example"
