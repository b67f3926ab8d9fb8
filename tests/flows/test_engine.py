"""The engine's own rules, seen through real flows: questions, interruptions, ways back, acts, versions, defects."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import structlog.testing

from bot import bootstrap
from bot.config import Settings
from bot.dialogue.conversation import Conversation, Frame, Question
from bot.dialogue.effects import Effect, HandOver, KeepFeedback, Outcome, Unlink
from bot.dialogue.engine import Engine
from bot.dialogue.events import Delayed, Event, Happened, LinkOpened, Pressed, Said
from bot.dialogue.turn import Request, Turn
from bot.messages import Attachment, AttachmentKind, Outgoing
from bot.orders.effects import CancelOrder, GetOrder, GetQuote, ListOrders
from bot.orders.model import Cancellation, Customer, Order, Payment, Place, Quote, State
from bot.sections import DialogueSection
from tests.flows.talk import NOW

ORDER = Order(
    number="TP10024817",
    customer="lin",
    goods="cake",
    state=State.AWAITING_COURIER,
    raw_state="0",
    placed_at=NOW - 1500,
    updated_at=NOW - 1500,
    synced_at=NOW,
    pickup=Place(),
    dropoff=Place("世纪大道100号502室", "林悦", "+8613800138000"),
    price=2300,
    payment=Payment.CAPTURED,
)
CANCELLED = dataclasses.replace(
    ORDER, state=State.CANCELLED, cancellation=Cancellation("customer", "too_slow", NOW, 0, 2300)
)
QUOTE = Quote(allowed=True, fee=0, refund=2300, rule="not_accepted")
WORLD: dict[type[Effect], Outcome] = {
    ListOrders: Outcome("orders_found", {"orders": [ORDER], "customer": Customer("lin", "林悦", "zh")}),
    GetQuote: Outcome("quoted", {"order": ORDER, "quote": QUOTE}),
    GetOrder: Outcome("order_found", {"order": CANCELLED}),
}


class Chat:
    """Turns one at a time; acts are only collected, so that a test can let them happen when it likes."""

    def __init__(self, engine: Engine, customer: str | None = "lin") -> None:
        self.engine = engine
        self.conversation = Conversation(language="zh", customer=customer)
        self.requests: list[Request] = []

    def hear(self, event: Event) -> list[str]:
        turn = self._turn(event)
        self.conversation = Conversation.from_json(turn.conversation.to_json())
        self.requests += [step for step in turn.steps if isinstance(step, Request)]
        self.said: list[Outgoing] = turn.messages
        return [message.key for message in turn.messages]

    def say(self, text: str) -> list[str]:
        return self.hear(Said(text))

    def press(self, key: str) -> list[str]:
        question = self.question
        place = [answer.key for answer in question.answers].index(key)
        return self.hear(Pressed(f"{question.number}.{place}"))

    @property
    def question(self) -> Question:
        frames = self.conversation.frames
        found = frames[-1].question if frames else self.conversation.offer
        assert found is not None
        return found

    def _turn(self, event: Event) -> Turn:
        working = self.engine.turn(self.conversation, event, NOW)
        try:
            read = next(working)
            while True:
                read = working.send(WORLD[type(read)])
        except StopIteration as done:
            turn: Turn = done.value
            return turn


@pytest.fixture
def chat(engine: Engine) -> Chat:
    return Chat(engine)


def confirming(chat: Chat) -> Chat:
    chat.say("取消订单")
    assert chat.press("too_slow") == ["cancel_order.confirm_not_accepted"]
    return chat


def test_a_press_on_an_older_question_changes_nothing_and_says_so(chat: Chat) -> None:
    chat.say("取消订单")
    stale = f"{chat.question.number}.0"
    chat.press("too_slow")
    before = [(frame.flow, frame.state, frame.slots) for frame in chat.conversation.frames]
    assert chat.hear(Pressed(stale)) == ["common.stale_choice", "cancel_order.confirm_not_accepted"]
    assert [(frame.flow, frame.state, frame.slots) for frame in chat.conversation.frames] == before
    assert chat.requests == []


@pytest.mark.parametrize(
    "token", ["", ".", "affirmed", "0.0", "999.0", "2.", "2.99", "2.-1", "2.0.0", "2.٣", "２.0", "2.1e3"]
)
def test_a_forged_button_changes_nothing(chat: Chat, token: str) -> None:
    confirming(chat)
    before = chat.conversation.frames[0].state
    assert chat.hear(Pressed(token))[0] == "common.stale_choice"
    assert (chat.conversation.frames[0].state, chat.requests) == (before, [])


@pytest.mark.parametrize("words", ["1", "①", "第一个", "好", "嗯", "确定取消", "回复1", "2", "不"])
@pytest.mark.parametrize("seen", ["", "1.0"])
def test_nobody_answers_a_question_that_was_not_shown_yet(chat: Chat, words: str, seen: str) -> None:
    confirming(chat)
    first = chat.said[-1].text
    assert chat.hear(Said(words, seen=seen)) == ["cancel_order.confirm_not_accepted"]
    assert chat.said[-1].text == first
    assert chat.requests == []
    assert chat.hear(Said("1", seen=f"{chat.question.number}.0")) != ["cancel_order.confirm_not_accepted"]
    assert [request.act for request in chat.requests] == [CancelOrder("TP10024817", 0, "too_slow")]


def test_who_has_not_seen_the_question_can_say_everything_else(chat: Chat) -> None:
    confirming(chat)
    assert chat.hear(Said("怎么收费", seen=""))[0] == "faq.answers.fees"
    asked = chat.said[-1]
    assert asked.text == chat.engine.texts.say(asked.key, "zh", asked.values, NOW)
    chat.hear(Said("转人工", seen=""))
    assert [type(request.act) for request in chat.requests] == [HandOver]


def test_a_question_in_between_is_answered_and_the_open_one_asked_again(chat: Chat) -> None:
    confirming(chat)
    said = chat.say("怎么收费")
    assert said[0] == "faq.answers.fees"
    assert said[-1] == "cancel_order.confirm_not_accepted"
    chat.press("affirm")
    assert [request.act for request in chat.requests] == [CancelOrder("TP10024817", 0, "too_slow")]


@pytest.mark.parametrize("kind", [AttachmentKind.IMAGE, AttachmentKind.FILE, AttachmentKind.VIDEO])
def test_nobody_is_told_that_something_is_kept_which_is_not(chat: Chat, kind: AttachmentKind) -> None:
    assert chat.hear(Said("", (Attachment(kind, ""),)))[0] == "common.not_kept"
    assert chat.hear(Said("", (Attachment(kind, "f1"),)))[0] == f"common.got.{kind}"


def test_what_was_just_read_is_not_told_all_over_again(chat: Chat) -> None:
    chat.say("取消订单")
    chat.press("too_slow")
    first = chat.said[-1]
    chat.say("怎么收费")
    again = chat.said[-1]
    assert again.key == first.key
    assert again.text == chat.engine.texts.say(first.key, "zh", first.values, NOW, 1) != first.text
    assert [choice.label for choice in again.choices] == [choice.label for choice in first.choices]


def test_back_asks_the_question_before_again_with_what_was_known_then(chat: Chat) -> None:
    confirming(chat)
    assert chat.say("上一步") == ["cancel_order.ask_reason"]
    assert "reason" not in chat.conversation.frames[0].slots
    assert chat.press("price") == ["cancel_order.confirm_not_accepted"]
    assert chat.conversation.frames[0].slots["reason"] == "price"


def test_back_leads_out_of_a_flow_that_was_called(chat: Chat) -> None:
    confirming(chat)
    assert chat.say("不是这单，换一单") == ["pick_order.only_this_open"]
    assert chat.say("返回") == ["cancel_order.confirm_not_accepted"]
    assert [frame.flow for frame in chat.conversation.frames] == ["cancel_order"]


def test_never_mind_drops_what_is_open_and_nothing_was_done(chat: Chat) -> None:
    confirming(chat)
    assert chat.say("不弄了")[0] == "common.dropped"
    assert chat.conversation.frames == []
    assert chat.requests == []


@pytest.mark.parametrize("command", ["重新开始", "不弄了", "返回", "转人工"])
def test_an_act_under_way_is_never_dropped_and_its_outcome_always_told(chat: Chat, command: str) -> None:
    confirming(chat).press("affirm")
    chat.say(command)
    act = chat.requests[0]
    said = chat.hear(Happened(act.id, Outcome("cancelled", {"order": CANCELLED})))
    assert said[0] == "cancel_order.cancelled"


def test_an_outcome_whose_flow_is_gone_is_told_from_the_order_itself(chat: Chat) -> None:
    confirming(chat).press("affirm")
    chat.conversation.frames.clear()
    said = chat.hear(Happened("1", Outcome("cancelled", {"order": CANCELLED})))
    assert said == ["track_order.state.cancelled"]


def test_a_delay_is_told_once_and_only_while_somebody_waits(chat: Chat) -> None:
    confirming(chat).press("affirm")
    assert chat.hear(Delayed(chat.requests[0].id)) == ["common.delayed"]
    assert chat.hear(Delayed("77")) == []


def test_while_an_act_is_under_way_words_are_not_taken_for_a_second_order(chat: Chat) -> None:
    confirming(chat).press("affirm")
    assert chat.say("是的") == ["common.still_working"]
    assert chat.say("取消订单") == ["common.still_working"]
    assert len(chat.requests) == 1


def test_another_language_asks_the_open_question_again_in_it(chat: Chat) -> None:
    confirming(chat)
    assert chat.say("English please") == ["common.language_is", "cancel_order.confirm_not_accepted"]
    assert chat.said[-1].text.startswith("Cancel order TP10024817")


def test_a_link_of_another_account_shows_nothing_of_it(chat: Chat) -> None:
    assert chat.hear(LinkOpened("amy"))[0] == "common.other_account"
    assert chat.conversation.customer == "lin"


def test_unlinking_forgets_everything_that_was_begun_for_the_customer(chat: Chat) -> None:
    confirming(chat)
    chat.say("解绑")
    chat.press("affirm")
    unlink = next(request for request in chat.requests if isinstance(request.act, Unlink))
    chat.hear(Happened(unlink.id, Outcome("unlinked", unlinks=True)))
    assert chat.conversation.customer is None
    assert chat.conversation.frames == []


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (Frame("cancel_order", 0, "state_of_old", {"order": "TP10024817"}), "bot_was_updated.updated_go_on"),
        (Frame("flow_of_old", 3, "asking", {"order": "TP10024817"}), "bot_was_updated.updated"),
    ],
)
def test_a_conversation_of_an_older_version_goes_on(chat: Chat, frame: Frame, says: str) -> None:
    chat.conversation.frames = [frame]
    assert chat.say("好的") == [says]


def test_after_an_update_what_was_known_is_kept(chat: Chat) -> None:
    chat.conversation.frames = [Frame("cancel_order", 0, "state_of_old", {"order": "TP10024817", "reason": "price"})]
    chat.say("好的")
    assert chat.press("go_on") == ["cancel_order.confirm_not_accepted"]


def test_a_flow_of_an_older_version_whose_state_still_exists_just_goes_on(chat: Chat) -> None:
    confirming(chat)
    chat.conversation.frames[0].version = 0
    chat.press("affirm")
    assert len(chat.requests) == 1


def test_a_button_of_before_an_update_fires_nothing_the_state_does_not_know(chat: Chat) -> None:
    confirming(chat)
    chat.question.answers[0].trigger = "trigger_of_old"
    assert chat.press("affirm") == ["bot_was_updated.updated_go_on"]
    assert chat.requests == []


def test_a_defect_in_a_flow_is_answered_with_an_apology_and_changes_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirming(chat)

    def broken(*_: Any) -> None:
        raise KeyError("13800138000")

    monkeypatch.setattr(chat.engine.book["cancel_order"], "cancel_it", broken)
    asked = {"frames", "offer", "questions"}
    before = {name: value for name, value in chat.conversation.to_json().items() if name not in asked}
    with structlog.testing.capture_logs() as logs:
        assert chat.press("affirm") == ["common.trouble"]
    assert chat.requests == []
    assert [entry["event"] for entry in logs] == ["turn_failed"]
    assert "13800138000" not in str(logs)
    after = chat.conversation.to_json()
    assert {name: value for name, value in after.items() if name not in asked} == before
    assert "frames" not in after
    assert chat.press("menu")


def test_not_understood_leads_by_other_words_and_likely_choices_to_a_person(chat: Chat) -> None:
    confirming(chat)
    first = chat.said[-1].text
    assert chat.say("呱呱呱呱") == ["common.not_understood", "cancel_order.confirm_not_accepted"]
    assert chat.said[-1].text != first
    assert chat.say("嗡嗡嗡嗡") == ["cannot_help.please_choose"]
    assert chat.say("哒哒哒哒") == ["cannot_help.shall_i_fetch_someone"]
    assert chat.say("不用了") == ["cannot_help.left", "cancel_order.confirm_not_accepted"]
    assert chat.requests == []


@pytest.mark.parametrize(("choices_after", "human_after"), [(1, 1), (1, 2), (3, 5)])
def test_the_ladder_is_as_long_as_config_says(choices_after: int, human_after: int) -> None:
    ladder = DialogueSection(choices_after=choices_after, human_after=human_after)
    chat = confirming(Chat(bootstrap.dialogue(Settings(secret="s" * 40, dialogue=ladder))))
    firsts = [chat.say("呱呱呱呱")[0] for _ in range(human_after)]
    in_other_words, offering = choices_after - 1, human_after - choices_after
    assert firsts[:in_other_words] == ["common.not_understood"] * in_other_words
    assert firsts[in_other_words:-1] == ["cannot_help.please_choose"] * offering
    assert firsts[-1] == "cannot_help.shall_i_fetch_someone"


def test_feedback_does_not_hold_up_a_new_wish(chat: Chat) -> None:
    confirming(chat).press("affirm")
    chat.hear(Happened(chat.requests[0].id, Outcome("cancelled", {"order": CANCELLED})))
    assert chat.question.text == "feedback.solved"
    chat.say("我的订单")
    assert "feedback" not in [frame.flow for frame in chat.conversation.frames]
    assert not any(isinstance(request.act, KeepFeedback) for request in chat.requests)
