"""What a customer's words mean here and now: the order in which they are understood.

The open question's choices come first, then commands, then what the question wants, then a correction, then a
new wish. Only when all of that fails was the message not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.dialogue.book import FlowBook
from bot.dialogue.choosing import AFFIRM, DENY
from bot.dialogue.conversation import Answer
from bot.dialogue.flow import CHANGED_MIND
from bot.dialogue.stage import TRACKING, Stage
from bot.dialogue.understanding import Command, Intent, Understanding
from bot.messages import Attachment, AttachmentKind

SURE = 0.6
"""From this score on an intent is followed without asking."""
CERTAIN = 0.9
"""The same while the open question also takes the customer's own words."""
LONGEST_WORDS = 2_000
"""Characters of a customer's own words that a flow is given."""

SLOT_OF_ENTITY = {
    "order_number": "order",
    "phone": "phone",
    "email": "email",
    "address": "address",
    "time": "wished_time",
    "amount": "amount",
}
"""Entities that a new wish takes along, and the slot each becomes."""
NUMBERS = {"phone", "code", "amount", "time", "address"}
"""While one of these is asked for, bare digits are a try at it (a door, of an address) and not the end of an order's
number."""
PRICE, GRIEVANCE, INSISTENCE, KEEP = "price", "grievance", "insistence", "keep"
"""Ways to speak that a question may want, beside entities: asking what it costs; telling, not asking, what is wrong;
saying once more that one wants what is under way; and that one never wanted it."""
WAITING, TOO_LATE = "pending_order", {"answer": "late_delivery"}
"""What begins with somebody telling what is wrong: this flow, and the frequent question why it takes so long."""
CLEARLY = 0.8
"""From here on a courtesy is heard in the middle of something."""
GREETING, UPSET = "greet", {"said": "upset"}
"""Courtesies are no words of a complaint; anger may well be."""
NAMES_ORDER = {"order_number", "description"}
ENTITY_OF_ATTACHMENT = {AttachmentKind.CONTACT: "phone", AttachmentKind.LOCATION: "address"}
"""What a shared contact and a shared place say, in their name."""
_COMMAND = re.compile(r"/[A-Za-z_]+(?:@\w+)?")
FLOW_OF_ENTITY = {
    "order_number": ("pending_order", "order"),
    "appointment": ("pending_order", "wished_time"),
    "address": ("fix_order", "address"),
    "phone": ("identify", "contact"),
    "email": ("identify", "contact"),
}
"""What somebody wants who sends nothing but this."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice of the open question."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Given:
    """What the open question asked for: the trigger it fires, and its values."""

    trigger: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The customer corrects an earlier answer."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missed:
    """Not understood; `guesses` are what it might have been."""

    guesses: tuple[Intent, ...] = field(default=())


Meaning = Chosen | Command | Given | TakenBack | Intent | Missed


class Reader:
    """Reads a text in the light of the open question."""

    def __init__(self, understanding: Understanding, book: FlowBook) -> None:
        self.understanding = understanding
        self.book = book
        self._wishes: Sequence[Intent] | None = None

    def read(self, stage: Stage, text: str) -> Meaning:
        """What the text means. Reads only; changes nothing."""
        self._wishes = None
        return (
            self._choice(stage, text)
            or (self.understanding.queue_command(text) if stage.talk.queued else None)
            or self.understanding.command(text)
            or self._neither_choice_nor_command(stage, text)
        )

    def needs_the_question(self, stage: Stage, text: str, meaning: Meaning) -> bool:
        """Whether the text only means something to who has the open question before them: a number, a yes or no."""
        if not isinstance(meaning, Chosen | Missed):
            return False
        entities = self.understanding.entities(text, stage.now)
        decided = isinstance(meaning, Chosen) and meaning.answer.key in (AFFIRM, DENY)
        return decided or "ordinal" in entities or entities.get("yes_no") is not None

    def told_by(self, stage: Stage, attachment: Attachment) -> Given | None:
        """What a shared contact or place answers: the phone number or address that the open question wants."""
        question, entity = stage.open_question, ENTITY_OF_ATTACHMENT.get(attachment.kind)
        if question is None or entity is None or entity not in question.wants:
            return None
        told: Mapping[str, Any] = {"address": attachment.name} if attachment.name else {}
        if entity == "phone":
            told = self.understanding.entities(attachment.name, stage.now)
        return Given(question.wants[entity], {entity: told[entity]}) if entity in told else None

    def _intents(self, text: str) -> Sequence[Intent]:
        """What may be wanted, looked for once a message: it is asked for again and again, and costs most."""
        if self._wishes is None:
            self._wishes = self.understanding.intents(text)
        return self._wishes

    def _neither_choice_nor_command(self, stage: Stage, text: str) -> Meaning:
        entities = self._entities(stage, text)
        if answer := self._entity(stage, text, entities) or self._only_words(stage, text, entities):
            return answer
        if correction := self._correction(stage, text, entities):
            return correction
        intents = [intent for intent in self._intents(text) if intent.flow in self.book]
        if stage.frames:  # "ok" to a question is no thanks, and what only resembles a goodbye ends nothing
            least = 2.0 if entities.get("yes_no") is not None else CLEARLY
            intents = [intent for intent in intents if intent.flow != GREETING or intent.score >= least]
        return (
            self._wish(stage, text, intents, entities)
            or self._words(stage, text, entities)
            or self._bare_entity(entities)
            or self._asked_after(text, entities)
            or self._acknowledged(stage, entities)
            or Missed(tuple(intents))
        )

    def _entities(self, stage: Stage, text: str) -> Mapping[str, Any]:
        entities = self.understanding.entities(text, stage.now)
        question = stage.open_question
        if question is None or not NUMBERS & question.wants.keys() or not entities.get("order_number", "-").isdigit():
            return entities
        return {name: value for name, value in entities.items() if name != "order_number"}

    def _choice(self, stage: Stage, text: str) -> Meaning | None:
        question = stage.open_question
        if question is None or not question.answers:
            return None
        place = self.understanding.choose(text, stage.options(question))
        return None if place is None else Chosen(self._more_exactly(stage, text, question.answers[place]))

    def _more_exactly(self, stage: Stage, text: str, answer: Answer) -> Answer:
        """ "Cancel the flowers" chooses "Cancel an order", and says which one."""
        if answer.flow is None or not self.book[answer.flow].picks_order:
            return answer
        told = self.understanding.entities(text, stage.now).get("description")
        return replace(answer, values={**answer.values, "description": told}) if told else answer

    def _entity(self, stage: Stage, text: str, entities: Mapping[str, Any]) -> Meaning | None:
        question = stage.open_question
        for entity, trigger in (question.wants if question else {}).items():
            if entity == "description" and _COMMAND.fullmatch(text.strip()):
                continue
            if entity in entities and not (entity in NAMES_ORDER and self._is_wish(stage, text, entity)):
                return Given(trigger, {entity: entities[entity]})
            if entity in (PRICE, GRIEVANCE, INSISTENCE, KEEP) and self._speaks(stage, text, entity):
                return Given(trigger, {entity: text[:LONGEST_WORDS]})
        return None

    def _speaks(self, stage: Stage, text: str, how: str) -> bool:
        if how == PRICE:
            return self.understanding.asks_price(text)
        best = next(iter(self._intents(text)), None)
        if best is None or best.score < SURE or self.understanding.corrects(text):
            return False
        own = stage.top is not None and best.flow == stage.top.flow
        match how:
            case "keep":
                return own and best.slots == {KEEP: True}
            case "insistence":
                return own and not best.slots and not self.understanding.asks(text)
            case _:
                wrong = best.flow == WAITING or best.slots == TOO_LATE
                return wrong and not self.understanding.asks(text)

    def _is_wish(self, stage: Stage, text: str, entity: str) -> bool:
        """Any words may describe an order; those that say a wish, the one under way or another, are read as that."""
        if entity == "description" and (intents := self._intents(text)):
            return intents[0].score >= SURE
        return self._is_another_wish(stage, text)

    def _is_another_wish(self, stage: Stage, text: str, enough: float = SURE) -> bool:
        """ "取消订单 TP1" does not only answer "which order is it?" when something else was under way."""
        best = next(iter(self._intents(text)), None)
        return best is not None and best.score >= enough and best.flow not in {frame.flow for frame in stage.frames}

    def _only_words(self, stage: Stage, text: str, entities: Mapping[str, Any]) -> Meaning | None:
        """A question for the customer's own words takes whatever comes."""
        question = stage.open_question
        if question is None or question.answers or not question.wants.keys() <= {"words", "attachment"}:
            return None
        return self._words(stage, text, entities)

    def _correction(self, stage: Stage, text: str, entities: Mapping[str, Any]) -> Meaning | None:
        top = stage.top
        if top is None or not self.book[top.flow].takes(top.state, CHANGED_MIND):
            return None
        other = entities.get("order_number")
        differs = other and other != top.slots.get("order") and not self._says_more(stage, text)
        if differs or (self.understanding.corrects(text) and not self._is_another_wish(stage, text, CERTAIN)):
            told = {"order": other, "description": entities.get("description")}
            return TakenBack({"another": True, **{name: value for name, value in told.items() if value}})
        return None

    def _says_more(self, stage: Stage, text: str) -> bool:
        """ "Add a tip to TP2" does not only name another order."""
        best = next(iter(self._intents(text)), None)
        own = best is not None and stage.top is not None and best.flow == stage.top.flow
        return (own and best is not None and best.score >= SURE and bool(best.slots)) or self._is_another_wish(
            stage, text, CERTAIN
        )

    def _wish(self, stage: Stage, text: str, intents: list[Intent], entities: Mapping[str, Any]) -> Meaning | None:
        question = stage.open_question
        enough = CERTAIN if question and "words" in question.wants else SURE
        if not intents or intents[0].score < enough:
            return None
        best = intents[0]
        heard = {slot: entities[entity] for entity, slot in SLOT_OF_ENTITY.items() if entity in entities}
        about_one = self.book[best.flow].picks_order or self.book[best.flow].about_order
        if about_one and "order" not in heard:
            if "address" in heard:  # "the cake goes to 100 Century Avenue": the new address does not tell which order
                entities = self.understanding.entities(text.replace(heard["address"], " "), stage.now)
            if told := entities.get("description"):
                heard["description"] = told
        return Intent(best.flow, {**heard, **best.slots}, best.score)

    def _words(self, stage: Stage, text: str, entities: Mapping[str, Any]) -> Meaning | None:
        question = stage.open_question
        if question is None or "words" not in question.wants or not self._tells_something(text, entities):
            return None
        return Given(question.wants["words"], {"words": text[:LONGEST_WORDS]})

    def _asked_after(self, text: str, entities: Mapping[str, Any]) -> Meaning | None:
        """ "And my cake?" asks for what the order service knows of it."""
        told = entities.get("description") if self.understanding.asks_after(text) else None
        return Intent(TRACKING, {"description": told}) if told else None

    def _acknowledged(self, stage: Stage, entities: Mapping[str, Any]) -> Meaning | None:
        """ "好的" when nothing was asked."""
        return Intent(GREETING, {"said": "thanks"}) if not stage.frames and entities.get("acknowledged") else None

    def _tells_something(self, text: str, entities: Mapping[str, Any]) -> bool:
        """Neither yes nor no, no courtesy, no signs without words and no command, known or not."""
        if not any(map(str.isalnum, text)) or entities.get("yes_no") is not None or _COMMAND.fullmatch(text.strip()):
            return False
        best = next(iter(self._intents(text)), None)
        courteous = best is not None and best.flow == GREETING and best.slots != UPSET
        return not (courteous and best and best.score >= CERTAIN)

    def _bare_entity(self, entities: Mapping[str, Any]) -> Meaning | None:
        for entity, (flow, slot) in FLOW_OF_ENTITY.items():
            if entity in entities:
                return Intent(flow, {slot: entities[entity]})
        return None
