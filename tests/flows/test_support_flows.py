"""Reaching people: escalate, complaint, ticket, feedback and the frequent questions."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue.effects import Effect, FindTickets, HandOver, KeepFeedback, OpenTicket, Outcome, ReadDesk
from bot.dialogue.engine import Engine
from bot.dialogue.events import Said
from bot.messages import Attachment, AttachmentKind
from bot.orders.effects import ListOrders
from bot.orders.model import Charge, Customer, Order, Payment, Place, State
from flows.faq.answers import load
from tests.flows.talk import NOW, Talk

ORDER = Order(
    number="TP10024817",
    customer="lin",
    goods="cake",
    state=State.IN_TRANSIT,
    raw_state="delivering",
    placed_at=NOW - 3000,
    updated_at=NOW - 600,
    synced_at=NOW,
    pickup=Place(),
    dropoff=Place(),
    price=1800,
    payment=Payment.CAPTURED,
    charges=(Charge("distance", 1500), Charge("peak", 500), Charge("discount", -200)),
    eta=NOW + 900,
)
LIN = Customer("lin", "Lin", "zh", 320)
PICTURE = Attachment(AttachmentKind.IMAGE, "a1", "box.jpg", "image/jpeg", 9)
NUMBER = "T261124-7K3M"
languages = pytest.mark.parametrize("language", ["zh", "en"])


def world(
    *, here: bool = True, open: bool = True, opens_at: float | None = NOW + 40_000, tickets: int = 1
) -> dict[type[Effect], Outcome]:
    hours = {"open": open, "opens_at": opens_at, "waiting": 3}
    found: list[dict[str, Any]] = [
        {"number": NUMBER, "about": "return", "state": "open", "order": None, "opened_at": NOW}
    ] * tickets
    return {
        HandOver: Outcome("queued", {"position": 2, **hours}),
        ReadDesk: Outcome("desk_read", {"here": here, **hours}),
        OpenTicket: Outcome("ticket_opened", {"number": NUMBER}),
        FindTickets: Outcome("tickets_found", {"tickets": found}) if found else Outcome("no_tickets"),
        KeepFeedback: Outcome("feedback_kept"),
        ListOrders: Outcome("orders_found", {"orders": (ORDER,), "customer": LIN}),
    }


@languages
def test_who_asks_for_a_person_is_queued_at_once_and_told_their_place(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language)
    assert talk.start("escalate", reason="stuck", order="TP1", cause="unknown") == [
        "escalate.queued",
        "escalate.meanwhile",
    ]
    assert talk.acts == [HandOver("stuck", {"order": "TP1", "cause": "unknown"})]
    assert "1" in talk.words[0]
    assert talk.is_idle


@languages
@pytest.mark.parametrize(
    ("opens_at", "key"), [(NOW + 40_000, "escalate.queued_until_open"), (None, "escalate.queued_closed")]
)
def test_outside_hours_the_request_is_kept(engine: Engine, language: str, opens_at: float | None, key: str) -> None:
    talk = Talk(engine, world(open=False, opens_at=opens_at), language=language)
    assert talk.start("escalate", reason="asked")[0] == key


@languages
def test_every_way_to_a_person_is_shown_and_stays_open(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language)
    assert talk.start("escalate", reason="cannot_cancel", order="TP1") == ["escalate.ways_cannot_cancel"]
    for told in ("400-000-0000", "support@tepai.example", "@特派客服"):
        assert told in talk.words[0]
    assert talk.say({"zh": "热线", "en": "hotline"}[language]) == ["escalate.hotline_told"]
    assert talk.say({"zh": "微博", "en": "Weibo"}[language]) == ["escalate.accounts_told"]
    talk.say({"zh": "转人工客服", "en": "A colleague in this chat"}[language])
    assert talk.acts == [HandOver("cannot_cancel", {"order": "TP1"})]


@pytest.mark.parametrize(
    ("here", "open", "said"),
    [(True, False, "现在有同事在线"), (False, True, "现在是服务时间"), (False, False, "可以先排上")],
)
def test_a_colleague_is_said_to_be_online_only_when_one_is(engine: Engine, here: bool, open: bool, said: str) -> None:
    talk = Talk(engine, world(here=here, open=open))
    talk.start("escalate", reason="cannot_cancel")
    assert said in talk.words[0]
    talk.say("热线")
    assert ("现在可以打通" in talk.words[0]) is open


@languages
def test_a_written_request_is_sent_and_one_that_is_dropped_is_not(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language, customer="lin")
    write = {"zh": "书面申请", "en": "written request"}[language]
    back = {"zh": "返回", "en": "back"}[language]
    talk.start("escalate", order="TP1")
    assert talk.say(write) == ["complaint.ask_words.written_request"]
    assert talk.say(back)[-1] in {"escalate.not_written", "escalate.ways"}
    talk.say(write)
    talk.say("Cancel TP1, the courier lost it")
    talk.say({"zh": "提交", "en": "submit"}[language])
    assert talk.acts == [OpenTicket("written_request", "Cancel TP1, the courier lost it", "TP1", [])]
    assert NUMBER in talk.words[0]
    assert talk.is_idle


@languages
def test_a_complaint_keeps_words_pictures_and_contact(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language)
    yes, more = {"zh": ("是的", "再补充"), "en": ("yes", "add more")}[language]
    talk.start("complaint", about="complaint")
    assert talk.say("1380013800") == ["complaint.contact_unreadable"]
    assert talk.say("me@example.com") == ["complaint.ask_words.complaint"]
    assert talk.hear(Said("", (PICTURE,))) == ["complaint.ask_words_for_files"]
    assert talk.say("the box was crushed") == ["complaint.confirm"]
    assert talk.say(more) == ["complaint.ask_more"]
    talk.hear(Said("twice", (PICTURE,)))
    assert talk.say("maybe")[-1] == "complaint.confirm"
    assert talk.acts == []
    assert talk.say(yes)[:2] == ["complaint.opened", "complaint.next.complaint"]
    assert talk.acts == [
        OpenTicket("complaint", "the box was crushed\ntwice", None, ["a1", "a1"], reply_to="me@example.com")
    ]


def test_more_files_than_fit_are_told(engine: Engine) -> None:
    talk = Talk(engine, world(), customer="lin")
    talk.start("complaint", about="suggestion")
    assert talk.hear(Said("看图", (PICTURE,) * 10)) == ["complaint.too_many_files", "complaint.confirm"]
    talk.say("提交")
    assert talk.acts == [OpenTicket("suggestion", "看图", None, ["a1"] * 9)]


def test_a_lost_parcel_is_about_the_order_it_must_be(engine: Engine) -> None:
    talk = Talk(engine, world(), customer="lin")
    assert talk.start("complaint", about="lost_parcel") == ["complaint.ask_words.lost_parcel"]
    talk.say("里面是手机")
    assert "TP10024817" in talk.words[0]


def test_without_orders_a_lost_parcel_is_taken_all_the_same(engine: Engine) -> None:
    none = {**world(), ListOrders: Outcome("no_orders", {"orders": (), "customer": LIN})}
    talk = Talk(engine, none, customer="lin")
    assert talk.start("complaint", about="lost_parcel")[-1] == "complaint.ask_words.lost_parcel"


@languages
def test_no_submits_nothing(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language, customer="lin")
    assert talk.start("complaint", about="nonsense") == ["complaint.ask_about"]
    assert talk.say("2") == ["complaint.ask_words.suggestion"]
    talk.say("be quicker")
    assert talk.say({"zh": "不", "en": "no"}[language]) == ["complaint.dropped"]
    assert talk.acts == []


@languages
def test_tickets_are_listed_with_their_state(engine: Engine, language: str) -> None:
    talk = Talk(engine, world(), language=language)
    assert talk.start("ticket") == ["ticket.found", "ticket.what_next"]
    assert NUMBER in talk.words[0]


@languages
@pytest.mark.parametrize(("customer", "key"), [(None, "ticket.none_in_chat"), ("lin", "ticket.none_for_customer")])
def test_no_ticket_is_said(engine: Engine, language: str, customer: str | None, key: str) -> None:
    assert Talk(engine, world(tickets=0), language=language, customer=customer).start("ticket")[0] == key


@languages
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["👍"], KeepFeedback("fix_order", 1, "")),
        (["👎", "zzz qqq"], KeepFeedback("fix_order", 0, "zzz qqq")),
        (["👎", "2"], KeepFeedback("fix_order", 0, "")),
    ],
)
def test_an_opinion_is_kept(engine: Engine, language: str, said: list[str], kept: KeepFeedback) -> None:
    talk = Talk(engine, world(), language=language)
    talk.start("feedback", about="fix_order")
    for text in said:
        talk.say(text)
    assert talk.acts == [kept]
    assert talk.is_idle


@languages
@pytest.mark.parametrize("customer", [None, "lin"])
@pytest.mark.parametrize("answer", sorted(load()))
def test_every_answer_can_be_given(engine: Engine, language: str, customer: str | None, answer: str) -> None:
    keys = Talk(engine, world(), language=language, customer=customer).start("faq", answer=answer)
    known = {"refunds": "order"}.get(str(load()[answer].live), load()[answer].live)  # nothing was refunded
    live = [f"faq.live.{known}"] if customer and known else []
    told = [key.removesuffix("_eta") for key in keys]
    assert told == [f"faq.answers.{answer}", *live, "faq.what_next"]


@languages
def test_every_topic_of_the_menu_leads_to_its_answer(engine: Engine, language: str) -> None:
    more = {"zh": "更多", "en": "more"}[language]
    reached = set()
    for page in ([], [more]):
        for place in range(1, 13):
            talk = Talk(engine, world(), language=language)
            talk.start("faq", answer="gone long ago")
            for text in [*page, str(place)]:
                talk.say(text)
            reached |= {key for key in talk.keys if key.startswith("faq.answers.")}
    assert reached == {f"faq.answers.{answer}" for answer in load()}
