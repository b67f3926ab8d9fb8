"""Throws everything at the engine: lines, buttons old, new and forged, jumps of the clock, failures, acts that end
late, twice or not at all. It must answer always, fail never, and cancel only what its owner has agreed to."""

from __future__ import annotations

from collections.abc import Generator
from functools import cache

import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.bootstrap import dialogue
from bot.config import load
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Act, Outcome, Read
from bot.dialogue.engine import Engine
from bot.dialogue.events import Delayed, Event, Happened, LinkOpened, Pressed, Said, Woke
from bot.dialogue.turn import Request, Turn
from bot.messages import Attachment, AttachmentKind, Choice, Outgoing
from bot.orders.effects import CancelOrder
from tests.dialogue.order_world import CODE, CONTACTS, OrderWorld

NOON = 1_795_492_800.0
NUMBERS = sorted(OrderWorld(NOON).orders)
CUSTOMERS = ("lin", "zhao", "he", "chen", "amy", "ben")

CONSENTS = (
    "确定取消",
    "是的",
    "好的",
    "可以",
    "确认",
    "嗯",
    "取消吧",
    "yes",
    "yes, cancel it",
    "ok",
    "sure",
    "cancel it",
    "1",
    "①",
)
OTHER_LINES = (
    *(
        "不",
        "先不取消",
        "no",
        "keep it",
        "maybe",
        "再等等",
        "多少钱？",
        "确定吗",
        "yes?",
        "不是不取消",
        "yes no",
        "好像不行",
    ),
    *("取消订单", "我要取消", "cancel my order", "cancel", "我的订单怎么还没人接单", "why is my order still waiting"),
    *("我的订单", "where is my order", "改地址", "change the phone number", "改收件人", "我要投诉", "ticket status"),
    *(
        "转人工",
        "human",
        "返回",
        "back",
        "算了",
        "never mind",
        "重新开始",
        "start over",
        "帮助",
        "help",
        "English",
        "中文",
    ),
    *("不是这个，另一单", "no, the other one", "第二个", "the last one", "2", "3", "99", "收费标准是什么", "fees"),
    *("验证身份", "解除关联", "verify me", "unlink", CODE, "000000", "12345", *CONTACTS, "199 0000 0101"),
    *(
        "今晚8点",
        "tomorrow 10am",
        "5分钟后",
        "5 元",
        "¥500",
        "0元",
        "上海市徐汇区漕溪北路398号汇智大厦18层1806室",
        "李雷",
    ),
    *(
        "13800138000",
        "1380013800",
        "没有骑手接单",
        "too slow",
        "其他",
        "谢谢",
        "bye",
        "你好",
        "",
        " ",
        "😡",
        "\0\u202e",
        "9" * 5000,
    ),
)
LINES = st.one_of(
    st.sampled_from(OTHER_LINES),
    st.sampled_from(CONSENTS),
    st.sampled_from(NUMBERS),
    st.builds(
        "{} {}".format,
        st.sampled_from(("取消", "cancel", "改电话", "why is", "到哪了", "不对，是")),
        st.sampled_from(NUMBERS),
    ),
    st.text(max_size=30),
)
AGREES = (
    "确",
    "是",
    "好",
    "可",
    "嗯",
    "行",
    "对",
    "取消",
    "同意",
    "yes",
    "ok",
    "sure",
    "cancel",
    "1",
    "一",
    "y",
    "👍",
)
"""Whatever counts as consent holds one of these."""


@cache
def engine() -> Engine:
    return dialogue(load(environ={"TEPAI_SECRET": "a secret of the tests"}))


class Chat(RuleBasedStateMachine):
    """One chat. The machine is channel, worker, clock and order service."""

    def __init__(self) -> None:
        super().__init__()
        self.world = OrderWorld(NOON)
        self.talk = Conversation()
        self.asked: Outgoing | None = None
        self.buttons: list[Choice] = []
        self.waiting: list[Request] = []
        self.over: list[Happened] = []

    # --- what may happen ------------------------------------------------------------------------------------

    @initialize(customer=st.sampled_from((None, *CUSTOMERS)), language=st.sampled_from(("zh", "en")))
    def come_in(self, customer: str | None, language: str) -> None:
        if customer is not None:
            self.take(LinkOpened(customer, language))

    @rule(text=LINES)
    def say(self, text: str) -> None:
        self.take(Said(text))

    @precondition(lambda self: self.asked is not None)
    @rule(place=st.integers(0, 9))
    def press(self, place: int) -> None:
        choices = self.asked.choices if self.asked else ()
        self.take(Pressed(choices[place % len(choices)].token))

    @precondition(lambda self: self.buttons)
    @rule(data=st.data())
    def press_an_old_button(self, data: st.DataObject) -> None:
        self.take(Pressed(data.draw(st.sampled_from(self.buttons)).token))

    @rule(token=st.one_of(st.text(max_size=8), st.builds("{}.{}".format, st.integers(-1, 60), st.integers(-1, 12))))
    def forge_a_button(self, token: str) -> None:
        self.take(Pressed(token))

    @precondition(lambda self: self.talk.customer not in (None, "chen"))
    @rule(data=st.data(), reason=st.integers(0, 5))
    def walk_up_to_the_question(self, data: st.DataObject, reason: int) -> None:
        own = [order.number for order in self.world.orders.values() if order.customer == self.talk.customer]
        self.take(Said(f"取消订单 {data.draw(st.sampled_from(own))}"))
        if self.asked and self.asked.key == "cancel_order.ask_reason":
            self.take(Pressed(self.asked.choices[reason].token))

    @precondition(lambda self: self.asked is not None and self.asked.key.startswith("cancel_order.confirm_"))
    @rule(place=st.integers(0, 2), words=st.sampled_from((None, *CONSENTS, *OTHER_LINES)))
    def answer_the_question(self, place: int, words: str | None) -> None:
        assert self.asked is not None
        self.take(Pressed(self.asked.choices[place].token) if words is None else Said(words))

    @rule(kind=st.sampled_from(list(AttachmentKind)), text=st.sampled_from(("", "看图", "yes")))
    def attach(self, kind: AttachmentKind, text: str) -> None:
        self.take(Said(text, (Attachment(kind, "ref", "it"),)))

    @rule(customer=st.sampled_from((None, *CUSTOMERS)))
    def open_a_link(self, customer: str | None) -> None:
        self.take(LinkOpened(customer))

    @rule(number=st.sampled_from(NUMBERS), flow=st.sampled_from(("track_order", "pending_order")))
    def wake(self, number: str, flow: str) -> None:
        moved = {"moved": True, "before": "awaiting_courier", "after": self.world.orders[number].state.value}
        self.take(Woke(flow, {"order": number, **(moved if flow == "track_order" else {"reminded": True})}))

    @rule(seconds=st.sampled_from((1.0, 50.0, 120.0, 1000.0, 90_000.0)))
    def wait(self, seconds: float) -> None:
        self.world.now += seconds

    @rule(down=st.booleans())
    def order_service(self, down: bool) -> None:
        self.world.down = down

    @rule(number=st.sampled_from(NUMBERS), ago=st.sampled_from((0.0, 100.0, 2000.0)))
    def courier_takes(self, number: str, ago: float) -> None:
        self.world.courier_takes(number, ago)

    @precondition(lambda self: self.waiting)
    @rule(place=st.integers(0, 5), way=st.sampled_from(("done", "done", "done", "delayed", "given_up")))
    def an_act_comes_to_its_end(self, place: int, way: str) -> None:
        request = self.waiting[place % len(self.waiting)]
        if way == "delayed":
            self.take(Delayed(request.id))
            return
        self.waiting.remove(request)
        over = way == "given_up" or (self.world.down and isinstance(request.act, CancelOrder))
        outcome = Outcome("service_down") if over else self.world.do(request.act, self.talk.customer)
        self.over.append(Happened(request.id, outcome))
        self.take(self.over[-1])

    @precondition(lambda self: self.over)
    @rule(data=st.data())
    def an_act_is_reported_again(self, data: st.DataObject) -> None:
        again = data.draw(st.sampled_from(self.over))
        if again.outcome.links is None and not again.outcome.unlinks:
            self.take(again)

    # --- what must hold ------------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        before, asked = self.talk, self.asked
        with structlog.testing.capture_logs() as logs:
            turn = self.run(event)
        assert not [line for line in logs if line["event"] == "turn_failed"], (event, logs)
        awaited = isinstance(event, Happened) and any(frame.awaits == event.act for frame in before.frames)
        if isinstance(event, Said | Pressed | LinkOpened) or awaited:
            to_come = any(isinstance(step, Request) and step.act.outcomes for step in turn.steps)
            twice = isinstance(event, Pressed) and event.token == before.pressed
            assert turn.messages or to_come or twice, f"no answer to {event}"
        assert all(message.text.strip() for message in turn.messages)
        stored = turn.conversation.to_json()
        self.talk = Conversation.from_json(stored)
        assert self.talk.to_json() == stored
        for step in turn.steps:
            if isinstance(step, Request):
                self.check(step.act, event, before, asked)
                if step.act.outcomes:
                    self.waiting.append(step)
        self.remember(turn)

    def run(self, event: Event) -> Turn:
        work: Generator[Read, Outcome, Turn] = engine().turn(self.talk, event, self.world.now)
        customer = self.talk.customer
        if isinstance(event, LinkOpened) and customer is None:
            customer = event.customer
        if isinstance(event, Happened):
            customer = None if event.outcome.unlinks else event.outcome.links or customer
        try:
            read = next(work)
            while True:
                read = work.send(self.world.read(read, customer))
        except StopIteration as end:
            turn: Turn = end.value
            return turn

    def check(self, act: Act, event: Event, before: Conversation, asked: Outgoing | None) -> None:
        """Nothing is cancelled but what its owner was asked about last, at the price that was told, and agreed to."""
        if not isinstance(act, CancelOrder):
            return
        assert asked is not None
        assert asked.key.startswith("cancel_order.confirm_")
        assert (act.number, act.accepted_fee) == (asked.values["order"], asked.values["fee"])
        assert before.customer == self.world.orders[act.number].customer
        if isinstance(event, Pressed):
            assert event.token == asked.choices[0].token
        else:
            assert isinstance(event, Said)
            assert event.text in CONSENTS or (
                event.text not in OTHER_LINES and any(word in event.text.lower() for word in AGREES)
            )

    def remember(self, turn: Turn) -> None:
        for message in turn.messages:
            if message.choices:
                self.asked = message
                self.buttons = [*self.buttons, *message.choices][-60:]
        if not (self.talk.frames or self.talk.offer):
            self.asked = None


TestChat = Chat.TestCase
TestChat.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
