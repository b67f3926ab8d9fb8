"""What every order service promises, kept by the SQL gateway on both databases."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from bot.errors import FeeRose, NotAllowed, OrderNotFound, OrderServiceDown
from bot.orders.gateway import Gateway
from bot.orders.model import Field, Payment, Refusal, State
from bot.orders.sql.plan import Plan
from bot.orders.sql.seed import PERSONAS, seed
from tests.orders.conftest import Shop

LIN = "TP10024817"
FREE_WINDOW = "TP40052214"
SMALL_FEE = "TP40052325"
COURIER_LATE = "TP40052436"
WINDOW_PASSED = "TP40052547"
PICKED_UP = "TP40052658"
UNDER_REVIEW = "TP40052769"
CANCELLED = "TP40052870"


class TestCustomers:
    async def test_known_by_id_and_by_contact(self, shop: Shop) -> None:
        gateway: Gateway = shop.gateway
        lin = await gateway.customer("lin")
        assert lin is not None and lin.name == "林悦"
        assert await gateway.customer_by_contact("+8619900000101") == lin
        assert await gateway.customer_by_contact("lin.yue@example.com") == lin

    @pytest.mark.parametrize("stranger", ["", "+8613800000000", "\x00", "\ud800", "nobody@example.com"])
    async def test_unknown_is_none(self, shop: Shop, stranger: str) -> None:
        assert await shop.gateway.customer_by_contact(stranger) is None

    async def test_a_code_goes_once_to_a_contact_on_file(self, shop: Shop) -> None:
        for _ in range(2):
            await shop.gateway.send_code("lin", "+8619900000101", "123456", key="a")
        assert [(sent.customer, sent.code) for sent in await shop.gateway.outbox()] == [("lin", "123456")]

    async def test_no_code_goes_to_a_contact_of_somebody_else(self, shop: Shop) -> None:
        with pytest.raises(NotAllowed):
            await shop.gateway.send_code("lin", "+8619900000202", "123456", key="a")
        assert await shop.gateway.outbox() == []


class TestReading:
    async def test_each_persona_has_its_orders_newest_first(self, shop: Shop) -> None:
        for persona in PERSONAS:
            placed = [order.placed_at for order in await shop.gateway.orders(persona.id)]
            assert placed == sorted(placed, reverse=True)
        assert [order.number for order in await shop.gateway.orders("lin")] == [LIN]
        assert await shop.gateway.orders("chen") == []

    async def test_a_seeded_story_waits_for_its_customer(self, shop: Shop) -> None:
        await shop.let_pass(86_400)
        (order,) = await shop.gateway.orders("lin")
        assert order.state is State.AWAITING_COURIER
        assert (await shop.now()) - order.placed_at == pytest.approx(23 * 60, abs=5)

    async def test_seeding_again_changes_nothing(self, shop: Shop) -> None:
        await shop.gateway.cancel("lin", LIN, accepted_fee=0, reason="other", key="a")
        await shop.database.run(lambda connection: seed(connection, 5.0))
        assert (await shop.gateway.order("lin", LIN)).state is State.CANCELLED

    @pytest.mark.parametrize("call", ["order", "refresh", "quote"])
    @pytest.mark.parametrize("number", [FREE_WINDOW, "TP99999999", "", "\x00", "\ud800", "9" * 10_000])
    async def test_somebody_elses_order_looks_like_a_missing_one(self, shop: Shop, call: str, number: str) -> None:
        with pytest.raises(OrderNotFound, match=r"^this customer has no such order$"):
            await getattr(shop.gateway, call)("lin", number)

    async def test_a_database_that_is_gone_means_the_service_is_down(self, shop: Shop) -> None:
        await shop.database.close()
        with pytest.raises(OrderServiceDown):
            await shop.gateway.orders("lin")


class TestOwnership:
    async def test_nobody_changes_somebody_elses_order(self, shop: Shop) -> None:
        before = await shop.gateway.order("ben", SMALL_FEE)
        attempts = [
            shop.gateway.cancel("lin", SMALL_FEE, accepted_fee=999, reason="other", key="a"),
            shop.gateway.correct("lin", SMALL_FEE, Field.PHONE, "19900000999", key="b"),
            shop.gateway.tip("lin", SMALL_FEE, 300, key="c"),
            shop.gateway.reschedule("lin", SMALL_FEE, await shop.now() + 7200, key="d"),
        ]
        for attempt in attempts:
            with pytest.raises(OrderNotFound):
                await attempt
        after = await shop.gateway.order("ben", SMALL_FEE)
        assert replace(after, synced_at=before.synced_at) == before


class TestQuotes:
    @pytest.mark.parametrize(
        ("number", "rule", "fee", "refund"),
        [
            ("TP40052103", "not_accepted", 0, 1900),
            (FREE_WINDOW, "free_window", 0, 2000),
            (SMALL_FEE, "small_fee", 200, 1700),
            (COURIER_LATE, "courier_late", 0, 2200),
        ],
    )
    async def test_what_cancelling_costs(self, shop: Shop, number: str, rule: str, fee: int, refund: int) -> None:
        quote = await shop.gateway.quote("ben", number)
        assert (quote.allowed, quote.rule, quote.fee, quote.refund) == (True, rule, fee, refund)
        await shop.gateway.cancel("ben", number, accepted_fee=fee, reason="not_needed", key="a")
        order = await shop.gateway.order("ben", number)
        assert order.cancellation is not None
        assert (order.state, order.payment) == (State.CANCELLED, Payment.REFUNDED)
        told = (order.cancellation.by, order.cancellation.reason, order.cancellation.fee, order.cancellation.refund)
        assert told == ("customer", "not_needed", fee, refund)

    @pytest.mark.parametrize(
        ("number", "refusal"),
        [
            (WINDOW_PASSED, Refusal.WINDOW_PASSED),
            (PICKED_UP, Refusal.PICKED_UP),
            (UNDER_REVIEW, Refusal.UNDER_REVIEW),
        ],
    )
    async def test_when_it_cannot_be_cancelled(self, shop: Shop, number: str, refusal: Refusal) -> None:
        before = await shop.gateway.order("ben", number)
        quote = await shop.gateway.quote("ben", number)
        assert (quote.allowed, quote.refusal, quote.fee, quote.refund) == (False, refusal, 0, 0)
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.cancel("ben", number, accepted_fee=10_000, reason="other", key="a")
        assert refused.value.refusal is refusal
        assert (await shop.gateway.order("ben", number)).state is before.state

    async def test_an_unpaid_order_has_nothing_to_refund(self, shop: Shop) -> None:
        quote = await shop.gateway.quote("zhao", "TP30045442")
        assert (quote.allowed, quote.fee, quote.refund) == (True, 0, 0)

    @pytest.mark.parametrize("number", ["TP50061124", "TP50061235", "TP50061679", "TP50061780"])
    async def test_what_is_over_cannot_be_quoted(self, shop: Shop, number: str) -> None:
        assert (await shop.gateway.quote("he", number)).refusal is Refusal.ALREADY_OVER


class TestCancelling:
    async def test_the_fee_rose_between_asking_and_doing(self, shop: Shop) -> None:
        assert (await shop.gateway.quote("ben", FREE_WINDOW)).fee == 0
        await shop.let_pass(60)
        for key in ("a", "a"):
            with pytest.raises(FeeRose) as risen:
                await shop.gateway.cancel("ben", FREE_WINDOW, accepted_fee=0, reason="other", key=key)
            assert (risen.value.quote.fee, risen.value.quote.rule) == (200, "small_fee")
        assert (await shop.gateway.order("ben", FREE_WINDOW)).state is State.COURIER_ASSIGNED
        await shop.gateway.cancel("ben", FREE_WINDOW, accepted_fee=200, reason="other", key="b")
        assert (await shop.gateway.order("ben", FREE_WINDOW)).state is State.CANCELLED

    async def test_a_lower_price_than_accepted_is_taken(self, shop: Shop) -> None:
        await shop.gateway.cancel("ben", COURIER_LATE, accepted_fee=200, reason="too_slow", key="a")
        order = await shop.gateway.order("ben", COURIER_LATE)
        assert order.cancellation is not None and order.cancellation.fee == 0

    async def test_a_courier_took_it_in_between(self, shop: Shop) -> None:
        assert (await shop.gateway.quote("ben", "TP40052103")).rule == "not_accepted"
        await shop.let_pass(300)
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.cancel("ben", "TP40052103", accepted_fee=0, reason="other", key="a")
        assert refused.value.refusal is Refusal.PICKED_UP

    async def test_cancelling_a_cancelled_order_succeeds_and_changes_nothing(self, shop: Shop) -> None:
        before = await shop.gateway.order("ben", CANCELLED)
        await shop.gateway.cancel("ben", CANCELLED, accepted_fee=0, reason="other", key="a")
        assert await shop.gateway.order("ben", CANCELLED) == before

    async def test_many_at_once_cancel_once(self, shop: Shop) -> None:
        keys = [f"tab {number % 5}" for number in range(10)]
        cancels = (shop.gateway.cancel("ben", SMALL_FEE, accepted_fee=200, reason=key, key=key) for key in keys)
        await asyncio.gather(*cancels)
        moved = [change for change in await shop.gateway.changes(0, 100) if change.number == SMALL_FEE]
        assert [(change.before, change.after) for change in moved] == [(State.COURIER_ASSIGNED, State.CANCELLED)]
        order = await shop.gateway.order("ben", SMALL_FEE)
        assert order.cancellation is not None and (order.cancellation.fee, order.cancellation.refund) == (200, 1700)

    async def test_nothing_more_happens_to_a_cancelled_order(self, shop: Shop) -> None:
        await shop.gateway.cancel("lin", LIN, accepted_fee=0, reason="no_courier", key="a")
        await shop.let_pass(3600)
        assert [change.after for change in await shop.gateway.changes(0, 10)] == [State.CANCELLED]

    async def test_a_reason_in_own_words_is_kept_tidy(self, shop: Shop) -> None:
        await shop.gateway.cancel("lin", LIN, accepted_fee=0, reason="太慢了\x00\ud800" + "!" * 9_999, key="a")
        order = await shop.gateway.order("lin", LIN)
        assert order.cancellation is not None and order.cancellation.reason.startswith("太慢了!!")


class TestCorrecting:
    async def test_a_corrected_order_goes_back_to_dispatch_and_moves(self, shop: Shop) -> None:
        await shop.let_pass(3600)
        number = "TP30045226"
        assert (await shop.gateway.order("zhao", number)).state is State.AWAITING_COURIER
        await shop.gateway.correct("zhao", number, Field.PHONE, " 199 0000 0222 ", key="a")
        order = await shop.gateway.order("zhao", number)
        assert (order.dropoff.phone, order.raw_state) == ("+8619900000222", "ASSIGNING")
        await shop.let_pass(40)
        assert (await shop.gateway.order("zhao", number)).state is State.COURIER_ASSIGNED

    async def test_an_order_with_three_faults_moves_after_the_third(self, shop: Shop) -> None:
        number = "TP30046015"
        corrections = {
            Field.ADDRESS: "上海市闵行区七莘路3655号万科广场3座1201室",
            Field.PHONE: "19900000226",
            Field.RECIPIENT: "韩雪",
        }
        for field, value in corrections.items():
            assert (await shop.gateway.order("zhao", number)).raw_state == "ADDRESS_CHECK"
            await shop.gateway.correct("zhao", number, field, value, key=field)
        assert (await shop.gateway.order("zhao", number)).raw_state == "ASSIGNING"

    @pytest.mark.parametrize(
        ("field", "value"),
        [(Field.PHONE, "123"), (Field.ADDRESS, "在家"), (Field.RECIPIENT, ""), (Field.PHONE, "\x00\ud800")],
    )
    async def test_what_no_courier_could_use_is_refused(self, shop: Shop, field: Field, value: str) -> None:
        before = await shop.gateway.order("lin", LIN)
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.correct("lin", LIN, field, value, key="a")
        assert refused.value.refusal is Refusal.INVALID
        assert (await shop.gateway.order("lin", LIN)).dropoff == before.dropoff

    @pytest.mark.parametrize("number", [PICKED_UP, CANCELLED])
    async def test_after_pickup_it_is_too_late(self, shop: Shop, number: str) -> None:
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.correct("ben", number, Field.PHONE, "19900000222", key="a")
        assert refused.value.refusal is Refusal.TOO_LATE

    async def test_a_courier_on_the_way_keeps_the_order(self, shop: Shop) -> None:
        await shop.gateway.correct("ben", SMALL_FEE, Field.RECIPIENT, "Mia Z.", key="a")
        order = await shop.gateway.order("ben", SMALL_FEE)
        assert (order.state, order.dropoff.recipient) == (State.COURIER_ASSIGNED, "Mia Z.")


class TestTipping:
    async def test_a_tip_brings_a_courier_sooner_and_counts_once(self, shop: Shop) -> None:
        before = await shop.gateway.order("lin", LIN)
        for _ in range(2):
            await shop.gateway.tip("lin", LIN, 300, key="a")
        order = await shop.gateway.order("lin", LIN)
        assert order.price == before.price + 300
        assert [charge.amount for charge in order.charges if charge.kind == "tip"] == [300]
        await shop.let_pass(25)
        order = await shop.gateway.order("lin", LIN)
        assert order.state is State.COURIER_ASSIGNED and order.courier is not None and order.courier.name == "周海峰"

    @pytest.mark.parametrize(
        ("customer", "number", "amount", "refusal"),
        [
            ("lin", LIN, 0, Refusal.INVALID),
            ("lin", LIN, 10**30, Refusal.INVALID),
            ("zhao", "TP30045118", 300, Refusal.NOT_OFFERED),
            ("ben", SMALL_FEE, 300, Refusal.TOO_LATE),
            ("ben", CANCELLED, 300, Refusal.ALREADY_OVER),
        ],
    )
    async def test_refusals(self, shop: Shop, customer: str, number: str, amount: int, refusal: Refusal) -> None:
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.tip(customer, number, amount, key="a")
        assert refused.value.refusal is refusal


class TestRescheduling:
    async def test_the_order_waits_until_then(self, shop: Shop) -> None:
        at = await shop.now() + 7200
        await shop.gateway.reschedule("lin", LIN, at, key="a")
        await shop.let_pass(3600)
        order = await shop.gateway.order("lin", LIN)
        assert order.state is State.AWAITING_COURIER
        assert order.scheduled_for is not None and order.expires_at is not None
        assert order.expires_at > order.scheduled_for
        await shop.let_pass(3600)
        assert (await shop.gateway.order("lin", LIN)).state is not State.AWAITING_COURIER

    @pytest.mark.parametrize("ahead", [-60, 60, 8 * 86_400, float("nan"), float("inf")])
    async def test_only_to_a_time_that_makes_sense(self, shop: Shop, ahead: float) -> None:
        with pytest.raises(NotAllowed) as refused:
            await shop.gateway.reschedule("lin", LIN, await shop.now() + ahead, key="a")
        assert refused.value.refusal is Refusal.INVALID


class TestRefreshing:
    async def test_a_late_order_shows_its_true_state(self, shop: Shop) -> None:
        assert (await shop.gateway.order("amy", "TP20031207")).state is State.AWAITING_COURIER
        order = await shop.gateway.refresh("amy", "TP20031207")
        assert order.state is State.COURIER_ASSIGNED and order.courier is not None and order.courier.name == "Li Na"
        assert not order.courier_side_accepted

    async def test_a_payment_that_came_is_seen(self, shop: Shop) -> None:
        order = await shop.gateway.refresh("zhao", "TP30045779")
        assert (order.state, order.payment) == (State.AWAITING_COURIER, Payment.CAPTURED)

    async def test_a_lost_order_stays_stale(self, shop: Shop) -> None:
        order = await shop.gateway.refresh("he", "TP50061568")
        assert order.state is State.AWAITING_COURIER
        assert await shop.now() - order.synced_at > 45 * 60


class TestChanges:
    async def test_the_feed_goes_on_after_a_cursor(self, shop: Shop) -> None:
        await shop.gateway.order("lin", LIN)
        await shop.let_pass(500)
        everything = await shop.gateway.changes(0, 100)
        states = [State.AWAITING_COURIER, State.COURIER_ASSIGNED, State.AT_PICKUP, State.IN_TRANSIT, State.DELIVERED]
        assert [(change.before, change.after) for change in everything] == list(itertools.pairwise(states))
        assert [change.cursor for change in everything] == [1, 2, 3, 4]
        assert len({change.id for change in everything}) == 4
        assert await shop.gateway.changes(0, 2) == everything[:2]
        assert await shop.gateway.changes(2, 100) == everything[2:]

    async def test_readers_at_once_move_each_order_once(self, shop: Shop) -> None:
        for number in (order.number for order in await shop.gateway.orders("ben")):
            await shop.gateway.order("ben", number)
        await shop.let_pass(2000)
        await asyncio.gather(
            *(shop.gateway.changes(0, 100) for _ in range(4)), *(shop.gateway.orders("ben") for _ in range(4))
        )
        found = await shop.gateway.changes(0, 100)
        assert [change.cursor for change in found] == list(range(1, len(found) + 1))
        steps = [(change.number, change.before, change.after) for change in found]
        assert len(set(steps)) == len(steps)
        assert all(
            not order.state.is_pending or order.number == UNDER_REVIEW for order in await shop.gateway.orders("ben")
        )

    async def test_twenty_orders_are_shown_at_most(self, shop: Shop) -> None:
        pattern = await shop.gateway.order("lin", LIN)
        for place in range(25):
            await shop.put(Plan(replace(pattern, number=f"TP7000{place:04}", placed_at=pattern.placed_at + place)))
        shown = await shop.gateway.orders("lin")
        assert [order.number for order in shown] == [f"TP7000{place:04}" for place in range(24, 4, -1)]
