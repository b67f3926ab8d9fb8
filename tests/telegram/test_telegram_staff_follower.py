"""The staff's group as the queue is: the whole product in one process (or two), on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, update

from adapters.telegram import Adapter
from adapters.telegram.staff_follower import FIRST_LINES, Follower
from adapters.telegram.staff_topics import Board
from bot.bootstrap import App, assemble
from bot.config import load
from bot.desk.people import Agent
from bot.desk.talk import Delivery, Line
from bot.desk.topics import State
from bot.desk.work import Ending, Reply, Resume
from bot.errors import Later
from bot.messages import Address, Incoming
from bot.store.staff_tables import staff
from bot.store.topics import StoredTopics
from tests.conftest import Clock
from tests.support.floor import ALWAYS, LEAD, LI, MEI, Floor
from tests.telegram.customer import Colleague, Customer
from tests.telegram.server import TOO_MANY, BotApi

GROUP = -100500
WEB = Address("web", "abc")
PHONE = {"mei": 41, "li": 42}


@dataclass
class Shop:
    """`says`: the customer, on the web chat. `reads`: what stands in their topic."""

    api: BotApi
    app: App
    floor: Floor
    mei: Colleague
    li: Colleague
    ids: int = 0
    more: list[App] = field(default_factory=list)

    @property
    def adapter(self) -> Adapter:
        assert self.app.telegram is not None
        return self.app.telegram

    @property
    def follower(self) -> Follower:
        assert self.adapter.follower is not None
        return self.adapter.follower

    @property
    def work(self) -> Any:
        return self.app.workbench.work

    async def says(self, *texts: str, address: Address = WEB) -> None:
        for text in texts:
            self.ids += 1
            await self.app.runtime.receive(Incoming(address, f"m{self.ids}", text, language="zh"))
            await self.app.runtime.settle()

    async def settle(self) -> None:
        """What came from Telegram is taken, what follows is done, and the group is as the queue."""
        for _ in range(2):
            await self.adapter.poller.once(0)
        await self.app.runtime.settle()
        await self.follower.once()

    @property
    def topics(self) -> dict[int, Any]:
        found = self.api.chat(GROUP).topics
        assert found is not None
        return found

    def reads(self, thread: int | None = None) -> str:
        chosen = thread or list(self.topics)[-1]
        return "\n".join(shown.text for shown in self.api.chat(GROUP).by_bot() if shown.thread == chosen)

    async def writes(self, who: Colleague, text: str) -> None:
        who.writes(list(self.topics)[-1], text)
        await self.settle()

    async def lines(self) -> list[Line]:
        return list(await self.app.workbench.talks.lines(LEAD, WEB.conversation))

    async def reply(self, agent: Agent, text: str, id: str = "") -> None:
        self.ids += 1
        await self.work.reply(agent, WEB.conversation, Reply(id or f"r{self.ids}", text))
        await self.app.runtime.settle()


def shop_on(url: str, api: BotApi, clock: Clock, **telegram: Any) -> App:
    settings = load(
        environ={"TEPAI_SECRET": "a secret of tests", "DATABASE_URL": url, "TEPAI_TELEGRAM_TOKEN": api.token}
    )
    section = settings.telegram.model_copy(update={"base_url": api.url, "staff_group": GROUP, **telegram})
    support = settings.support.model_copy(update={"teams": {"orders": ("stuck",), "care": ("asked",)}})
    company = settings.company.model_copy(update={"hotline_hours": ALWAYS})
    changed = {"telegram": section, "support": support, "company": company}
    return assemble(settings.model_copy(update=changed), clock=clock)


async def opened(url: str, api: BotApi, clock: Clock, **telegram: Any) -> Shop:
    forum = api.chat(GROUP, "supergroup")
    forum.topics = {}
    app = shop_on(url, api, clock, **telegram)
    floor = Floor(url, clock, processes=[app])
    await floor.seed()
    await floor.hires(MEI, LI)
    await app.database.run(_link)
    return Shop(api, app, floor, Colleague(api, forum, PHONE["mei"]), Colleague(api, forum, PHONE["li"]))


def _link(connection: Connection) -> None:
    for id, account in PHONE.items():
        teams = {"teams": ["orders"]} if id == "li" else {}
        connection.execute(update(staff).where(staff.c.id == id).values(telegram=str(account), **teams))


async def shut(app: App) -> None:
    await app.runtime.stop()
    assert app.telegram is not None
    await app.telegram.close()
    await app.database.close()


@pytest.fixture
async def shop(api: BotApi, database_url: str, clock: Clock) -> AsyncIterator[Shop]:
    made = await opened(database_url, api, clock)
    yield made
    await shut(made.app)


async def test_who_waits_for_a_person_has_a_topic_that_says_why(shop: Shop) -> None:
    await shop.says("你好")
    await shop.settle()
    assert shop.topics == {}, "nobody asked for a person"
    await shop.says("转人工")
    await shop.settle()
    (topic,) = shop.topics.values()
    assert topic.name == "访客 · 网页 · 要求人工"
    told = shop.reads()
    assert told.startswith("📌 要求人工 · 网页 · 中文")
    assert told.index("/take") < told.index("🧑 你好") < told.index("🧑 转人工")


async def test_a_reply_in_the_topic_is_a_takeover_once_and_everybody_sees_it(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    shop.api.updates.twice = True
    await shop.writes(shop.mei, "您好，我来看看")
    await shop.says("谢谢，取消订单")
    await shop.settle()
    said = [(line.sender, line.text, line.delivery) for line in await shop.lines()]
    assert said.count(("staff", "您好，我来看看", Delivery.SENT)) == 1
    assert said[-1] == ("customer", "谢谢，取消订单", Delivery.RECEIVED), "the bot is silent"
    (row,) = await shop.work.queue(MEI)
    assert row.agent == "mei"
    assert shop.reads().count("您好，我来看看") == 0, "nobody reads their own words twice"
    assert shop.reads().count("谢谢，取消订单") == 1
    assert len(shop.topics) == 1


async def test_colleagues_words_at_the_desk_are_shown_by_name(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.reply(MEI, "我在工作台")
    await shop.settle()
    await shop.reply(MEI, "第二句")
    await shop.settle()
    assert "👤 小梅 我在工作台" in shop.reads() and "👤 小梅 第二句" in shop.reads()


async def test_who_may_not_see_a_teams_conversation_is_refused(shop: Shop) -> None:
    await shop.says("转人工")  # "asked" is the team care's, and Li is of orders
    await shop.settle()
    for words in ("我来", "/take", "/note 看看", "/close"):
        await shop.writes(shop.li, words)
        assert shop.reads().endswith("您不能接待这个对话。")
    assert [line.text for line in await shop.lines() if line.sender == "staff"] == []
    (row,) = await shop.work.queue(MEI)
    assert row.agent is None


async def test_what_a_colleague_has_is_theirs(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    await shop.work.claim(LEAD, WEB.conversation)
    await shop.writes(shop.mei, "我来")
    assert "没有发给客户：这个对话现在由 zhou 接待。" in shop.reads()
    assert "我来" not in [line.text for line in await shop.lines()]


async def test_a_group_for_some_teams_shows_only_theirs(api: BotApi, database_url: str, clock: Clock) -> None:
    shop = await opened(database_url, api, clock, staff_teams=("orders",))
    await shop.says("转人工")
    await shop.settle()
    assert shop.topics == {}
    await shop.work.transfer(MEI, WEB.conversation, team="orders")
    await shop.settle()
    assert len(shop.topics) == 1
    await shop.work.transfer(MEI, WEB.conversation, team="care")
    await shop.says("别让他们看见")
    await shop.settle()
    (topic,) = shop.topics.values()
    assert topic.closed
    assert "别让他们看见" not in shop.reads()
    await shut(shop.app)


@pytest.mark.parametrize("by_phone", [True, False])
@pytest.mark.parametrize("act", ["/back", "/close"])
async def test_the_topic_is_closed_when_it_is_over_and_opens_again(shop: Shop, act: str, by_phone: bool) -> None:
    await shop.says("转人工")
    await shop.settle()
    await shop.writes(shop.mei, "/take")
    if by_phone:
        await shop.writes(shop.mei, act)
    elif act == "/back":
        await shop.work.hand_back(MEI, WEB.conversation, Resume.CONTINUE)
    else:
        await shop.work.close(MEI, WEB.conversation, Ending.SOLVED)
    await shop.app.runtime.settle()
    await shop.settle()
    ((thread, topic),) = shop.topics.items()
    assert topic.closed
    assert shop.reads().endswith("✅ 人工接待到此结束。")
    assert await shop.work.queue(MEI) == []
    await shop.says("还有一个问题", "转人工")
    await shop.settle()
    assert list(shop.topics) == [thread] and not topic.closed
    assert shop.reads().count("📌") == 2
    assert shop.reads().count("🧑 转人工") == 2, "what was shown is not shown again"


async def test_when_it_opens_again_what_stood_there_is_not_said_again(shop: Shop) -> None:
    await shop.says("第一次")
    await shop.work.claim(MEI, WEB.conversation)
    await shop.settle()
    await shop.work.hand_back(MEI, WEB.conversation, Resume.SILENT)
    await shop.settle()
    await shop.work.claim(MEI, WEB.conversation)
    await shop.settle()
    assert len(await shop.lines()) < FIRST_LINES, "all of them would fit"
    assert (shop.reads().count("📌"), shop.reads().count("🧑 第一次")) == (2, 1)


async def test_who_writes_in_a_topic_that_is_over_takes_over_again(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    await shop.writes(shop.mei, "/take")
    await shop.writes(shop.mei, "/close")
    await shop.settle()
    await shop.writes(shop.mei, "忘了说一件事")
    assert [line.text for line in await shop.lines() if line.sender == "staff"][-1] == "忘了说一件事"
    assert (await shop.work.queue(MEI))[0].agent == "mei"
    (topic,) = shop.topics.values()
    assert not topic.closed


async def test_a_topic_begins_with_the_newest_lines_only(shop: Shop) -> None:
    await shop.says(*[f"第 {number} 句" for number in range(12)], "转人工")
    await shop.settle()
    assert shop.reads().count("🧑") + shop.reads().count("🤖") <= FIRST_LINES
    assert "第 0 句" not in shop.reads() and "🧑 转人工" in shop.reads()


async def test_another_process_goes_on_where_one_left_off(shop: Shop, api: BotApi, clock: Clock) -> None:
    await shop.says("转人工")
    await shop.settle()
    other = shop_on(shop.floor.url, api, clock)
    await shop.says("一", "二")
    assert other.telegram is not None and other.telegram.follower is not None
    await other.telegram.follower.once()
    await shop.says("三")
    await shop.settle()
    told = shop.reads().splitlines()
    assert [told.count(f"🧑 {word}") for word in ("转人工", "一", "二", "三")] == [1, 1, 1, 1]
    assert len(shop.topics) == 1
    await shut(other)


async def test_after_a_refusal_nothing_is_lost_or_said_twice(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    for method, words in (("sendMessage", "一"), ("sendMessage", "二")):
        shop.api.fail(method, TOO_MANY, chat=GROUP)
        await shop.says(words)
        with pytest.raises(Later):
            await shop.follower.once()
    await shop.follower.once()
    told = shop.reads().splitlines()
    assert [told.count(f"🧑 {word}") for word in ("一", "二")] == [1, 1]


async def test_a_deleted_topic_is_made_anew_and_goes_on(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    del shop.topics[next(iter(shop.topics))]
    await shop.says("还在吗")
    await shop.settle()
    await shop.settle()
    assert len(shop.topics) == 1
    assert shop.reads().startswith("📌") and shop.reads().count("🧑 还在吗") == 1


async def test_words_that_did_not_arrive_are_shown_as_such(shop: Shop) -> None:
    customer = Customer(shop.api, shop.api.chat(7))
    customer.says("转人工")
    await shop.settle()
    customer.blocks()
    await shop.settle()
    await shop.writes(shop.mei, "马上帮您查")
    await shop.follower.once()
    assert shop.reads().count("👤 ⚠️ 小梅 马上帮您查") == 1


async def test_words_on_their_way_are_waited_for(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.work.reply(MEI, WEB.conversation, Reply("r1", "马上"))  # and nobody sends it yet
    assert await shop.follower.once(), "it has to be looked at again"
    assert "马上" not in shop.reads()
    await shop.app.runtime.settle()
    assert not await shop.follower.once()
    assert shop.reads().count("👤 小梅 马上") == 1


async def test_those_who_waited_longest_come_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy conversation leaves the others their share of the group."""
    for name in ("a", "b", "c"):
        await shop.says("转人工", address=Address("web", name))
    begun: list[str] = []

    async def refused(_: Board, conversation: str, *__: object) -> int:
        begun.append(conversation)
        raise Later("enough")

    with monkeypatch.context() as patch:
        patch.setattr(Board, "begin", refused)
        for _ in range(3):
            with pytest.raises(Later):
                await shop.follower.once()
    assert sorted(begun) == ["web:a", "web:b", "web:c"]


async def test_who_answers_by_phone_is_there_though_no_page_is_open(shop: Shop) -> None:
    """Else the conversation went back to the queue while they wait for the customer."""
    await shop.says("转人工")
    await shop.settle()
    await shop.writes(shop.mei, "您好")
    await shop.floor.passes(900)
    ownership = shop.app.workbench.ownership
    assert await ownership.look() == 0
    await shop.says("在吗")
    await shop.floor.passes(150)
    assert await ownership.look() == 0
    await shop.floor.passes(200)
    assert await ownership.look() == 1, "five minutes are as long as for everybody"


async def test_a_phone_that_was_silent_for_an_hour_is_nobodys_any_more(shop: Shop) -> None:
    await shop.says("转人工")
    await shop.settle()
    await shop.writes(shop.mei, "您好")
    await shop.floor.passes(3700)
    ownership = shop.app.workbench.ownership
    assert await ownership.look() == 0
    await shop.floor.passes(3700)
    assert await ownership.look() == 1
    await shop.settle()
    assert (await StoredTopics(shop.app.database).find(WEB.conversation, GROUP)).state is State.OPEN  # type: ignore[union-attr] -- it is there
    assert (await shop.work.queue(MEI))[0].agent is None


def test_without_a_group_nothing_of_it_is_there(database_url: str, api: BotApi, clock: Clock) -> None:
    app = shop_on(database_url, api, clock, staff_group=None)
    assert app.telegram is not None
    assert (app.telegram.staff, app.telegram.follower, app.workbench.phones) == (None, None, None)


def test_the_group_names_every_reason_that_the_desk_names() -> None:
    from adapters.desk.rendering import words as desk_words
    from adapters.telegram.words import words

    reasons = {key for key in desk_words("zh")["workspace"] if key.startswith("reason_")}
    assert {key.removeprefix("staff_") for key in words("zh") if key.startswith("staff_reason_")} == reasons
