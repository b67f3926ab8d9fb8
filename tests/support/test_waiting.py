"""While a customer waits for a person: what they are told is true, and what they are promised is kept."""

from __future__ import annotations

import pytest

from bot.desk.work import Ending
from bot.sections import Support
from bot.store.presence import SEEN_SECONDS
from bot.store.support_tables import handover, ticket, ticket_event
from tests.support.floor import LI, MEI, Floor, of_team, shut

CHAT = "phone:a"


async def _waited(floor: Floor, *seconds: float) -> None:
    """So many were taken after so long."""
    for number, wait in enumerate(seconds):
        await floor.says("转人工", f"before{number}")
        await floor.passes(wait)
        await floor.is_seen(MEI)
        await floor.app.workbench.work.claim(MEI, f"phone:before{number}")
        await floor.app.workbench.work.close(MEI, f"phone:before{number}", Ending.SOLVED)
    await floor.settle()


async def test_the_wait_is_the_median_of_the_last_real_ones(floor: Floor) -> None:
    await floor.hires(MEI)
    await _waited(floor, 60, 200, 900)
    await floor.says("转人工")
    assert "escalate.queued_next" in floor.heard()
    assert _minutes(floor) == [4]


async def test_nothing_is_said_of_a_wait_when_nothing_is_known(floor: Floor) -> None:
    await floor.hires(MEI)
    await _waited(floor, 60, 200)
    await floor.says("转人工")
    assert _minutes(floor) == []


async def test_nothing_is_said_of_a_wait_when_nobody_is_there(floor: Floor) -> None:
    await floor.hires(MEI)
    await _waited(floor, 60, 200, 900)
    await floor.is_seen(MEI, "away")
    await floor.says("转人工")
    assert _minutes(floor) == []
    await floor.is_seen(MEI)
    await floor.passes(SEEN_SECONDS + 1)
    await floor.says("还要多久")
    assert _minutes(floor) == []


async def test_asked_again_it_is_the_time_that_is_left(floor: Floor) -> None:
    await floor.hires(MEI)
    await _waited(floor, 290, 290, 290)
    await floor.says("转人工")
    await floor.passes(125)
    await floor.is_seen(MEI)
    await floor.says("还要等多久")
    assert floor.heard()[-3:] == ["queue.next", "common.about_minutes", "queue.or_leave"]
    assert _minutes(floor) == [5, 3]
    await floor.passes(500)
    await floor.is_seen(MEI)
    await floor.says("人呢")
    assert floor.heard()[-3:] == ["queue.next", "queue.longer_than_usual", "queue.or_leave"]


async def test_the_place_is_that_in_ones_own_teams_queue(floor: Floor) -> None:
    floor.support = Support(teams={"care": ("upset",)})
    await floor.says("转人工", "other")
    await floor.says("转人工")
    assert _befores(floor) == [1]
    await floor.app.workbench.work.claim(MEI, "phone:other")
    await floor.says("前面还有几个人")
    assert floor.heard()[-2:] == ["queue.next", "queue.or_leave"]


async def test_how_long_means_the_order_when_nobody_is_waited_for(floor: Floor) -> None:
    await floor.seed()
    await floor.comes("lin")
    await floor.says("还要等多久")
    assert not any(key.startswith("queue.") for key in floor.heard())


@pytest.mark.parametrize("words", ["不用人工了", "取消排队", "算了"])
async def test_who_does_not_want_to_wait_leaves(floor: Floor, words: str) -> None:
    await floor.says("转人工")
    await floor.says(words)
    assert floor.heard()[-1] == "queue.left"
    assert await floor.queue() == []
    (row,) = await floor.table(handover)
    assert row["outcome"] == "left"
    await floor.says("还要多久")
    assert floor.heard()[-1] != "queue.next"


async def test_in_english_too(floor: Floor) -> None:
    await floor.says("human please")
    await floor.says("how long do i have to wait?")
    assert "queue.next" in floor.heard()
    await floor.says("I don't need a human any more")
    assert floor.heard()[-1] == "queue.left"


async def test_who_has_been_taken_does_not_leave(floor: Floor) -> None:
    await floor.says("转人工")
    await floor.says("不用人工了", settle=False)
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    (row,) = await floor.queue()
    assert row.agent == "mei"


async def test_at_night_an_answer_is_promised_with_a_number_and_kept(floor: Floor) -> None:
    floor.hours = shut(3, floor.time())
    opens_at = floor.hours.next_opening(floor.time())
    await floor.says("转人工")
    (one,) = await floor.table(ticket)
    assert floor.heard()[0] == "escalate.queued_until_open_promise"
    assert one["number"] in floor.phone.arrived[0][1].text
    assert (one["about"], one["state"], one["due_at"]) == ("callback", "open", pytest.approx(opens_at))
    await floor.says("转人工")
    await floor.says("还要多久")
    assert len(await floor.table(ticket)) == 1
    assert "queue.until_open" in floor.heard()
    await floor.reply(MEI, "早上好，我来帮您")
    (one,) = await floor.table(ticket)
    assert one["state"] == "answered"
    assert [(event["kind"], event["value"], event["actor"]) for event in await floor.table(ticket_event)] == [
        ("state", "answered", "mei")
    ]


async def test_who_is_there_at_night_is_not_said_to_be_away(floor: Floor) -> None:
    floor.hours = shut(3, floor.time())
    await floor.hires(MEI)
    await floor.says("转人工")
    assert "escalate.queued_next" in floor.heard()
    assert await floor.table(ticket) == []
    await floor.is_seen(MEI, "away")
    await floor.says("还要多久")
    assert "queue.until_open" in floor.heard()


async def test_the_ways_at_night_name_the_colleague_who_is_there_and_no_other(floor: Floor) -> None:
    floor.hours, floor.support = shut(3, floor.time()), Support(teams={"care": ("asked",)})
    await floor.hires(of_team(LI, "orders"))
    await floor.says("有没有热线电话")
    assert "现在有同事在线" not in floor.phone.arrived[-1][1].text
    await floor.hires(of_team(MEI, "care"))
    await floor.says("有没有热线电话", "b")
    assert "现在有同事在线（前面 0 位）" in floor.phone.arrived[-1][1].text
    await floor.says("热线", "b")
    assert floor.heard("b")[-1] == "escalate.hotline_told_until_open"


async def test_who_leaves_at_night_is_promised_nothing_more(floor: Floor) -> None:
    floor.hours = shut(3, floor.time())
    await floor.says("转人工")
    await floor.says("不用人工了")
    (one,) = await floor.table(ticket)
    assert one["state"] == "closed"


async def test_it_is_due_when_somebody_should_have_taken_it(floor: Floor) -> None:
    floor.support = Support(claim_within=60)
    await floor.says("转人工")
    (row,) = await floor.queue()
    assert row.due_at is not None
    assert abs(row.due_at - row.opened_at - 60) < 5


async def test_a_reason_goes_to_the_team_that_takes_it(floor: Floor) -> None:
    floor.support = Support(teams={"care": ("asked",)})
    await floor.says("转人工")
    assert [row.team for row in await floor.queue(of_team(MEI, "care"))] == ["care"]
    assert await floor.queue(of_team(MEI, "orders")) == []


def _minutes(floor: Floor) -> list[int]:
    return [said.values["minutes"] for _, said in floor.phone.arrived if said.key == "common.about_minutes"]


def _befores(floor: Floor) -> list[int]:
    return [said.values["before"] for _, said in floor.phone.arrived if said.key == "escalate.queued"]
